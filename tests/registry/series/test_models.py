"""The models of a series: their columns are those a slow reading of the records gives; what is unknown stays so."""

import contextlib
from collections import defaultdict
from datetime import date, timedelta

import numpy as np
import pytest

from random_series import FIRST_DAY, drawn_series, series_record
from vertebroplasty.anatomy.leak_sites import LeakSite
from vertebroplasty.documents.common import Provenance, dump
from vertebroplasty.errors import Refused
from vertebroplasty.registry.follow_up.windows import SCHEDULE, window_on
from vertebroplasty.registry.founding.founding_series import founding_series
from vertebroplasty.registry.series.document import registry_stats_document
from vertebroplasty.registry.series.drift import CusumPlan, drift, expected_risk
from vertebroplasty.registry.series.look_data import fall_of_pain, first_relief_class, relief_courses, visits
from vertebroplasty.registry.series.model_data import predictions, procedures, watched
from vertebroplasty.registry.series.models import SeriesModels, series_models
from vertebroplasty.registry.series.statistics import series_statistics
from vertebroplasty.registry.statistics.survival import aalen_johansen
from vertebroplasty.registry.store import tables
from vertebroplasty.registry.store.opening import open_registry
from vertebroplasty.registry.vocabulary import FractureRelation, Improvement, Window

TODAY = FIRST_DAY + timedelta(days=900)
PLAN = CusumPlan(p0=0.2, p1=0.4, alpha=0.05, beta=0.2)
DRAWN = drawn_series(11, patients=350)
DONE = {p.procedure_id: p for p in DRAWN.procedures}
DEATH = {}
for _look in DRAWN.follow_ups:
    if _look.died_on is not None:
        _who = DONE[_look.procedure].patient
        DEATH[_who] = min(_look.died_on, DEATH.get(_who, date.max))
FIRST = {}
for _done in sorted(DRAWN.procedures, key=lambda p: (p.performed_on, p.procedure_id)):
    FIRST.setdefault(_done.patient, _done)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def registry(request, tmp_path_factory):
    """A registry with patients of our own and a synthetic series, on both databases."""
    with contextlib.ExitStack() as closing:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path_factory.mktemp('registry') / 'drawn.db'}"
            opened = closing.enter_context(open_registry(url, create=True))
        else:
            made = request.getfixturevalue("made_on_server")
            url = closing.enter_context(request.getfixturevalue("server").new(made))
            opened = closing.enter_context(open_registry(url))
        with opened.reading() as connection:
            known = set(connection.exec_driver_sql("SELECT name FROM series").scalars())
        for name in {"own", "other"} - known:
            opened.add(series_record(name, synthetic=name != "own"), by="test")
        other = drawn_series(12, series="other", patients=20)
        opened.add_many([*DRAWN.records, *other.records], by="test", why="test")
        yield opened


@pytest.fixture
def connection(registry):
    with registry.reading() as opened:
        yield opened


@pytest.fixture(scope="module")
def models(registry):
    with registry.reading() as opened:
        return series_models(opened, "own", today=TODAY, seed=3, plan=PLAN)


def day_of(look):
    return None if look.seen_on is None else (look.seen_on - DONE[look.procedure].performed_on).days


@pytest.mark.parametrize("relation", [None, FractureRelation.ADJACENT, FractureRelation.INDEX])
def test_patients_are_watched_until_fracture_death_or_the_last_look(connection, relation):
    looked, broken = defaultdict(list), defaultdict(list)
    for look in DRAWN.follow_ups:
        who = DONE[look.procedure].patient
        if look.new_fractures_looked_for and look.seen_on is not None:
            looked[who].append(look.seen_on)
        for fracture in look.new_fractures:
            day = fracture.found_on or look.seen_on
            if day is not None:
                looked[who].append(day)
                if relation in (None, fracture.relation):
                    broken[who].append(day)
    expected = []
    for who, first in FIRST.items():
        if not looked[who]:
            continue
        end, kind = max(looked[who]), 0
        if who in DEATH:
            end, kind = DEATH[who], 2
        if broken[who] and (kind == 0 or min(broken[who]) <= end):
            end, kind = min(broken[who]), 1
        expected.append((float(max((end - first.performed_on).days, 0)), kind))
    data = watched(connection, "own", relation)
    assert sorted(zip(data.time_days.tolist(), data.outcome.tolist(), strict=True)) == sorted(expected)
    assert data.never_looked == len(FIRST) - len(expected)
    assert set(data.outcome.tolist()) == {0, 1, 2}  # the draw holds all three ends


def test_relief_is_followed_from_its_first_grade(connection):
    graded = defaultdict(list)
    for look in sorted(DRAWN.follow_ups, key=lambda f: f.follow_up_id):
        day = day_of(look)
        if day is None or day < 0 or (look.improvement is None and look.relief_class is None):
            continue
        there = look.improvement is not Improvement.NONE if look.improvement is not None else look.relief_class > 2
        graded[look.procedure].append((day, there))
    expected, failed = [], 0
    for name, looks in graded.items():
        looks.sort(key=lambda pair: pair[0])
        if not looks[0][1]:
            failed += 1
            continue
        gone = [day for day, there in looks if not there]
        died = DEATH.get(DONE[name].patient)
        if gone:
            expected.append((float(gone[0]), 1))
        elif died is not None:
            expected.append((float(max((died - DONE[name].performed_on).days, looks[-1][0])), 2))
        else:
            expected.append((float(looks[-1][0]), 0))
    courses = relief_courses(connection, "own")
    assert sorted(zip(courses.time_days.tolist(), courses.outcome.tolist(), strict=True)) == sorted(expected)
    assert courses.not_responding == failed
    assert {kind for _, kind in expected} == {0, 1, 2}


def test_pain_is_read_once_a_window_after_the_first_procedure(connection):
    before, after = {}, {}
    for look in sorted(DRAWN.follow_ups, key=lambda f: (f.procedure, day_of(f) or 0, f.follow_up_id)):
        done = DONE[look.procedure]
        window = window_on(look, done.performed_on)
        if look.pain_nrs is None or FIRST[done.patient] is not done or window is None:
            continue
        if window is Window.BASELINE:
            before[done.patient] = look.pain_nrs
        elif window is not Window.OTHER:
            after[done.patient, window] = look.pain_nrs
    place = [span.window for span in SCHEDULE]
    expected = {(who, place.index(window), value, before.get(who)) for (who, window), value in after.items()}
    data = visits(connection, "own", tables.follow_up.c.pain_nrs, today=TODAY)
    rows = zip(data.patient, data.window.tolist(), data.value.tolist(), data.baseline.tolist(), strict=True)
    assert {(who, n, value, None if np.isnan(base) else base) for who, n, value, base in rows} == expected
    for n, window in enumerate(data.windows):
        begins = {who: done.performed_on + timedelta(days=SCHEDULE[n].first_days) for who, done in FIRST.items()}
        waits = {who for who, day in begins.items() if day <= TODAY and DEATH.get(who, date.max) >= day}
        assert window.due == len(waits | {who for who, number, _, _ in expected if number == n})


def test_procedures_with_their_volume_aetiology_and_complications(connection):
    ill = set()
    for owner in (*DRAWN.procedures, *DRAWN.follow_ups):
        for event in owner.adverse_events:
            if event.procedure_related or (event.procedure_related is None and event.causality != "unrelated"):
                ill.add(getattr(owner, "procedure", None) or owner.procedure_id)
    found = procedures(connection, "own")
    assert list(found.day) == sorted(found.day)
    for n, name in enumerate(found.procedure):
        done = DONE[name]
        assert found.levels[n] == len(done.levels)
        volumes = [None if level.cement is None else level.cement.total_ml for level in done.levels]
        if None in volumes:
            assert np.isnan(found.volume_ml[n])
        else:
            assert found.volume_ml[n] == pytest.approx(sum(volumes))
        reasons = {level.indication for level in done.levels}
        expected = "not stated" if None in reasons else reasons.pop() if len(reasons) == 1 else "several"
        assert found.aetiology[n] == expected
        symptoms = any(leak.symptomatic for level in done.levels for leak in level.leaks)
        assert found.complication[n] == (symptoms or name in ill)
    assert found.undated == 0
    assert found.procedure.size == len(DRAWN.procedures)


def test_predicted_risk_beside_what_was_seen(connection):
    for sites, canal in ((tuple(LeakSite), False), ((LeakSite.EPIDURAL,), False)):
        expected = []
        for done in DRAWN.procedures:
            for level in done.levels:
                if level.planned is None:
                    continue
                hit = any(leak.site in sites for leak in level.leaks)
                # A leak alone does not let a level in: who noted no leak there would not have let it in either.
                seen = float(hit) if level.leaks_looked_for_with else -1.0
                expected.append((level.planned.simulated_leak_probability, seen))
        data = predictions(connection, "own", sites, canal=canal)
        told = zip(data.predicted.tolist(), np.nan_to_num(data.seen, nan=-1.0).tolist(), strict=True)
        assert sorted(told) == sorted(expected)
    assert predictions(connection, "own", tuple(LeakSite), canal=True).predicted.size == 0


def test_relief_beside_volume(connection):
    first = {}
    for look in sorted(DRAWN.follow_ups, key=lambda f: f.follow_up_id):
        day = day_of(look)
        if look.relief_class is not None and day is not None and day >= 0:
            first.setdefault(look.procedure, []).append((day, look.follow_up_id, look.relief_class))
    assert first_relief_class(connection, "own") == {name: min(looks)[2] for name, looks in first.items()}
    falls = fall_of_pain(connection, "own", window=Window.MONTH_1)
    assert falls
    for name, fall in falls.items():
        values = defaultdict(set)
        for look in DRAWN.follow_ups:
            if look.procedure == name and look.pain_nrs is not None:
                values[window_on(look, DONE[name].performed_on)].add(look.pain_nrs)
        assert fall in {b - a for b in values[Window.BASELINE] for a in values[Window.MONTH_1]}


def test_each_part_is_a_result_or_a_sentence(connection, models):
    found = models
    parts = {name: getattr(found, name) for name in SeriesModels.__dataclass_fields__}
    sentences = {name: part for name, part in parts.items() if isinstance(part, str)}
    assert set(sentences) == {"pain_vas_mm", "odi_percent", "predicted_canal_leaks"}  # nobody recorded these
    assert all("fewer than 10: not modelled" in sentence for sentence in sentences.values())
    data = watched(connection, "own")
    curve = aalen_johansen(data.time_days, data.outcome)
    assert np.array_equal(found.any_new_fracture.incidence.probability, curve.probability)
    risk = found.any_new_fracture.risk
    assert risk.deaths > 0
    assert risk.one_minus_kaplan_meier.percent > risk.aalen_johansen.percent  # the dead are not at risk any more
    assert found.experience.of == "the department"
    assert found.experience.cusum.observed == round(found.experience.learning.falling_fit.sum())
    assert found.predicted_leaks.n + found.predicted_leaks.not_assessed == sum(
        level.planned is not None for done in DRAWN.procedures for level in done.levels
    )


def test_the_seed_is_that_of_the_bootstrap(connection, models):
    other = series_models(connection, "own", today=TODAY, seed=4, plan=PLAN)
    assert other.volume_and_relief_class.rho == models.volume_and_relief_class.rho
    assert other.volume_and_relief_class.ci_low != models.volume_and_relief_class.ci_low
    assert other.durability_of_relief == models.durability_of_relief


def test_synthetic_records_are_not_modelled(connection, tmp_path):
    found = series_models(connection, "other", today=TODAY)
    assert {getattr(found, name) for name in SeriesModels.__dataclass_fields__} == {
        "The records are synthetic: only their margins are those printed, so nothing can be modelled."
    }
    with open_registry(f"sqlite:///{tmp_path / 'f.db'}", create=True) as founding:
        founding.add_many(founding_series("weill-1996").records, by="test", why="test")
        with founding.reading() as reading:
            assert "synthetic" in series_models(reading, today=TODAY).durability_of_relief


def test_one_operator(connection):
    done = procedures(connection, "own")
    found = drift(done, operator="op-1", plan=PLAN)
    cases = [p for p in DRAWN.procedures if p.operator == "op-1"]
    assert (found.of, found.cases, found.learning.operators) == ("op-1", len(cases), 1)
    assert found.without_operator == sum(p.operator is None for p in DRAWN.procedures)
    assert "beforehand" in drift(done, operator="op-1", plan=None).cusum
    with pytest.raises(Refused, match="No procedure has the operator op-9"):
        series_models(connection, "own", today=TODAY, operator="op-9")
    few = procedures(connection, "other")
    assert "fewer than 30: not ranked and not compared" in drift(few, operator="op-1", plan=PLAN)


def test_expected_risks_are_on_average_the_acceptable_share(connection):
    done = procedures(connection, "own")
    risk, how = expected_risk(done, 0.1)
    assert risk.mean() == pytest.approx(0.1, abs=1e-9)  # the root finder's own tolerance is 2e-12
    assert how.startswith("adjusted for")
    odds, again = risk / (1 - risk), expected_risk(done, 0.3)[0]
    ratio = again / (1 - again) / odds
    assert np.allclose(ratio, ratio[0])  # shifting keeps every odds ratio
    flat, why = expected_risk(procedures(connection, "other"), 0.1)
    assert set(flat) == {0.1}
    assert "too few" in why


def test_the_document_explains_every_null_and_takes_the_models_along(connection, models):
    parts = {name: getattr(models, name) for name in SeriesModels.__dataclass_fields__}
    statistics = series_statistics(connection, "own", today=TODAY)
    document = registry_stats_document(statistics, Provenance.of((), {}, 0.0), models=parts)
    text = dump(document)
    assert '"schema": "vertebroplasty.registry-stats/1"' in text
    assert "NaN" not in text
    by_name = {model.name: model for model in document.models}
    assert by_name["odi_percent"].result is None
    assert "fewer than 10" in by_name["odi_percent"].why_not
    assert by_name["any_new_fracture"].result["patients"] == models.any_new_fracture.patients
    assert [row.k for row in document.leaks] == [row.share.k for row in statistics.leaks]
    described = document.model_json_schema()
    for part in (described, *described["$defs"].values()):
        assert all("description" in field for field in part.get("properties", {}).values())
