"""What leaves the department: whoever reads everything shown on the page still cannot work out a small count."""

import importlib.util
import random
from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path

import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.registry.series.rows import Row, Volume
from vertebroplasty.registry.series.sharing import safe_to_share
from vertebroplasty.registry.series.statistics import series_statistics
from vertebroplasty.registry.statistics.proportions import Denominator, proportion
from vertebroplasty.registry.store.opening import open_registry
from vertebroplasty.registry.vocabulary import Window

EXAMPLE = Path(__file__).parents[3] / "examples" / "03_a_department_series.py"
GRADES = ("clear improvement", "moderate improvement", "no improvement")


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    """The statistics of sixty invented patients, as the department sees them."""
    spec = importlib.util.spec_from_file_location("department", EXAMPLE)
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    with open_registry(str(tmp_path_factory.mktemp("department") / "d.db"), create=True) as registry:
        registry.add_many(example.invented(random.Random(3), 60), by="test")
        with registry.reading() as connection:
            yield series_statistics(connection, today=date(2026, 11, 20))


def graded(clear, moderate, none, *, seen, due):
    """Rows of relief and of follow-up for one window."""
    n, relief = clear + moderate + none, ()
    if n:
        each = zip((*GRADES, "any improvement"), (clear, moderate, none, clear + moderate), strict=True)
        relief = tuple(
            Row(
                share=proportion(name, k, n, Denominator.EVALUATED),
                definition="improvement-per-evaluated",
                window=Window.MONTH_1,
            )
            for name, k in each
        )
    share = proportion("seen at 1mo", seen, due, Denominator.PROCEDURE)
    return relief, (Row(share=share, definition="follow-up-seen", window=Window.MONTH_1),)


def published(relief, followed):
    """Everything a reader sees of one window, by name."""
    rows = {row.share.name: (row.share.k, row.share.n) for row in relief}
    return {**rows, "seen": (followed[0].share.k, followed[0].share.n)}


def agrees(shown, clear, moderate, none, ungraded, unseen):
    """Whether these counts could stand behind what is shown."""
    seen = clear + moderate + none + ungraded
    true = published(*graded(clear, moderate, none, seen=seen, due=seen + unseen))
    if true.keys() != shown.keys():
        return False
    pairs = [(a, b) for name in shown for a, b in zip(shown[name], true[name], strict=True)]
    return all(a is None or a == b for a, b in pairs)


@pytest.mark.parametrize("seed", range(12))
def test_grades_of_relief_cannot_be_worked_out(counted, seed):
    """Every reading of the page is tried: behind each small count there could as well be none, or five and more."""
    draw = random.Random(seed)
    true = tuple(draw.choice((0, 0, 1, 2, 3, 5, 6, 7)) for _ in range(5))
    seen, due = sum(true[:4]), sum(true)
    if due < 5 or not sum(true[:3]):
        true = (5, 5, 2, 0, 0)
        seen, due = 12, 12
    relief, followed = graded(*true[:3], seen=seen, due=due)
    safe = safe_to_share(replace(counted, relief=relief, followed_up=followed))
    shown = published(safe.relief, safe.followed_up)
    room = range(due + 1)
    behind = [(*four, due - sum(four)) for four in product(room, repeat=4) if sum(four) <= due]
    possible = [each for each in behind if agrees(shown, *each)]
    assert true in possible
    for cell, count in enumerate(true):
        if 0 < count < 5:
            assert any(each[cell] == 0 or each[cell] >= 5 for each in possible), (true, shown)


def test_large_counts_stay(counted):
    relief, followed = graded(30, 20, 10, seen=60, due=80)
    safe = safe_to_share(replace(counted, relief=relief, followed_up=followed))
    assert (safe.relief, safe.followed_up) == (relief, followed)


def test_a_small_reason_is_hidden_with_a_second_one_though_aims_stand_in_the_same_list(counted):
    reasons = {"osteoporotic-fracture": 40, "metastasis": 12, "haemangioma": 3}
    rows = [
        Row(share=proportion(name, k, 55, Denominator.LEVEL), definition="indication-per-level")
        for name, k in reasons.items()
    ]
    aims = Row(share=proportion("analgesia", 50, 50, Denominator.PROCEDURE), definition="intent-per-procedure")
    gap = (
        proportion("indication", 0, 55, Denominator.LEVEL),
        proportion("aim", 0, 50, Denominator.PROCEDURE),
    )
    safe = safe_to_share(replace(counted, indications=(*rows, aims), missing=gap))
    assert [row.share.k for row in safe.indications] == [40, None, None, 50]


def test_what_is_not_recorded_does_not_tell_a_small_reason(counted):
    rows = [
        Row(share=proportion(name, k, 60, Denominator.LEVEL), definition="indication-per-level")
        for name, k in {"osteoporotic-fracture": 50, "metastasis": 3}.items()
    ]
    gap = proportion("indication", 7, 60, Denominator.LEVEL)
    safe = safe_to_share(replace(counted, indications=tuple(rows), missing=(gap,)))
    assert [row.share.k for row in safe.indications] == [50, None]
    assert [share.k for share in safe.missing] == [None]


def test_neither_the_sum_of_all_leaks_nor_their_symptoms_are_told(counted):
    assert any(share.name == "symptoms of a leak" for share in counted.missing)
    safe = safe_to_share(counted)
    assert not any(share.name == "symptoms of a leak" for share in safe.missing)
    assert {row.symptomatic_k for row in safe.leaks} == {0}
    assert {row.by_modality for row in safe.leaks} == {()}


def test_volumes_of_single_cases_are_left_out(counted):
    assert counted.volume_ml.max is not None
    safe = safe_to_share(counted).volume_ml
    assert (safe.mean, safe.min, safe.max) == (counted.volume_ml.mean, None, None)
    lacking = Volume(mean=3.0, min=1.0, max=5.0, n=58, missing=2)
    assert safe_to_share(replace(counted, volume_ml=lacking)).volume_ml.mean is None


def test_warnings_that_count_or_quote_are_replaced(counted):
    looked = proportion("what leaks were looked for with", 2, 60, Denominator.LEVEL)
    said = ("2 analgesic procedures not evaluated: went home to Bern",)
    (sentence,) = safe_to_share(replace(counted, warnings=said, missing=(looked,))).warnings
    assert "lower bounds" in sentence
    assert "Bern" not in sentence


def test_the_number_of_analgesic_procedures_does_not_tell_a_hidden_aim(counted):
    aims = [
        Row(share=proportion(name, k, 50, Denominator.PROCEDURE), definition="intent-per-procedure")
        for name, k in {"analgesia": 30, "both": 17, "stabilisation": 3}.items()
    ]
    out = proportion("not evaluated", 8, 47, Denominator.PROCEDURE)
    row = Row(share=out, definition="not-evaluated-per-procedure-for-pain")
    gap = (proportion("aim", 0, 50, Denominator.PROCEDURE),)
    safe = safe_to_share(replace(counted, indications=tuple(aims), relief=(row,), missing=gap))
    assert safe.relief[0].share.n is None


def test_a_handful_of_patients_is_no_series_to_share(counted):
    with pytest.raises(Refused, match="A series of 4 patients is not shared"):
        safe_to_share(replace(counted, patients=4))
