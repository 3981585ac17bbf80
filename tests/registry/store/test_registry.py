"""The store: what goes in comes out, nothing is half written, and what cannot be kept is refused in one sentence."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from registry_records import family, follow_up, patient, procedure
from vertebroplasty.errors import Refused
from vertebroplasty.registry.records import FollowUp, Patient
from vertebroplasty.registry.series.follow_up_queries import window_tallies
from vertebroplasty.registry.series.queries import leak_tallies, level_tallies, people_tally, procedure_tally
from vertebroplasty.registry.store import tables
from vertebroplasty.registry.store.series_record import Series, Statement

NASTY = (
    "x'; DROP TABLE journal; --",
    'x"); DELETE FROM patient; --',
    "%(name)s {0} :p ? $1 \\",
    '=HYPERLINK("http://x")',
    "ünï-椎体-🦴",
)
NOT_IDS = ("a'; DROP TABLE patient; --", "a\x00b", "Jane Doe", "", "a\ud800", "../../etc/passwd")


def count(registry, table):
    with registry.reading() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table))


@pytest.mark.parametrize("record", family(1), ids=lambda r: r.record_id)
def test_what_goes_in_comes_out(registry, record):
    for parent in family(1):
        registry.add(parent, by="clerk")
        if parent == record:
            break
    entry = registry.get(record.kind, record.record_id)
    assert entry.record == record
    assert (entry.version, entry.entered_by, entry.signed_by, entry.locked) == (1, "clerk", None, False)
    assert abs(entry.entered_at - datetime.now(UTC)) < timedelta(minutes=5)


def test_a_moment_keeps_its_instant(registry):
    east = timezone(timedelta(hours=9))
    registry.add(patient(), by="clerk")
    registry.add(procedure(started_at=datetime(2024, 3, 1, 8, 0, tzinfo=east)), by="clerk")
    with registry.reading() as connection:
        assert connection.scalar(sa.select(tables.procedure.c.started_at)) == datetime(2024, 2, 29, 23, 0, tzinfo=UTC)
    with pytest.raises(Refused, match="has no time zone"):
        registry.add(procedure("X2", started_at=datetime(2024, 3, 1, 8, 0)), by="clerk")
    with pytest.raises(Refused, match="has no time zone"):
        registry.amend("procedure", "X1", {"started_at": "2024-03-01T08:00"}, by="clerk", why="slip")


def test_the_tables_hold_the_parts(filled):
    with filled.reading() as connection:
        levels = connection.execute(
            sa.select(tables.treated_level).where(tables.treated_level.c.procedure == "X2").order_by("position")
        ).all()
        leaks = connection.execute(sa.select(tables.leak).where(tables.leak.c.procedure == "X2")).all()
        seen = connection.execute(sa.select(tables.follow_up).where(tables.follow_up.c.follow_up_id == "F2-2")).one()
        events = connection.scalars(
            sa.select(tables.adverse_event.c.kind).where(tables.adverse_event.c.patient == "P2")
        ).all()
    assert [(row.level, row.cement_total_ml, row.planned_plan_id, row.series) for row in levels] == [
        ("L1", 3.4, "plan-1", "own"),
        ("L2", None, None, "own"),
    ]
    assert [row.leaks_looked_for_with for row in levels] == [("ct", "fluoroscopy"), ()]
    assert [(row.site, row.symptomatic, row.level) for row in leaks] == [
        ("epidural", True, "L1"),
        ("disc-above", None, "L1"),
    ]
    assert (seen.patient, seen.days_after, seen.relief_class) == ("P2", 365, 3)
    assert sorted(events) == ["infection", "infection", "radiculopathy"]


def test_an_amended_day_reaches_the_follow_ups(filled):
    filled.amend("procedure", "X1", {"performed_on": "2024-02-29"}, by="chief", why="wrong day")
    with filled.reading() as connection:
        days = connection.scalars(
            sa.select(tables.follow_up.c.days_after)
            .where(tables.follow_up.c.procedure == "X1")
            .order_by(tables.follow_up.c.follow_up_id)
        ).all()
    assert list(days) == [31, 366]
    assert filled.get("follow-up", "F1-1").version == 1
    assert filled.verify().intact


def test_a_procedure_moves_to_another_patient(filled):
    filled.amend("procedure", "X1", {"patient": "P2"}, by="chief", why="wrong patient")
    assert {e.record_id for e in (x.record for x in filled.patient_page("P2").procedures)} == {"X1", "X2"}
    assert filled.patient_page("P1").follow_ups == ()
    with filled.reading() as connection:
        assert set(connection.scalars(sa.select(tables.follow_up.c.patient))) == {"P2", "P3"}
    assert filled.verify().intact
    with pytest.raises(Refused, match="patient P9, not in the registry"):
        filled.amend("procedure", "X1", {"patient": "P9"}, by="chief", why="slip")


def test_an_amendment_stands_beside_what_was(filled):
    filled.sign("procedure", "X1", by="chief", meaning="checked against the report")
    filled.amend("procedure", "X1", {"levels": [{"level": "L4"}], "remark": None}, by="chief", why="wrong level")
    entry = filled.get("procedure", "X1")
    assert [level.level for level in entry.record.levels] == ["L4"]
    assert (entry.version, entry.record.remark, entry.signed_by) == (2, None, None)
    assert count(filled, tables.leak) == 2 * 2
    whole = patient("P1", sex="male")
    filled.amend("patient", "P1", whole, by="chief", why="slip")
    assert filled.get("patient", "P1").record == whole
    assert filled.verify().intact


def test_a_lock_refuses_amendments_until_it_is_opened(filled):
    filled.lock("procedure", "X1", by="chief", why="year closed")
    with pytest.raises(Refused, match="locked: unlock it with a reason first"):
        filled.amend("procedure", "X1", {"remark": None}, by="clerk", why="slip")
    with pytest.raises(Refused, match="locked already"):
        filled.lock("procedure", "X1", by="chief", why="again")
    filled.add(follow_up("F9", "X1"), by="clerk")
    with pytest.raises(Refused, match="State why"):
        filled.unlock("procedure", "X1", by="chief", why=" ")
    filled.unlock("procedure", "X1", by="chief", why="late report")
    filled.amend("procedure", "X1", {"remark": None}, by="clerk", why="slip")
    with pytest.raises(Refused, match="not locked"):
        filled.unlock("procedure", "X1", by="chief", why="again")
    assert filled.verify().intact


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"birth_year": 1}, "1 field is wrong:\nbirth_year: .* 1870"),
        ({"birth_yaer": 1950, "ecog": 9}, "2 fields are wrong"),
        ({"pseudonym": "P2"}, "id of the patient P1 cannot be changed"),
        ({"series": "other"}, "series other, not in the registry"),
        ({"sex": "female"}, "Nothing changes"),
    ],
)
def test_amendments_that_are_refused(filled, changes, words):
    before = filled.head()
    with pytest.raises(Refused, match=words):
        filled.amend("patient", "P1", changes, by="chief", why="try")
    assert filled.head() == before


def test_patients_do_not_move_between_series(filled):
    filled.add(Series(name="other", title="Another", synthetic=True, procedures_stated=False), by="chief")
    filled.add(patient("S1", series="other"), by="chief")
    with pytest.raises(Refused, match="cannot move to another series"):
        filled.amend("patient", "P1", {"series": "other"}, by="chief", why="try")
    with pytest.raises(Refused, match="cannot move to another series"):
        filled.amend("procedure", "X1", {"patient": "S1"}, by="chief", why="try")
    assert filled.verify().intact


def test_a_series_with_what_it_prints(registry):
    told = Series(
        name="s-1",
        title="A series",
        synthetic=True,
        procedures_stated=False,
        as_printed=(Statement(statement="73 % stable", source="S0"), Statement(statement="323 days", source="S3")),
    )
    registry.add(told, by="chief")
    assert registry.get("series", "s-1").record == told
    assert [entry.record.name for entry in registry.find("series")] == ["own", "s-1"]
    registry.amend("series", "s-1", {"as_printed": [{"statement": "one", "source": "S0"}]}, by="chief", why="less")
    assert count(registry, tables.series_statement) == 1
    assert registry.verify().intact


def test_ids_are_unique_and_parents_are_there(filled):
    before = filled.head()
    for record, words in (
        (patient("P1"), "There is a patient P1 already"),
        (procedure("X1", "P2"), "There is a procedure X1 already"),
        (procedure("X9", "P9"), "procedure X9 belongs to the patient P9, not in the registry"),
        (follow_up("F9", "X9"), "follow-up F9 belongs to the procedure X9, not in the registry"),
        (patient("P9", series="none"), "patient P9 belongs to the series none, not in the registry"),
    ):
        with pytest.raises(Refused, match=words):
            filled.add(record, by="clerk")
    with pytest.raises(Refused, match="There is a patient P8 already"):
        filled.add_many([patient("P8"), patient("P8")], by="clerk")
    with pytest.raises(Refused, match="procedure X8 belongs to the patient P8"):
        filled.add_many([procedure("X8", "P8"), patient("P8")], by="clerk")
    assert filled.head() == before
    assert filled.verify().intact


def test_an_import_is_whole_or_not_at_all(registry, monkeypatch):
    monkeypatch.setattr("vertebroplasty.registry.store.registry.CHUNK", 3)
    good = [record for i in range(1, 6) for record in family(i)]

    def failing():
        yield from good
        raise ValueError("the file ends here")

    with pytest.raises(ValueError, match="ends here"):
        registry.add_many(failing(), by="clerk")
    with pytest.raises(Refused, match="P1 already"):
        registry.add_many([*good, patient("P1")], by="clerk")
    assert registry.find("patient") == ()
    assert registry.add_many(iter(good), by="clerk") == 20
    assert registry.verify().intact
    assert registry.verify().records == 21


def test_records_are_checked_on_their_way_in(registry):
    with pytest.raises(Refused, match="birth_year") as refusal:
        registry.add(Patient(pseudonym="P1", birth_year=12, sex="unknown"), by="clerk")
    assert len(refusal.value.problems) == 2
    with pytest.raises(Refused, match="str is not a record"):
        registry.add("P1", by="clerk")
    with pytest.raises(Refused, match="at most"):
        registry.add(patient(), by="x" * 3000)
    with pytest.raises(Refused, match="one line"):
        registry.add(patient(), by="two\nlines")
    with pytest.raises(Refused, match="State who writes"):
        registry.add(patient(), by="")


@pytest.mark.parametrize("text", NASTY)
def test_texts_are_only_texts(filled, text):
    filled.amend("procedure", "X1", {"remark": text}, by=text, why=text)
    filled.sign("procedure", "X1", by=text, meaning=text)
    assert filled.get("procedure", "X1").record.remark == text
    row = filled.history("procedure", "X1")[-2]
    assert (row.by, row.why) == (text, text)
    assert filled.verify().intact
    assert count(filled, tables.patient) == 3


@pytest.mark.parametrize("name", NOT_IDS)
def test_what_is_no_id_is_refused(filled, name):
    for ask in (
        lambda: filled.get("patient", name),
        lambda: filled.patient_page(name),
        lambda: filled.history("patient", name),
        lambda: filled.amend("patient", name, {"sex": None}, by="clerk", why="slip"),
        lambda: filled.find("patient", after=name),
        lambda: filled.find("patient", series=name),
        lambda: filled.add(patient(name), by="clerk"),
    ):
        with pytest.raises(Refused):
            ask()
    for word in ("a\x00b", "a\ud800"):
        with pytest.raises(Refused):
            filled.sign("patient", "P1", by=word, meaning="checked")
        with pytest.raises(Refused):
            filled.amend("procedure", "X1", {"remark": word}, by="clerk", why="slip")


def test_unknown_kinds_and_records(filled):
    for ask in (lambda: filled.get("table", "P1"), lambda: filled.history("table", "P1")):
        with pytest.raises(Refused, match="no kind of record called 'table'"):
            ask()
    with pytest.raises(Refused, match="There is no patient 'X1'"):
        filled.get("patient", "X1")


def test_lists_go_page_by_page(registry):
    registry.add(Series(name="other", title="Another", synthetic=True, procedures_stated=False), by="chief")
    registry.add_many([patient(f"P{i:02d}", series=("own", "other")[i % 2]) for i in range(25)], by="clerk")
    seen, after = [], None
    while page := registry.find("patient", series="own", limit=4, after=after):
        seen += [entry.record.pseudonym for entry in page]
        after = seen[-1]
    assert seen == [f"P{i:02d}" for i in range(0, 25, 2)]
    assert len(registry.find("patient")) == 25
    with pytest.raises(Refused, match="A page lists"):
        registry.find("patient", limit=0)


def test_a_patient_page(filled):
    filled.add(procedure("A0", "P1", performed_on=date(2025, 1, 1)), by="clerk")
    page = filled.patient_page("P1")
    assert page.patient.record == patient("P1")
    assert [entry.record.procedure_id for entry in page.procedures] == ["X1", "A0"]
    assert [entry.record.follow_up_id for entry in page.follow_ups] == ["F1-1", "F1-2"]


def test_a_reader_sees_one_moment(filled, registry_url):
    from vertebroplasty.registry.store.opening import open_registry

    with filled.reading() as connection:
        query = sa.select(sa.func.count()).select_from(tables.patient)
        before = connection.scalar(query)
        with open_registry(registry_url) as other:
            other.add(patient("P9"), by="other")
        assert connection.scalar(query) == before == 3
    assert count(filled, tables.patient) == 4


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)  # PostgreSQL chooses by size
def test_counts_need_the_index_only(filled):
    """The queries that the statistics really send; what grows with the series is read from indexes alone."""
    sent = []

    def note(_connection, _cursor, text, values, *_):
        sent.append((text, values))

    with filled.reading() as connection:
        sa.event.listen(connection, "before_cursor_execute", note)
        for tally in (people_tally, procedure_tally, level_tallies, leak_tallies, window_tallies):
            tally(connection, "own")
        plan = [
            row.detail
            for text, values in sent.copy()
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)
        ]
    whole = [line for line in plan if line.startswith("SEARCH") and "(series=?" in line]
    few = ("ix_leak_not_first", "ix_repeated_look_series")
    covering = {line.split()[1] for line in whole if "COVERING INDEX" in line}
    assert covering == {"patient", "procedure", "treated_level", "leak", "follow_up"}
    assert all("_counts" in line or any(name in line for name in few) for line in whole), whole


def test_a_follow_up_without_a_day_has_no_interval(filled):
    filled.add(FollowUp(follow_up_id="F9", procedure="X1", seen_on=None), by="clerk")
    with filled.reading() as connection:
        days = connection.scalar(
            sa.select(tables.follow_up.c.days_after).where(tables.follow_up.c.follow_up_id == "F9")
        )
    assert days is None
