"""The list of cases: what is there, what stays open, and that no name of a folder leaves the server."""

import json
from pathlib import Path

import pytest

from vertebroplasty.case.demonstration import DEMO_PATIENT
from vertebroplasty.errors import Refused
from vertebroplasty.web.cases.library import KEPT_OPEN, CaseKind, Library
from vertebroplasty.web.house import House, Settings


@pytest.fixture
def own_cases(tmp_path, patient_files):
    folder = tmp_path / "own"
    (folder / "Doe_Jane_1948").mkdir(parents=True)
    for name in ("ct.nii.gz", "seg.nii.gz", "patient.json"):
        (folder / "Doe_Jane_1948" / name).symlink_to(patient_files / name)
    (folder / "notes").mkdir()
    (folder / "only_ct").mkdir()
    (folder / "only_ct" / "ct.nii.gz").symlink_to(patient_files / "ct.nii.gz")
    return folder


def test_the_synthetic_cases_are_always_there(tmp_path):
    assert [entry.id for entry in Library(tmp_path, None).entries()] == ["easy", "breach", "cleft"]


def test_a_folder_is_a_case_if_it_holds_a_ct_and_labels(tmp_path, own_cases):
    (found,) = [entry for entry in Library(tmp_path, own_cases).entries() if entry.kind is CaseKind.FOLDER]
    assert (found.name, found.levels) == ("DEMO-SYNTHETIC", ("L2",))


def test_no_folder_name_reaches_a_page(tmp_path, own_cases, let_in):
    house = House.built(Settings(state=tmp_path / "state", cases=own_cases))
    try:
        text = let_in(house).get("/cases").text
    finally:
        house.close()
    assert "DEMO-SYNTHETIC" in text
    assert "Doe" not in text
    assert str(own_cases) not in text


def test_the_address_of_a_case_is_no_hash_of_its_name_alone(tmp_path, own_cases):
    """Whoever reads it in a history and guesses the name must not see the guess confirmed."""

    def own_id(state):
        (found,) = [one for one in Library(state, own_cases).entries() if one.kind is CaseKind.FOLDER]
        return found.id

    assert own_id(tmp_path / "one") == own_id(tmp_path / "one") != own_id(tmp_path / "two")


def test_a_patient_file_that_cannot_be_read_takes_no_case_away(tmp_path, own_cases):
    file = own_cases / "Doe_Jane_1948" / "patient.json"
    file.unlink()
    file.write_text("{" * 100_000)
    (found,) = [entry for entry in Library(tmp_path, own_cases).entries() if entry.kind is CaseKind.FOLDER]
    assert (found.name, found.levels) == ("", ())


def test_a_folder_that_may_not_be_read_takes_no_case_away(tmp_path, own_cases, monkeypatch):
    exists = Path.exists

    def closed(self):
        if "closed" in self.parts:
            raise PermissionError(13, "Permission denied")
        return exists(self)

    (own_cases / "closed").mkdir()
    monkeypatch.setattr(Path, "exists", closed)
    assert len(Library(tmp_path, own_cases).entries()) == 4


def test_an_unknown_case_or_level_is_refused(tmp_path):
    library = Library(tmp_path, None)
    with pytest.raises(Refused, match="no such case"):
        library.find("../../etc/passwd")
    with pytest.raises(Refused, match="L2"):
        library.opening("easy", "L3")
    with pytest.raises(Refused, match="is no folder"):
        Library(tmp_path, tmp_path / "missing")


class Opened:
    picture_png = b""

    def __init__(self, level):
        self.level = level
        self.rehearsal = self
        self.verdict, self.because = "indicated", "Indicated."


def test_the_case_used_longest_ago_is_closed(tmp_path):
    library = Library(tmp_path, None)
    for number in range(KEPT_OPEN):
        library.keep("easy", f"L{number}", Opened(f"L{number}"))
    assert library.opened("easy", "L0") is not None
    library.keep("easy", "L9", Opened("L9"))
    assert library.opened("easy", "L0") is not None
    assert library.opened("easy", "L1") is None


def test_the_list_tells_verdict_and_picture_of_what_was_opened(tmp_path, own_cases):
    library = Library(tmp_path, own_cases)
    (own,) = [entry for entry in library.entries() if entry.kind is CaseKind.FOLDER]
    assert library.cards.card(own.id, "L2").verdict == ""
    library.keep(own.id, "L2", Opened("L2"))
    anew = Library(tmp_path, own_cases)  # the server was restarted
    assert anew.cards.card(own.id, "L2").verdict == "indicated"
    assert anew.cards.card("easy", "L2").verdict == "indicated"
    anew.keep(own.id, "L2", Opened("L2"))
    anew.forget(own.id)
    assert anew.opened(own.id, "L2") is None
    assert anew.cards.card(own.id, "L2").verdict == ""


def test_the_built_in_verdicts_are_those_of_their_patients(client):
    assert client.get("/cases").text.count('class="verdict indicated"') == 3
    assert json.dumps(DEMO_PATIENT["patient"]["pseudonym"]) not in client.get("/cases").text
