"""Looks that repeat a window: listed at entry, kept right by every change, rebuilt by a restore, found by verify."""

from datetime import date

import pytest
import sqlalchemy as sa

from registry_records import follow_up, patient, procedure
from vertebroplasty.registry.series.follow_up_queries import window_tallies
from vertebroplasty.registry.store import tables
from vertebroplasty.registry.store.backup import backup, restore
from vertebroplasty.registry.store.database import writing
from vertebroplasty.registry.store.opening import open_registry
from vertebroplasty.registry.vocabulary import Improvement, Window


def look(name, day, **changes):
    return follow_up(name, "X1", seen_on=day, window=None, new_fractures=(), adverse_events=(), **changes)


def listed(registry):
    with registry.reading() as connection:
        own = tables.repeated_look.c
        return {tuple(row) for row in connection.execute(sa.select(own.follow_up, own.placed))}


@pytest.fixture
def begun(registry):
    """A patient treated on 1 March, seen on 31 March, which is one month after."""
    registry.add_many([patient("P1"), procedure("X1", "P1"), look("A", date(2024, 3, 31))], by="clerk")
    return registry


def test_the_later_entered_of_two_is_listed_whenever_it_comes(begun):
    assert listed(begun) == set()
    begun.add(look("B", date(2024, 3, 25)), by="clerk")
    assert listed(begun) == {("B", "1mo")}
    year = [look("C", date(2025, 3, 1)), look("D", date(2025, 3, 2)), look("E", date(2024, 9, 1))]
    begun.add_many(year, by="clerk")
    assert listed(begun) == {("B", "1mo"), ("D", "12mo")}
    assert begun.verify().intact


def test_a_procedure_with_two_looks_in_a_window_counts_once_with_the_last(begun):
    begun.add(look("B", date(2024, 3, 25), improvement="none"), by="clerk")
    with begun.reading() as connection:
        (month,) = window_tallies(connection, "own")
    assert (month.window, month.procedures) == (Window.MONTH_1, 1)
    assert month.improvement[Improvement.CLEAR] == 1
    assert month.improvement[Improvement.NONE] == 0


def test_an_amendment_moves_a_look_out_of_its_window_and_into_another(begun):
    begun.add(look("B", date(2024, 3, 25)), by="clerk")
    begun.add(look("C", date(2025, 3, 1)), by="clerk")
    begun.amend("follow-up", "B", {"seen_on": date(2025, 3, 3)}, by="chief", why="misread")
    assert listed(begun) == {("B", "12mo")}
    begun.amend("follow-up", "A", {"window": "12mo"}, by="chief", why="as planned")
    assert listed(begun) == {("A", "12mo"), ("B", "12mo")}
    assert begun.verify().intact


def test_a_look_that_moves_to_another_procedure_leaves_the_first(begun):
    begun.add(procedure("X2", "P1"), by="clerk")
    begun.add(look("B", date(2024, 3, 25)), by="clerk")
    begun.amend("follow-up", "A", {"procedure": "X2"}, by="chief", why="wrong procedure")
    assert listed(begun) == set()
    assert begun.verify().intact


def test_another_day_of_the_procedure_moves_all_its_looks(begun):
    begun.add(look("B", date(2024, 5, 20)), by="clerk")
    assert listed(begun) == set()
    begun.amend("procedure", "X1", {"performed_on": date(2024, 2, 25)}, by="chief", why="day of the report")
    assert listed(begun) == set()  # 35 and 85 days: one month and three
    begun.amend("procedure", "X1", {"performed_on": date(2024, 4, 30)}, by="chief", why="again")
    begun.add(look("C", date(2024, 4, 1)), by="clerk")
    assert listed(begun) == {("C", "baseline")}
    assert begun.verify().intact


def test_a_restore_lists_them_anew(begun, empty_url, tmp_path):
    begun.add(look("B", date(2024, 3, 25)), by="clerk")
    backup(begun, tmp_path / "kept.jsonl")
    restore(tmp_path / "kept.jsonl", empty_url.replace("new.db", "again.db"))
    with open_registry(empty_url.replace("new.db", "again.db")) as again:
        assert listed(again) == {("B", "1mo")}


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ("DELETE FROM repeated_look", "B"),
        ("UPDATE repeated_look SET placed = '6mo'", "B"),
        ("INSERT INTO repeated_look VALUES ('A', 'X1', 'own', '1mo')", "A"),
    ],
)
def test_verify_names_a_look_that_is_listed_wrongly(begun, change, name):
    begun.add(look("B", date(2024, 3, 25)), by="clerk")
    with writing(begun._engine) as connection:
        connection.exec_driver_sql(change)
    found = begun.verify()
    assert {(one.record_id, one.what) for one in found.problems} == {
        (name, f"The follow-up {name} differs from the journal in repeated_look.")
    }
