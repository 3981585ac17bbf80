"""Rehearsals are kept as rehearsals: in the journal, once, for their operator, and in no statistic of procedures."""

from dataclasses import fields, replace
from datetime import date

import pytest

from rehearsal_records import rehearsal, sha
from vertebroplasty.errors import Refused
from vertebroplasty.registry.rehearsals.keeping import (
    log_sha256,
    past_of,
    rehearsal_of,
    rehearsals_of,
    save_rehearsal,
)
from vertebroplasty.registry.rehearsals.record import ELEMENTS, Rehearsal
from vertebroplasty.registry.series.statistics import series_statistics
from vertebroplasty.registry.store.backup import backup, restore
from vertebroplasty.registry.store.database import writing


def test_what_was_saved_is_read_back(registry):
    save_rehearsal(registry, rehearsal(1), by="web", why="finished")
    entry = registry.get("rehearsal", "R-O1-1")
    assert entry.record == rehearsal(1)
    assert (entry.version, entry.entered_by) == (1, "web")
    (row,) = registry.history("rehearsal", "R-O1-1")
    assert (row.action, row.kind, row.why) == ("add", "rehearsal", "finished")


def test_a_log_is_kept_once(registry):
    save_rehearsal(registry, rehearsal(1), by="web")
    again = rehearsal(1, rehearsal_id="R-other")
    with pytest.raises(Refused, match="log of the rehearsal R-other is kept already"):
        save_rehearsal(registry, again, by="web")
    with pytest.raises(Refused, match="There is a rehearsal R-O1-1 already"):
        save_rehearsal(registry, rehearsal(1, log_sha256=sha("other")), by="web")
    twins = [rehearsal(2), rehearsal(2, rehearsal_id="R-twin")]
    with pytest.raises(Refused, match="kept already"):
        registry.add_many(twins, by="web")
    save_rehearsal(registry, rehearsal(3), by="web")
    with pytest.raises(Refused, match="cannot be changed"):
        registry.amend("rehearsal", "R-O1-3", {"log_sha256": sha("log O1 1")}, by="web", why="try")
    assert len(registry.find("rehearsal")) == 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ended_at": None}, "when the rehearsal ended"),
        ({"log_sha256": "abc"}, "log_sha256 is no SHA-256"),
        ({"selection": 1.2}, "selection"),
        ({"level": "L9"}, "level"),
        ({"operator": "Jane Doe"}, "operator"),
    ],
)
def test_what_is_not_as_it_must_be_is_refused(registry, changes, said):
    with pytest.raises(Refused, match=said):
        save_rehearsal(registry, rehearsal(1, **changes), by="web")


def test_an_operator_sees_the_own_ones_in_their_order(registry):
    for number, operator in ((3, "O1"), (1, "O1"), (2, "O2"), (4, "O1")):
        save_rehearsal(registry, rehearsal(number, operator, placement=number / 10), by="web")
    assert [one.seed for one in rehearsals_of(registry, "O1")] == [1, 3, 4]
    assert past_of(registry, "O1", guided=False)["placement"] == [0.1, 0.3, 0.4]
    assert past_of(registry, "O1", guided=False)["timing"] == []  # never judged
    assert past_of(registry, "O1", guided=True)["placement"] == []
    assert past_of(registry, "O3", guided=False) == {name: [] for name in ELEMENTS}
    with pytest.raises(Refused, match="cannot be the pseudonym"):
        rehearsals_of(registry, "O1' OR 1=1\x00")


def test_no_statistic_of_procedures_counts_a_rehearsal(filled):
    def counted():
        with filled.reading() as connection:
            return series_statistics(connection, today=date(2026, 11, 20))

    before = counted()
    for number in range(40):
        save_rehearsal(filled, rehearsal(number), by="web")
    assert counted() == before
    assert len(filled.find("procedure")) == 3


def test_verify_and_restore_cover_rehearsals(registry, empty_url, tmp_path):
    save_rehearsal(registry, rehearsal(1), by="web")
    backup(registry, tmp_path / "kept.jsonl")
    assert restore(tmp_path / "kept.jsonl", empty_url.replace("new.db", "again.db")).intact
    with writing(registry._engine) as connection:
        connection.exec_driver_sql("UPDATE rehearsal SET outcome = 1.0")
        connection.exec_driver_sql("DELETE FROM rehearsal_leak")
    told = {one.what for one in registry.verify().problems}
    assert told == {
        "The rehearsal R-O1-1 differs from the journal in rehearsal: outcome.",
        "The rehearsal R-O1-1 has 0 rows in rehearsal_leak, by the journal 1.",
    }


def test_a_list_of_rehearsals_knows_no_series(registry):
    with pytest.raises(Refused, match="belongs to no series"):
        registry.find("rehearsal", series="own")


def test_the_elements_are_those_of_the_score():
    from vertebroplasty.rehearsal.scoring import ELEMENTS as SCORED

    assert ELEMENTS == SCORED
    assert set(ELEMENTS) <= {field.name for field in fields(Rehearsal)}


def test_a_finished_rehearsal_becomes_a_record():
    """From the document, as the command and the browser have it."""
    from vertebroplasty.case.rehearsing import RehearseRequest, rehearse_answer

    document = rehearse_answer(RehearseRequest(built_in="easy", grid_mm=3.0), None)
    kept = rehearsal_of(document, operator="O1", ended_at=rehearsal(1).ended_at, guided=True)
    assert (kept.case, kept.level, kept.seed, kept.product) == ("easy", document.level, 0, "pmma-medium")
    assert (kept.planned_ml, kept.injected_ml) == (document.log[0]["volume_ml"], document.injected_ml)
    assert kept.outcome == document.score.outcome.value
    assert [(leak.site, leak.volume_ml) for leak in kept.leaks] == [(x.site, x.volume_ml) for x in document.leaks]
    assert kept.log_sha256 == log_sha256(document.log)
    assert kept.synthetic
    other = log_sha256([*document.log[:-1], {**document.log[-1], "t_s": 0.5}])
    assert other != kept.log_sha256
    with pytest.raises(Refused, match="no log"):
        rehearsal_of(document.model_copy(update={"log": []}), operator="O1", ended_at=kept.ended_at, guided=True)
    assert not replace(kept, case="own").synthetic
