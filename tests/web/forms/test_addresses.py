"""A record's address: nothing typed is in it, it stays for good, is its own registry's, and is found without a scan."""

import re
from importlib.resources import files

import pytest

from vertebroplasty.registry.store.opening import open_registry
from vertebroplasty.web.forms.addresses import address_of_record, addresses, record_id_at
from vertebroplasty.web.safety import NotFound

FORM = re.compile(r"[1-9][0-9]*-[0-9a-f]{10}")


def test_an_address_stays_the_same_through_amendments_and_restarts(client, kept, at, db, served):
    first = at("patient", "P-001")
    sent = {"record": dict(kept["patient"], ecog=1), "version": 1, "why": "asked again"}
    answer = client.post(f"/registry/records/patient/{first}/amend", json=sent)
    assert answer.json()["address"] == first
    assert FORM.fullmatch(first)
    assert "P-001" in served(db).get(f"/registry/record/patient/{first}").text


def test_an_address_leads_back_to_its_record_and_to_no_other_kind(kept, registry):
    pairs = [("patient", "P-001"), ("procedure", "P-001-1"), ("follow-up", "P-001-1-before"), ("series", "own")]
    with registry.reading() as connection:
        known = addresses(connection, [*pairs, ("patient", "nobody")])
        assert set(known) == set(pairs)
        for (kind, record_id), address in known.items():
            assert record_id_at(connection, kind, address) == record_id
            with pytest.raises(NotFound, match="no such record"):
                record_id_at(connection, "rehearsal", address)
        with pytest.raises(NotFound, match="no such record"):
            address_of_record(connection, "patient", "nobody")


@pytest.mark.parametrize(
    "odd", ["", "P-001", "2", "2-", "02-0000000000", "2-0000000000", "2-00000000000", "٢-0000000000"]
)
def test_what_is_no_address_finds_nothing(kept, registry, odd):
    with registry.reading() as connection, pytest.raises(NotFound, match="no such record"):
        record_id_at(connection, "patient", odd)


def test_an_address_of_one_registry_opens_nothing_in_another(kept, at, other_db):
    """A page that stayed open while the server was started with another registry must not reach its patients."""
    from vertebroplasty.registry.entry.reading import parse_record

    first = at("patient", "P-001")
    with open_registry(other_db) as other:
        other.add(parse_record({"kind": "patient", "pseudonym": "Q-001"}), by="coordinator")
        with other.reading() as connection:
            assert address_of_record(connection, "patient", "Q-001").partition("-")[0] == first.partition("-")[0]
            with pytest.raises(NotFound, match="no such record"):
                record_id_at(connection, "patient", first)


def test_no_address_is_found_by_reading_the_whole_journal(kept, registry):
    told = []
    with registry.reading() as connection:
        driver = connection.connection.driver_connection
        driver.set_trace_callback(told.append)
        address = address_of_record(connection, "patient", "P-001")
        record_id_at(connection, "patient", address)
        driver.set_trace_callback(None)
        queries = [each for each in told if each.startswith("SELECT")]
        assert len(queries) == 2
        plans = [row[-1] for each in queries for row in driver.execute(f"EXPLAIN QUERY PLAN {each}")]
    assert any("SEARCH journal USING" in plan for plan in plans)
    assert [plan for plan in plans if "SCAN journal" in plan] == []


def test_no_form_of_any_page_writes_what_is_typed_into_an_address():
    """Before its script has come a form is sent by the browser itself: as a body, which the server then refuses."""
    pages = files("vertebroplasty.web").joinpath("templates")
    found = {
        (page.name, form)
        for room in pages.iterdir()
        if room.is_dir()
        for page in room.iterdir()
        for form in re.findall(r"<form[^>]*>", page.read_text(encoding="utf-8"))
    }
    assert len(found) > 8
    assert {each for each in found if not re.search(r'method="(post|dialog)"', each[1])} == set()


def test_a_series_is_chosen_by_its_address(client, kept, registry, at):
    from vertebroplasty.registry.store.series_record import Series

    other = Series(name="Musterfrau-2026", title="A second series", synthetic=True, procedures_stated=False)
    registry.add(other, by="coordinator")
    page = client.get("/registry/series").text
    assert f'href="/registry/series?series={at("series", "Musterfrau-2026")}"' in page
    second = client.get(f"/registry/series?series={at('series', 'Musterfrau-2026')}").text
    assert '<h1 lang="en">A second series</h1>' in second
    assert f'href="/registry/series?series={at("series", "own")}"' in second
    assert client.get("/registry/series?series=Musterfrau-2026").status_code == 404
