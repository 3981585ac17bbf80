"""What may follow what in the recorder: no cement after a stop without a reason, no clock that runs backwards."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vertebroplasty.anatomy.leak_sites import LeakSite
from vertebroplasty.cement.stop_reason import StopReason
from vertebroplasty.errors import Refused
from vertebroplasty.registry.entry.checks import check_procedure
from vertebroplasty.registry.records import Patient
from vertebroplasty.registry.vocabulary import EventName
from vertebroplasty.web.recorder.recording import TAPPED, Recording, Tap
from vertebroplasty.web.recorder.time_out import TimeOut, TimeOutForm, confirmed
from vertebroplasty.web.recorder.to_procedure import procedure_of

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ANSWERS = {
    "patient": "P-1", "procedure_id": "X-1", "levels": ("L2", "L3"), "side": "left", "allergies": "none",
    "agents": "none", "consent": True, "surgical_backup": True, "operator": "op1", "product": "pmma-medium",
}  # fmt: skip


def begun(**answers):
    return Recording(id="p-1", time_out=TimeOut(**ANSWERS | answers), confirmed_at=NOON)


def tapped(recording, *taps, level="L2"):
    """Taps one second apart: a name, or a name with what belongs to it."""
    for each in taps:
        name, more = each if isinstance(each, tuple) else (each, {})
        n = len(recording.taps)
        recording = recording.with_tap(
            Tap(key=f"tap-{n:04d}", event=EventName(name), level=level, clock_s=10.0 + n, at=NOON, **more)
        )
    return recording


def ml(amount):
    return "sample", {"injected_ml": amount}


MIXED = ("mix-start", "inject-start")


def test_a_stop_holds_until_a_reason_is_given():
    stopped = tapped(begun(), *MIXED, ml(1.0), "stop")
    for tap in (ml(1.5), "inject-start"):
        with pytest.raises(Refused, match="only with a reason"):
            tapped(stopped, tap)
    with pytest.raises(Refused, match="only with a reason"):
        tapped(stopped, "resume")
    gone_on = tapped(stopped, ("resume", {"remark": "no leak in either view"}), ml(1.5))
    assert gone_on.injected_ml("L2") == 1.5


def test_a_stop_at_one_level_does_not_hold_the_other():
    recording = tapped(begun(), *MIXED, ml(1.0), "stop")
    assert tapped(recording, "inject-start", ml(2.0), level="L3").injected_ml("L3") == 2.0


@pytest.mark.parametrize(
    ("taps", "words"),
    [
        (("inject-start",), "tap the mixing first"),
        ((ml(1.0),), "tap the mixing first"),
        (("mix-start", ml(1.0)), "tap its start first"),
        ((*MIXED, ml(2.0), ml(1.0)), "does not become less"),
        ((*MIXED, ml(31.0)), "between 0 and 30 ml"),
        ((*MIXED, ml(float("nan"))), "between 0 and 30 ml"),
        ((*MIXED, "needle-out", ml(1.0)), "needle is out"),
        ((*MIXED, "resume"), "not stopped"),
        (("leak",), "where the leak lies"),
    ],
)
def test_what_cannot_follow_is_refused(taps, words):
    with pytest.raises(Refused, match=words):
        tapped(begun(), *taps)


def test_a_stop_is_kept_where_nobody_tapped_the_start():
    stopped = tapped(begun(), "mix-start", "stop")
    assert stopped.stopped("L2")
    with pytest.raises(Refused, match="only with a reason"):
        tapped(stopped, "inject-start")
    gone_on = tapped(stopped, ("resume", {"remark": "the start was not tapped"}), "inject-start", ml(1.0))
    assert procedure_of(gone_on, by="nurse1").levels[0].cement.total_ml == 1.0


def test_a_level_that_was_not_confirmed_is_refused():
    with pytest.raises(Refused, match="not confirmed in the time-out"):
        tapped(begun(), "mix-start", level="L4")


def test_a_tap_sent_twice_counts_once():
    recording = tapped(begun(), *MIXED)
    assert recording.with_tap(recording.taps[-1]) is recording


def test_only_the_tap_that_was_seen_last_is_undone():
    recording = tapped(begun(), *MIXED, ml(1.0))
    assert recording.without_last(recording.taps[-1].key, at=NOON).injected_ml("L2") == 0.0
    with pytest.raises(Refused, match="Something else was tapped"):
        recording.without_last(recording.taps[0].key, at=NOON)


def test_a_stop_that_is_undone_leaves_both_moments_in_the_procedure():
    stopped = tapped(begun(), *MIXED, ml(1.0), "stop")
    stopped = stopped.with_reason(stopped.taps[-1].key, StopReason.EPIDURAL_LEAK)
    undone = stopped.without_last(stopped.taps[-1].key, at=NOON + timedelta(seconds=7))
    assert not undone.stopped("L2")
    remark = procedure_of(undone, by="nurse1").remark
    tapped_at, undone_at = re.search(
        r"STOP at L2 tapped (\S+ \S+), for epidural-leak, undone (\S+ \S+)\.", remark
    ).groups()
    assert datetime.fromisoformat(tapped_at) == NOON
    assert datetime.fromisoformat(undone_at) == NOON + timedelta(seconds=7)
    assert "STOP" not in procedure_of(stopped, by="nurse1").remark


def test_only_a_stop_leaves_a_remark_when_it_is_undone():
    recording = tapped(begun(), *MIXED, ml(1.0))
    assert recording.without_last(recording.taps[-1].key, at=NOON).undone_stops == ()


def test_more_undone_stops_than_a_remark_holds_are_counted():
    recording = tapped(begun(), *MIXED)
    for _ in range(60):
        recording = tapped(recording, "stop")
        recording = recording.without_last(recording.taps[-1].key, at=NOON)
    remark = procedure_of(recording, by="nurse1").remark
    assert len(remark) <= 2000
    told = remark.count("STOP at L2 tapped")
    assert remark.endswith(f" {60 - told} more undone stops.")


def test_each_level_has_its_side_where_one_is_given():
    differing = begun(sides={"L3": "both"})
    assert procedure_of(tapped(differing, *MIXED), by="nurse1").remark.startswith("Time-out: side L2 left, L3 both; ")
    for sides in ({}, {"L3": "left"}):
        same = begun(sides=sides)
        assert procedure_of(tapped(same, *MIXED), by="nurse1").remark.startswith("Time-out: side left; ")


def test_the_registry_gets_what_was_tapped_and_nothing_else():
    leak = ("leak", {"site": LeakSite.EPIDURAL})
    recording = tapped(begun(), "mix-start", "inject-start", ml(1.0), leak, "stop", "stylet", "needle-out")
    recording = recording.with_reason(recording.taps[4].key, StopReason.EPIDURAL_LEAK)
    procedure = procedure_of(recording, by="nurse1")
    first, second = procedure.levels
    assert first.cement.total_ml == 1.0
    assert (first.cement.injection_start_s, first.cement.injection_end_s) == (1.0, 4.0)
    assert first.cement.stop_reason is StopReason.EPIDURAL_LEAK
    assert first.cement.stylet_reinserted is True
    assert [leak.site for leak in first.leaks] == [LeakSite.EPIDURAL]
    assert second.cement is None
    assert second.leaks_looked_for_with is None
    assert [event.t_s for event in procedure.events] == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert procedure.adverse_events_asked is None
    assert procedure.anaesthesia is None
    with pytest.raises(Refused, match="Nothing was tapped"):
        procedure_of(begun(), by="nurse1")


@settings(max_examples=300, derandomize=True, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(TAPPED),
            st.sampled_from(["L2", "L3", "L5"]),
            st.floats(0.0, 40.0),
            st.sampled_from([None, *LeakSite]),
            st.sampled_from([None, "seen twice"]),
            st.booleans(),
        ),
        max_size=40,
    )
)
def test_whatever_is_tapped_makes_a_procedure_that_the_registry_keeps(taps):
    recording = begun()
    for n, (event, level, amount, site, remark, undo) in enumerate(taps):
        tap = Tap(
            key=f"tap-{n:04d}", event=event, level=level, clock_s=float(n), at=NOON, site=site, remark=remark,
            injected_ml=amount if event is EventName.SAMPLE else None,
        )  # fmt: skip
        try:
            recording = recording.with_tap(tap)
            if undo:
                recording = recording.without_last(tap.key, at=NOON)
        except Refused:
            continue
    if recording.taps:
        procedure = procedure_of(recording, by="nurse1")
        found = check_procedure(procedure, patient=Patient(pseudonym="P-1"), today=NOON.date())
        assert [each.sentence for each in found if each.severity == "error"] == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"sides": {"L3": "right"}}, "A side is given for L3, which was not read: the levels are L2"),
        ({"levels_again": ("L3",)}, "L2 the first time and L3 the second"),
        ({"levels": ("L2", "L2"), "levels_again": ("L2",)}, "named twice"),
        ({"allergies": "known"}, "is allergic to"),
        ({"agents": "stopped"}, "takes or took"),
        ({"consent": False}, "Consent was answered with no"),
        ({"surgical_backup": False, "consent": False}, "Consent and Surgical back-up"),
    ],
)
def test_a_time_out_is_complete_or_refused(changed, words):
    form = ANSWERS | {"levels": ("L2",), "levels_again": ("L2",)}
    assert confirmed(TimeOutForm(**form)).levels == ("L2",)
    with pytest.raises(Refused, match=words):
        confirmed(TimeOutForm(**form | changed))
