"""No adverse event, and nobody asked: the two are told apart, and the denominators know it."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from registry_records import follow_up, patient, procedure
from vertebroplasty.registry.procedure_parts import AdverseEvent
from vertebroplasty.registry.series.asked import never_asked
from vertebroplasty.registry.series.drift import CusumPlan, drift
from vertebroplasty.registry.series.model_data import Procedures, procedures
from vertebroplasty.registry.series.sharing import safe_to_share
from vertebroplasty.registry.series.statistics import series_statistics

NEURALGIA = (AdverseEvent(kind="neuralgia"),)


def done(name, asked, *, events=()):
    return procedure(name, "P1", adverse_events=events, adverse_events_asked=asked)


def look(name, of, asked, *, events=()):
    return follow_up(name, of, adverse_events=events, adverse_events_asked=asked)


@pytest.fixture
def series(registry):
    """Seven procedures: asked with and without an event, not asked, not asked but later, and not known."""
    registry.add_many(
        [
            patient("P1"),
            done("asked-ill", True, events=NEURALGIA),
            done("asked-well", True),
            done("never", False),
            done("later", False),
            look("F1", "later", True),
            done("found", False),
            look("F2", "found", None, events=NEURALGIA),
            done("not-again", False),
            look("F3", "not-again", False),
            done("unknown", None),
        ],
        by="clerk",
    )
    return registry


def statistics(registry):
    with registry.reading() as connection:
        return series_statistics(connection, today=date(2026, 11, 20))


def test_who_was_never_asked(series):
    with series.reading() as connection:
        assert never_asked(connection, "own") == {"never", "not-again"}
        assert never_asked(connection, "other") == frozenset()


def test_the_denominator_leaves_out_the_never_asked_and_keeps_the_unknown(series):
    found = statistics(series)
    assert found.procedures == 7
    assert {(row.share.name, row.share.k, row.share.n) for row in found.complications if row.share.k} == {
        ("neuralgia", 2, 5)
    }
    assert {row.share.n for row in found.complications} == {5}
    gap = next(gap for gap in found.missing if gap.name == "whether adverse events were asked for")
    assert (gap.k, gap.n) == (1, 7)
    (said,) = [one for one in found.warnings if "adverse events were asked for" in one]
    assert said.startswith("Of 1 of 7 procedures it is not recorded")
    assert "lower bounds" in said


def test_where_all_is_recorded_nothing_is_warned_of(series):
    series.amend("procedure", "unknown", {"adverse_events_asked": True}, by="chief", why="asked the ward")
    assert not [one for one in statistics(series).warnings if "asked for" in one]


def test_a_shared_page_does_not_tell_how_few_were_not_asked(series):
    """Two of forty: the denominators stand beside the number of procedures, so they are hidden too."""
    with series.reading() as connection:
        counted = series_statistics(connection, today=date(2026, 11, 20))
    rows = tuple(replace(row, share=replace(row.share, k=0, n=38)) for row in counted.complications)
    one = replace(counted, patients=40, procedures=40, levels=80, complications=rows)
    assert {(row.share.k, row.share.n) for row in safe_to_share(one).complications} == {(None, None)}
    many = replace(one, complications=tuple(replace(row, share=replace(row.share, n=30)) for row in rows))
    assert {(row.share.k, row.share.n) for row in safe_to_share(many).complications} == {(0, 30)}


def test_a_model_leaves_the_never_asked_out(series):
    with series.reading() as connection:
        data = procedures(connection, "own")
    told = dict(zip(data.procedure, data.complication, strict=True))
    # The example's levels have a symptomatic leak, which somebody noticed without being asked.
    assert set(told.values()) == {1.0}
    forty = Procedures(
        procedure=np.array([f"X{n}" for n in range(40)], dtype=object),
        day=np.arange(40),
        operator=np.full(40, "O1", dtype=object),
        levels=np.ones(40, dtype=np.int64),
        volume_ml=np.full(40, 3.0),
        aetiology=np.full(40, "myeloma", dtype=object),
        complication=np.where(np.arange(40) < 3, np.nan, np.arange(40) % 5 == 0),
        undated=0,
    )
    found = drift(forty, operator=None, plan=CusumPlan(p0=0.1, p1=0.3, alpha=0.05, beta=0.1))
    assert (found.cases, found.never_asked, found.learning.cases) == (40, 3, 37)
    assert (found.cusum.value.size, found.cusum.observed) == (37, 7)
