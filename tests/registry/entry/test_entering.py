"""Entering by hand: parents before children, all or none, checked beside what is kept."""

from datetime import date

import pytest

from registry_records import follow_up, patient, procedure
from vertebroplasty.errors import Refused
from vertebroplasty.registry.entry.entering import enter, quick_follow_up, recheck

TODAY = date(2026, 11, 20)


def plain_procedure(name="X1", of="P1", **changes):
    """One level and nothing that the checks would stop at."""
    first = procedure().levels[1]
    return procedure(name, of, levels=(first,), events=(), adverse_events=(), **changes)


def plain_look(name="F1", of="X1", **changes):
    return follow_up(name, of, imaged_levels=(), new_fractures=(), adverse_events=(), **changes)


def test_children_find_their_parents_in_the_same_call(registry):
    enter(registry, [plain_look(), plain_procedure(), patient()], by="clerk", today=TODAY)
    assert registry.get("follow-up", "F1").record.procedure == "X1"


def test_one_wrong_record_keeps_all_out(registry):
    wrong = plain_look("F2", died_on=date(2024, 3, 2), seen_on=date(2024, 3, 31))  # asked after death
    with pytest.raises(Refused, match="Death on 2024-03-02"):
        enter(registry, [patient(), plain_procedure(), plain_look(), wrong], by="clerk", today=TODAY)
    assert registry.find("patient") == ()


def test_the_same_procedure_twice_is_refused_unless_there_is_a_reason(registry):
    enter(registry, [patient(), plain_procedure()], by="clerk", today=TODAY)
    with pytest.raises(Refused, match="seems to be the same"):
        enter(registry, [plain_procedure("X2")], by="clerk", today=TODAY)
    found = enter(registry, [plain_procedure("X2")], by="clerk", today=TODAY, not_a_duplicate_because="two tables")
    assert any("two tables" in one.sentence for one in found)
    assert registry.history("procedure", "X2")[0].why == "not a duplicate: two tables"


def test_both_of_two_in_one_call_are_seen_as_double(registry):
    with pytest.raises(Refused, match="seems to be the same"):
        enter(registry, [patient(), plain_procedure(), plain_procedure("X2")], by="clerk", today=TODAY)


def test_an_amendment_is_checked_beside_what_is_kept(registry):
    enter(registry, [patient(), plain_procedure(), plain_look()], by="clerk", today=TODAY)
    with pytest.raises(Refused, match="Death"):
        recheck(registry, plain_look(died_on=date(2024, 3, 2)), today=TODAY)
    assert recheck(registry, plain_look(pain_nrs=1.0), today=TODAY) == ()


def test_a_quick_follow_up_names_itself_by_procedure_and_day():
    record = quick_follow_up("X1", date(2024, 4, 1), {"pain_nrs": 2}, new_fractures=["L2"])
    assert record.follow_up_id == "X1-2024-04-01"
    assert record.new_fractures_looked_for
    assert quick_follow_up("X1", date(2024, 4, 1), {"pain_nrs": 2}, new_fractures=[]).new_fractures_looked_for is None
    with pytest.raises(Refused, match="L9"):
        quick_follow_up("X1", date(2024, 4, 1), {}, new_fractures=["L9"])
