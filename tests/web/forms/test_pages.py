"""The pages: what is found, who is due, what a series counts, and what is said where there is no registry."""

import re
import shutil
import sqlite3

import pytest

from vertebroplasty.registry.follow_up.due import standings
from vertebroplasty.registry.follow_up.windows import due, lost, overdue
from vertebroplasty.web.safety import DOCUMENT_POLICY


def words(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_without_a_registry_the_page_says_how_to_start_with_one(served):
    client = served(None)
    page = client.get("/registry")
    assert page.status_code == 200
    assert "vertebroplasty serve --db sqlite:///registry.db" in page.text
    assert "/registry/new" not in page.text
    for address in ("/registry/new/patient", "/registry/due", "/registry/series"):
        assert client.get(address).text.count("vertebroplasty serve --db") == 1
    refused = client.post("/registry/records/patient", json={"record": {"pseudonym": "P"}})
    assert refused.status_code == 400


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("missing.db", "The registry missing.db is not there"),
        ("mysql://host/x", "A registry is not kept in mysql"),
        ("postgresql://u:secret@127.0.0.1:9/x", "127.0.0.1/x cannot be reached"),
    ],
)
def test_an_address_that_does_not_open_is_told_in_the_registrys_own_words(served, address, sentence):
    page = served(address).get("/registry")
    assert page.status_code == 400
    assert sentence in words(page.text)
    assert "secret" not in page.text


def test_a_record_page_shows_what_is_known_and_who_did_what(client, kept, at):
    page = words(client.get(f"/registry/record/procedure/{at('procedure', 'P-001-1')}").text)
    assert "Total in this level 3.1 ml" in page
    assert "Leak disc above" in page
    assert "entered by coordinator" in page
    patient = words(client.get(f"/registry/record/patient/{at('patient', 'P-001')}").text)
    assert "P-001-1" in patient


def test_a_record_that_is_not_there_is_not_found(client, kept):
    page = client.get("/registry/record/patient/nobody")
    assert page.status_code == 404
    assert "There is no such record here" in page.text
    assert "nobody" not in page.text


def test_search_finds_by_the_beginning_of_an_id(client, kept, at):
    for text, found in (("P-0", True), ("P-001-1", True), ("001", False), ("p-001", False)):
        part = client.post("/registry/find", json={"find": text}).json()
        assert (f"/registry/record/procedure/{at('procedure', 'P-001-1')}" in part["html"]) is found
        assert ("No id begins like that" in part["html"]) is not found


def test_a_list_goes_on_after_its_last_id(client, enter):
    enter(*(("patient", {"pseudonym": f"P-{n:03d}"}) for n in range(53)))
    first = client.get("/registry/list/patient").text
    assert "P-049" in first
    assert "P-050" not in first
    following = re.search(r'href="(/registry/list/patient\?after=[^"]+)"', first)
    page = client.get(following[1]).text
    assert "P-050" in page
    assert "P-052" in page
    assert "after=" not in page


def test_the_due_list_is_that_of_the_command_line(client, kept, registry):
    from datetime import date

    day = date(2026, 12, 1)
    page = words(client.post("/registry/due", json={"on": day.isoformat()}).json()["html"])
    found = standings(registry, today=day)
    assert (len(due(found)), len(overdue(found)), len(lost(found))) == (1, 3, 0)
    assert "Due now 1 " in page
    assert "Overdue 3 " in page
    assert "3 months" in page
    assert "Due now" in words(client.get("/registry/due").text)


def test_forms_begin_with_what_is_known(client, kept, at):
    page = client.get("/registry/new/procedure", params={"patient": at("patient", "P-001")}).text
    assert '"procedure_id": "P-001-2"' in page
    assert '"operator": "coordinator"' in page
    page = client.get("/registry/new/imaging", params={"procedure": at("procedure", "P-001-1")}).text
    assert '"procedure": "P-001-1"' in page
    assert page.index('data-name="imaged_levels"') < page.index('data-name="pain_nrs"')


@pytest.mark.parametrize("language", ["en", "fr", "de"])
def test_every_page_in_every_language(client, kept, language):
    client.cookies.set("language", language)
    for address in (
        "",
        "/new/patient",
        "/new/procedure",
        "/new/follow-up",
        "/due",
        "/series",
        "/check",
        "/series/mine",
    ):
        page = client.get(f"/registry{address}")
        assert page.status_code == 200
        assert f'<html lang="{language}">' in page.text
        assert "style=" not in page.text
        assert "<style" not in page.text
        assert not re.search(r"<script(?![^>]*(src=|type=\"application/json\"))", page.text)


def test_the_series_shows_k_of_n_with_its_interval(client, kept):
    page = words(client.get("/registry/series").text)
    assert "1 patients 1 procedures 1 levels" in page
    assert "disc above 1 / 1 level 100.0 % 2.5 – 100.0" in page


def test_ones_own_cases_are_not_ranked_below_thirty(client, kept):
    client.post("/registry/who", json={"who": "operator-1"})
    assert "1 cases are fewer than 30" in words(client.get("/registry/series/mine").text)
    client.post("/registry/who", json={"who": "somebody-else"})
    assert "No procedure has the operator somebody-else" in words(client.get("/registry/series/mine").text)
    assert "operator-1" not in client.get("/registry/series").text


def test_figures_are_drawn_once_for_each_state_of_the_journal(client, kept, ended):
    begun = client.post("/registry/series/figures", json={}).json()
    job = ended(client, begun["job"])
    assert (job.state, job.sentence) == ("done", "")
    drawn = client.get(job.next).json()
    assert drawn["figures"]
    picture = client.get(drawn["figures"][0]["address"])
    assert picture.headers["content-type"] == "image/svg+xml"
    assert picture.headers["content-security-policy"] == DOCUMENT_POLICY
    assert picture.text.startswith("<svg")
    assert client.post("/registry/series/figures", json={}).json() == {"ready": job.next}
    new = {"record": dict(kept["patient"], pseudonym="P-002")}
    assert client.post("/registry/records/patient", json=new).status_code == 200
    assert "job" in client.post("/registry/series/figures", json={}).json()


@pytest.mark.parametrize(("p0", "p1"), [(0.1, None), (0.1, 0.1), (0, 0.5), (2, 3)])
def test_a_cusum_needs_two_shares(client, kept, p0, p1):
    refused = client.post("/registry/series/figures", json={"p0": p0, "p1": p1})
    assert refused.status_code == 400
    assert "share" in refused.json()["error"]


def test_the_report_is_a_page_without_scripts(client, kept, ended):
    job = ended(client, client.post("/registry/series/report", json={}).json()["job"])
    page = client.get(job.next)
    assert page.headers["content-security-policy"] == DOCUMENT_POLICY
    assert "vertebroplasty registry report" in page.text
    assert "operator-1" not in page.text
    assert "<script" not in page.text


def test_verify_says_intact_and_names_what_was_changed(client, kept, db, ended):
    job = ended(client, client.post("/registry/check", json={}).json()["job"])
    assert job.next == "/registry/check"
    assert "4 rows of the journal and 4 records checked: intact" in words(client.get(job.next).text)
    with sqlite3.connect(db) as file:
        for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            file.execute(f"DROP TRIGGER {name}")
        file.execute("UPDATE patient SET birth_year = 1900")
    file.close()
    ended(client, client.post("/registry/check", json={}).json()["job"])
    page = words(client.get("/registry/check").text)
    assert "not intact" in page
    assert "patient P-001" in page


def test_a_head_that_was_noted_is_looked_for(client, kept, ended):
    job = ended(client, client.post("/registry/check", json={"head": "1" * 64}).json()["job"])
    assert job.state == "done"
    assert "not intact" in words(client.get("/registry/check").text)


def test_a_registry_that_may_only_be_read_is_shown_and_says_so(served, client, kept, db, tmp_path):
    from pathlib import Path

    copy = tmp_path / "archive.db"
    with sqlite3.connect(db) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    file.close()
    shutil.copyfile(db, copy)
    Path(copy).chmod(0o444)
    reader = served(str(copy))
    reader.post("/registry/who", json={"who": "coordinator"})
    assert "P-001-1" in reader.get("/registry/list/procedure").text
