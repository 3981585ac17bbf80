"""`leaflet` writes one page and nothing over what it did not write; `info claims` shows claims side by side."""

import json

import pytest

from vertebroplasty.cli.main import main


@pytest.mark.parametrize(
    ("language", "word"), [("en", "Bone cement"), ("fr", "ciment osseux"), ("de", "Knochenzement")]
)
def test_a_leaflet_without_a_patient(tmp_path, capsys, language, word):
    out = tmp_path / "leaflet.html"
    assert main(["leaflet", "--language", language, "-o", str(out)]) == 0
    assert word in out.read_text(encoding="utf-8")
    assert "Not a medical device" in capsys.readouterr().out


def test_a_leaflet_of_a_patient(tmp_path, capsys):
    patient = tmp_path / "patient.json"
    assert main(["screen", "--template"]) == 0
    body = json.loads(capsys.readouterr().out)
    body["planned"]["levels"] = ["L2"]
    patient.write_text(json.dumps(body), encoding="utf-8")
    out = tmp_path / "leaflet.html"
    assert main(["leaflet", str(patient), "-o", str(out), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["schema"] == "vertebroplasty.leaflet/1"
    assert (said["file"], said["language"]) == ("leaflet.html", "en")
    assert "Not a medical device" in said["disclaimer"]
    assert '<span class="plan">L2</span>' in out.read_text(encoding="utf-8")


def test_it_replaces_its_own_page_only_when_told_and_never_another(tmp_path, capsys):
    out = tmp_path / "leaflet.html"
    assert main(["leaflet", "-o", str(out)]) == 0
    assert main(["leaflet", "-o", str(out)]) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert main(["leaflet", "--language", "fr", "-o", str(out), "--overwrite"]) == 0
    assert 'lang="fr"' in out.read_text(encoding="utf-8")
    mine = tmp_path / "mine.html"
    mine.write_text("<html>my page</html>", encoding="utf-8")
    assert main(["leaflet", "-o", str(mine), "--overwrite"]) == 1
    assert "was not written by this command" in capsys.readouterr().err
    assert mine.read_text(encoding="utf-8") == "<html>my page</html>"


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (["leaflet"], "ending in .html"),
        (["leaflet", "-o", "leaflet.pdf"], "ending in .html"),
        (["leaflet", "--language", "it", "-o", "leaflet.html"], '"fr"'),
        (["info", "claims", "happiness"], "pain-relief"),
    ],
)
def test_wrong_usage_is_one_sentence(words, remedy, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    error = capsys.readouterr().err
    assert remedy in error
    assert len(error.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_missing_patient_writes_nothing(tmp_path, capsys):
    out = tmp_path / "leaflet.html"
    assert main(["leaflet", str(tmp_path / "no.json"), "-o", str(out)]) == 1
    assert "no such file" in capsys.readouterr().err
    assert not out.exists()


def test_info_leaks_leaves_the_decision_to_the_team(capsys):
    assert main(["info", "leaks", "epidural"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert "treating team" in body["who_decides"]
    assert all(entry["sources"] for entry in body["sentences"])
    assert body["sentences"]


def test_info_claims_shows_the_five_figures_on_pain(capsys):
    assert main(["info", "claims", "pain-relief"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert {98, 77} <= {entry["value"] for entry in shown}
    assert any(entry["denominator"] == {"type": "evaluated-procedure", "n": 33} for entry in shown)


def test_info_consent_is_scoped(capsys):
    assert main(["info", "consent", "metastasis"]) == 0
    shown = {point["id"]: point for point in json.loads(capsys.readouterr().out)}
    assert "benefit-sham" not in shown
    assert any("3 of 37 patients" in line for line in shown["risk-nerve-tumour"]["figures"])
