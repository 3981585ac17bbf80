"""What a browser enters is what the command line enters: the same record, the same sentences, the same journal."""

import json
import re

import pytest

from vertebroplasty.cli.main import main
from vertebroplasty.registry.entry.field_tree import RECORD_CLASSES, field_at

DAY_AHEAD = "2190-01-01"
L3 = {"level": "L3"}


def procedure(**changed):
    return {"procedure_id": "P-1", "patient": "P-001", "performed_on": "2026-09-02", "levels": [L3], **changed}


def follow_up(**changed):
    return {"follow_up_id": "F-1", "procedure": "P-001-1", "seen_on": "2026-10-02", **changed}


WRONG = [
    ("patient", {"pseudonym": "Jane Doe"}),
    ("patient", {"pseudonym": "P-2", "birth_year": 2120, "ecog": 9, "sex": "f", "name": "Doe"}),
    ("patient", {"pseudonym": "P-2", "birth_year": 2099}),
    ("patient", {"pseudonym": "P-001"}),
    ("procedure", procedure(patient="nobody")),
    ("procedure", procedure(performed_on=DAY_AHEAD)),
    ("procedure", procedure(performed_on="2026-02-30")),
    ("procedure", procedure(levels=[])),
    ("procedure", procedure(levels=[L3, L3])),
    ("procedure", procedure(levels=[{"level": "L9", "cement": {"total_ml": "3.1 ml"}}])),
    ("procedure", procedure(levels=[{"level": "L3", "cement": {"left_ml": 1, "right_ml": 1, "total_ml": 5}}])),
    ("procedure", procedure(levels=[{"level": "L3", "leaks": [{"site": "disc"}]}])),
    ("procedure", procedure(levels=[{"level": "L3", "cement": {"injection_start_s": 500, "injection_end_s": 100}}])),
    ("procedure", procedure(adverse_events=[{"kind": "neuralgia", "level": "T4"}])),
    ("procedure", procedure(operator="a", assistants=["a", "Jane Doe"])),
    ("procedure", procedure(started_at="2026-09-02T09:30:00")),
    ("procedure", procedure(performed_on="2026-09-01")),
    ("procedure", procedure(events=[{"event": "stop", "t_s": 500}, {"event": "inject-start", "t_s": 100}])),
    ("follow-up", follow_up(procedure="nothing")),
    ("follow-up", follow_up(seen_on=None)),
    ("follow-up", follow_up(pain_nrs=11, eq5d_profile="12", improvement="better")),
    ("follow-up", follow_up(window="baseline")),
    ("follow-up", follow_up(died_on="2026-01-01")),
    ("follow-up", follow_up(imaged_levels=[{"level": "T4"}], new_fractures=[{"level": "L3", "relation": "adjacent"}])),
    ("follow-up", follow_up(remark="a\x00b")),
]


def on_the_command_line(tmp_path, capsys, db, *records):
    """Enter records with `registry add`; what it answers."""
    files = []
    for n, (kind, content) in enumerate(records):
        file = tmp_path / f"{n}.json"
        file.write_text(json.dumps({"kind": kind, **content}), encoding="utf-8")
        files.append(str(file))
    code = main(["registry", "add", *files, "--db", db, "--by", "coordinator", "--json"])
    said = capsys.readouterr()
    return code, said


def test_the_records_kept_are_those_of_the_command_line(kept, registry, other_db, tmp_path, capsys):
    from vertebroplasty.registry.store.opening import open_registry

    for kind, content in kept.items():
        assert on_the_command_line(tmp_path, capsys, other_db, (kind, content))[0] == 0
    with open_registry(other_db) as other:
        own, theirs = list(registry.journal()), list(other.journal())
    told = [(row.kind, row.record_id, row.by, row.action, row.why, row.old, row.new) for row in own]
    assert told == [(row.kind, row.record_id, row.by, row.action, row.why, row.old, row.new) for row in theirs]
    assert len(told) == 4  # the series, the patient, the procedure, the look


@pytest.mark.parametrize(("kind", "content"), WRONG)
def test_every_problem_comes_with_its_place(client, kept, db, tmp_path, capsys, kind, content):
    answer = client.post(f"/registry/records/{kind}", json={"record": content})
    assert answer.status_code == 400
    found = answer.json()
    code, said = on_the_command_line(tmp_path, capsys, db, (kind, content))
    assert code != 0
    spoken = said.err + said.out
    assert (found["error"], found["where"]) == (found["problems"][0]["error"], found["problems"][0]["where"])
    for problem in found["problems"]:
        sentence = problem["error"]
        assert "\n" not in sentence
        # The command line prints the same sentence, escaped as JSON has it.
        assert json.dumps(sentence)[1:-1] in spoken or sentence in spoken
        names = tuple(int(part) if part.isdigit() else part for part in re.findall(r"\w+", problem["where"]))
        known = field_at(RECORD_CLASSES[kind], names)
        assert known is not None or "not a known key" in sentence, problem


def test_several_problems_are_one_sentence_each_with_its_field(client, kept):
    content = {"pseudonym": "P-2", "birth_year": 2120, "ecog": 9, "sex": "f"}
    found = client.post("/registry/records/patient", json={"record": content}).json()
    assert {problem["where"] for problem in found["problems"]} == {"birth_year", "ecog", "sex"}
    assert found["where"] == "sex"
    assert found["error"].startswith('sex is "f": it is one of female')
    assert set(found) == {"error", "where", "problems", "duplicate"}


def test_a_warning_is_shown_and_the_record_kept_as_on_the_command_line(client, kept, registry):
    later = procedure(procedure_id="P-001-2", performed_on="2026-10-20")
    answer = client.post("/registry/records/procedure", json={"record": later})
    assert answer.status_code == 200
    assert any("L3 of this patient was treated earlier too" in one["sentence"] for one in answer.json()["warnings"])
    assert registry.get("procedure", "P-001-2").entered_by == "coordinator"


def test_a_double_entry_needs_its_reason(client, kept, registry):
    twice = procedure(performed_on="2026-09-01")
    refused = client.post("/registry/records/procedure", json={"record": twice}).json()
    assert refused["duplicate"]
    assert refused["where"] == "procedure_id"
    sent = {"record": twice, "not_a_duplicate": "a second needle in the evening"}
    assert client.post("/registry/records/procedure", json=sent).status_code == 200
    assert registry.history("procedure", "P-1")[0].why == "not a duplicate: a second needle in the evening"


def test_nothing_is_kept_of_somebody_who_did_not_say_who(stranger, registry):
    answer = stranger.post("/registry/records/patient", json={"record": {"pseudonym": "P-001"}})
    assert (answer.status_code, answer.json()["where"]) == (400, "who")
    assert registry.find("patient") == ()


@pytest.mark.parametrize("who", ["Jane Doe", "", "é", "a" * 65, "../x", "a;b"])
def test_who_acts_is_a_pseudonym(stranger, who):
    answer = stranger.post("/registry/who", json={"who": who})
    assert (answer.status_code, answer.json()["where"]) == (400, "who")
    assert "set-cookie" not in answer.headers


def test_a_cookie_that_was_tampered_with_names_nobody(stranger):
    stranger.cookies.set("who", "Jane%20Doe")
    answer = stranger.post("/registry/records/patient", json={"record": {"pseudonym": "P-001"}})
    assert answer.json()["where"] == "who"


@pytest.fixture
def amended(client, at):
    def done(kind, record_id, record, **changed):
        sent = {"record": record, "version": 1, "why": "syringe read again", **changed}
        return client.post(f"/registry/records/{kind}/{at(kind, record_id)}/amend", json=sent)

    return done


def test_an_amendment_keeps_the_old_version_in_the_journal(client, kept, registry, amended, at):
    new = json.loads(json.dumps(kept["procedure"]))
    new["levels"][0]["cement"]["total_ml"] = 3.4
    assert amended("procedure", "P-001-1", new).status_code == 200
    assert registry.get("procedure", "P-001-1").record.levels[0].cement.total_ml == 3.4
    page = client.get(f"/registry/record/procedure/{at('procedure', 'P-001-1')}").text
    assert "levels[0].cement.total_ml" in page
    assert "3.1" in page
    assert "syringe read again" in page


def test_two_browsers_do_not_overwrite_each_other(kept, amended):
    one, other = dict(kept["patient"], ecog=1), dict(kept["patient"], ecog=2)
    assert amended("patient", "P-001", one).status_code == 200
    refused = amended("patient", "P-001", other)
    assert refused.status_code == 409
    assert "load it again" in refused.json()["error"]


def test_an_amendment_needs_a_reason_and_a_change(kept, amended):
    assert amended("patient", "P-001", dict(kept["patient"], ecog=1), why=" ").json()["where"] == "why"
    assert "Nothing changes" in amended("patient", "P-001", kept["patient"]).json()["error"]
    other = dict(kept["patient"], pseudonym="P-9")
    assert "cannot be changed" in amended("patient", "P-001", other).json()["error"]


def test_a_leak_and_a_complication_are_added_to_a_procedure(client, kept, registry, at):
    leak = {"part": {"site": "epidural", "modality": "ct"}, "at_level": "L3", "version": 1, "why": "seen on CT"}
    assert client.post(f"/registry/records/procedure/{at('procedure', 'P-001-1')}/leak", json=leak).status_code == 200
    event = {"part": {"kind": "neuralgia", "level": "L3"}, "version": 2, "why": "told at the visit"}
    assert (
        client.post(f"/registry/records/procedure/{at('procedure', 'P-001-1')}/complication", json=event).status_code
        == 200
    )
    record = registry.get("procedure", "P-001-1").record
    assert [leak.site for leak in record.levels[0].leaks] == ["disc-above", "epidural"]
    assert record.adverse_events[0].kind == "neuralgia"


def test_what_a_new_leak_was_looked_for_with_is_added_to_its_level(client, kept, registry, at):
    leak = {"part": {"site": "epidural", "modality": "radiograph"}, "at_level": "L3", "version": 1, "why": "seen later"}
    address = f"/registry/records/procedure/{at('procedure', 'P-001-1')}/leak"
    assert "leaks_looked_for_with" in client.post(address, json=leak).json()["error"]
    assert client.post(address, json=leak | {"looked_for_with": ["radiograph", "ct"]}).status_code == 200
    assert registry.get("procedure", "P-001-1").record.levels[0].leaks_looked_for_with == ("ct", "radiograph")
    wrong = leak | {"looked_for_with": ["eyes"], "version": 2}
    assert "it is one of fluoroscopy" in client.post(address, json=wrong).json()["error"]


def test_what_is_wrong_with_a_leak_is_named_by_its_field(client, kept, at):
    sent = {"part": {"site": "disc", "volume_ml": 99}, "at_level": "L3", "version": 1, "why": "seen on CT"}
    found = client.post(f"/registry/records/procedure/{at('procedure', 'P-001-1')}/leak", json=sent).json()
    assert {problem["where"] for problem in found["problems"]} == {"site", "volume_ml"}
    sent |= {"part": {"site": "epidural"}, "at_level": None}
    assert (
        client.post(f"/registry/records/procedure/{at('procedure', 'P-001-1')}/leak", json=sent).json()["where"]
        == "at_level"
    )


def test_a_lock_closes_a_record_until_it_is_opened(client, kept, registry, amended, at):
    assert (
        client.post(f"/registry/records/patient/{at('patient', 'P-001')}/sign", json={"meaning": "checked"}).status_code
        == 200
    )
    assert (
        client.post(f"/registry/records/patient/{at('patient', 'P-001')}/lock", json={"why": "audited"}).status_code
        == 200
    )
    state = registry.get("patient", "P-001")
    assert (state.signed_by, state.locked) == ("coordinator", True)
    refused = amended("patient", "P-001", dict(kept["patient"], ecog=1))
    assert "is locked" in refused.json()["error"]
    assert client.post(f"/registry/records/patient/{at('patient', 'P-001')}/lock", json={"why": " "}).status_code == 400
    assert (
        client.post(f"/registry/records/patient/{at('patient', 'P-001')}/unlock", json={"why": "a slip"}).status_code
        == 200
    )
    assert amended("patient", "P-001", dict(kept["patient"], ecog=1)).status_code == 200
