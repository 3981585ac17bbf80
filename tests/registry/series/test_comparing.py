"""A series beside the literature: equal definitions are compared, all others say why not."""

import re
from dataclasses import replace
from datetime import date

import pytest

from vertebroplasty.documents.common import Provenance
from vertebroplasty.registry.founding.founding_series import founding_series
from vertebroplasty.registry.literature.own_results import ASKED_AT
from vertebroplasty.registry.series.comparing import comparison_document, comparison_lines
from vertebroplasty.registry.series.figures import beside_literature
from vertebroplasty.registry.series.rows import Row
from vertebroplasty.registry.series.statistics import series_statistics
from vertebroplasty.registry.statistics.proportions import Denominator, proportion
from vertebroplasty.registry.store.opening import open_registry
from vertebroplasty.registry.vocabulary import Window


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    def of(name):
        with open_registry(str(tmp_path_factory.mktemp("series") / "series.db"), create=True) as registry:
            registry.add_many(founding_series(name).records, by="test")
            with registry.reading() as connection:
                found = series_statistics(connection, today=date(2026, 11, 20))
        return comparison_document(found, Provenance.of((), {}, 0.0))

    return {name: of(name) for name in ("weill-1996", "cementoplasty-1990-2002")}


def test_with_its_own_figures_a_series_agrees(compared):
    clear = next(r for r in compared["weill-1996"].results if r.definition == "clear-improvement")
    (same,) = [one for one in clear.published if one.comparable]
    assert (clear.own.k, clear.own.n, same.source, same.difference_points) == (24, 33, "S2", 0.0)
    # Newcombe's interval of a difference with itself is symmetric.
    assert same.ci_low_points == -same.ci_high_points
    assert any("by construction" in warning for warning in compared["weill-1996"].warnings)


def test_leaks_looked_for_in_an_unknown_way_are_only_quoted(compared):
    for result in compared["cementoplasty-1990-2002"].results:
        if result.definition.startswith("leak-"):
            assert not any(one.comparable for one in result.published)
            assert all(one.why_not and one.difference_points is None for one in result.published)


def test_the_lines_name_the_other_definition(compared):
    lines = list(comparison_lines(compared["weill-1996"]))
    assert any("73 to 87 %: not compared, it counts “opiate doses reduced by 75 % or more" in line for line in lines)
    assert any("own less theirs +0.0 points" in line for line in lines)


@pytest.mark.parametrize(("for_pain", "comparable"), [(40, True), (39, False)])
def test_improvement_is_compared_only_where_every_aim_is_pain(for_pain, comparable, tmp_path):
    """The published grades are those of analgesic procedures; one whose aim nobody recorded may be none."""
    with open_registry(str(tmp_path / "own.db"), create=True) as registry, registry.reading() as connection:
        empty = series_statistics(connection, today=date(2026, 11, 20))
    aim = Row(share=proportion("analgesia", for_pain, 40, Denominator.PROCEDURE), definition="intent-per-procedure")
    clear = Row(
        share=proportion("clear improvement", 30, 36, Denominator.EVALUATED), definition="improvement-per-evaluated"
    )
    own = replace(empty, procedures=40, indications=(aim,), relief=(clear,), leaks=(), complications=())
    document = comparison_document(own, Provenance.of((), {}, 0.0))
    assert bool(document.results) is comparable
    assert any("the aim of 1 of 40 procedures" in sentence for sentence in document.not_compared) is not comparable


@pytest.mark.parametrize(
    ("windows", "stands"),
    [
        ((Window.DAY_1, Window.MONTH_1, Window.MONTH_12), "1 month"),
        ((Window.DAY_1, Window.MONTH_12), "1 day"),
        ((Window.MONTH_12, Window.MONTH_6), "6 months"),
    ],
)
def test_the_window_that_stands_for_an_outcome_is_set_beforehand(windows, stands, tmp_path):
    """The nearest to a month, however many were graded in the others, and the figure says which."""
    with open_registry(str(tmp_path / "own.db"), create=True) as registry, registry.reading() as connection:
        empty = series_statistics(connection, today=date(2026, 11, 20))
    aim = Row(share=proportion("analgesia", 40, 40, Denominator.PROCEDURE), definition="intent-per-procedure")
    of = {Window.DAY_1: (36, 38), Window.MONTH_1: (15, 20), Window.MONTH_6: (9, 12), Window.MONTH_12: (20, 31)}
    relief = tuple(
        Row(
            share=proportion("clear improvement", *of[window], Denominator.EVALUATED),
            definition="improvement-per-evaluated",
            window=window,
        )
        for window in windows
    )
    own = replace(empty, procedures=40, indications=(aim,), relief=relief, leaks=(), complications=())
    told = re.findall(r"this series, ([^:<]+): (\d+) of", beside_literature(own)[0])
    (k, _) = next(of[window] for window in windows if ASKED_AT[window] == stands)
    assert told == [(stands, str(k))]
