"""The schedule: every window by its days, and who is due, overdue or lost."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry_records import follow_up, procedure
from vertebroplasty.registry.follow_up.windows import SCHEDULE, due, lost, overdue, standing, window_of, window_on
from vertebroplasty.registry.procedure_parts import AdverseEvent
from vertebroplasty.registry.vocabulary import Window
from vertebroplasty.selection.claims import claim

DONE = date(2024, 3, 1)
BARE = {
    "pain_nrs": None,
    "relief_class": None,
    "improvement": None,
    "imaged_levels": (),
    "new_fractures": (),
    "adverse_events": (),
    "window": None,
}


def after(days, name="F", **changes):
    return follow_up(name, "X1", **BARE | {"seen_on": DONE + timedelta(days=days)} | changes)


def stands(days, *follow_ups, **changes):
    found = standing(procedure(adverse_events=(), **changes), follow_ups, today=DONE + timedelta(days=days))
    assert found is not None
    return found


def test_the_days_aimed_at_are_those_of_the_trial():
    assert claim("follow-up-vertos-iv").statement == "Pain was asked at 1 day, 1 week, and 1, 3, 6 and 12 months."
    month = 365.25 / 12
    aimed = [1, 7, month, 3 * month, 6 * month, 12 * month]
    assert [span.target_days for span in SCHEDULE] == [round(days) for days in aimed]


def test_windows_do_not_overlap_and_hold_the_day_aimed_at():
    for span in SCHEDULE:
        assert span.first_days <= span.target_days <= span.last_days
    for one, after_it in pairwise(SCHEDULE):
        assert one.last_days < after_it.first_days


@pytest.mark.parametrize(
    ("days", "window"),
    [
        (-1, "baseline"),
        (0, "24h"),
        (1, "24h"),
        (3, "24h"),
        (4, "1wk"),
        (14, "1wk"),
        (15, "other"),
        (30, "1mo"),
        (91, "3mo"),
        (183, "6mo"),
        (304, "other"),
        (305, "12mo"),
        (455, "12mo"),
        (456, "other"),
    ],
)
def test_a_day_falls_into_its_window(days, window):
    assert window_of(days) == window


@settings(derandomize=True, deadline=None)
@given(st.integers(-1000, 2000))
def test_a_day_has_one_window_and_no_other(days):
    holding = [span.window for span in SCHEDULE if span.first_days <= days <= span.last_days]
    expected = holding[0] if holding else (Window.BASELINE if days < 0 else Window.OTHER)
    assert len(holding) <= 1
    assert window_of(days) is expected


def test_a_stated_window_goes_before_the_day():
    assert window_on(after(40, window="3mo"), DONE) == Window.MONTH_3
    assert window_on(after(40), DONE) == Window.MONTH_1
    assert window_on(after(40), None) is None


def test_a_window_is_due_while_it_is_open_and_nobody_was_seen_in_it():
    assert [one.window for one in stands(30).due] == [Window.MONTH_1]
    assert stands(30, after(25)).due == ()
    assert stands(16).due == ()
    (planned,) = stands(100, after(30)).due
    assert (planned.first_on, planned.last_on) == (DONE + timedelta(days=70), DONE + timedelta(days=120))


def test_a_window_that_closed_unseen_is_overdue_until_the_patient_is_seen_again():
    assert [one.window for one in stands(30).overdue] == [Window.DAY_1, Window.WEEK_1]
    assert stands(30, after(25)).overdue == ()
    assert [one.window for one in stands(130, after(25)).overdue] == [Window.MONTH_3]


def test_a_baseline_is_not_a_look_afterwards():
    assert [one.window for one in stands(30, after(0, window="baseline")).overdue] == [Window.DAY_1, Window.WEEK_1]
    assert stands(30, after(-3)).last_seen_on is None


def test_the_dead_are_neither_due_nor_lost():
    died = after(25, died_on=DONE + timedelta(days=24))
    for found in (stands(100, died), stands(1000, died)):
        assert (found.dead, found.due, found.overdue, found.lost_because) == (True, (), (), "")
    killed = standing(procedure(adverse_events=(AdverseEvent(kind="death"),)), (), today=DONE + timedelta(days=1000))
    assert killed is not None
    assert killed.dead
    elsewhere = follow_up("F9", "X2", **BARE | {"died_on": DONE + timedelta(days=9), "seen_on": None})
    assert stands(1000, elsewhere).dead


def test_who_is_said_to_be_lost_is_lost_until_seen_again():
    gone = after(40, lost_because="moved")
    assert stands(100, gone).lost_because == "moved"
    assert stands(100, gone).due == ()
    back = after(95, "G")
    assert stands(100, gone, back).lost_because == ""


def test_nobody_seen_until_the_last_window_closed_is_lost():
    assert stands(455, after(30)).lost_because == ""
    assert "last seen on 2024-03-31" in stands(456, after(30)).lost_because
    assert "never seen" in stands(456).lost_because
    assert stands(456, after(310)).lost_because == ""
    assert stands(700, after(600)).lost_because == ""


def test_a_procedure_without_a_day_or_still_to_come_has_no_schedule():
    assert standing(procedure(performed_on=None, adverse_events=()), (), today=DONE) is None
    assert standing(procedure(adverse_events=()), (), today=DONE - timedelta(days=1)) is None


def test_the_lists_put_first_what_ends_first():
    found = [stands(30), None, stands(456), stands(8, after(1))]
    assert [one.window for one in due(found)] == [Window.WEEK_1, Window.MONTH_1]
    assert [one.window for one in overdue(found)] == [Window.DAY_1, Window.WEEK_1]
    assert len(lost(found)) == 1
