"""`inject` for the command line: the files it leaves, and that its log of actions gives the same injection again."""

import json

import pytest

from vertebroplasty.cli.main import main


@pytest.fixture(scope="module")
def plain(walked, patient_files, tmp_path_factory):
    """A short injection by plain options: the words of the command and its folder."""
    scan = [
        str(patient_files / "ct.nii.gz"),
        "-s",
        str(patient_files / "seg.nii.gz"),
        "--labels",
        "verse",
        "--level",
        "L2",
    ]
    words = ["inject", *scan, "--plan", str(walked / "plan.json")]
    out = tmp_path_factory.mktemp("inject") / "plain"
    assert main([*words, "--volume-ml", "0.6", "--reaction-s", "0.5", "-o", str(out)]) == 0
    return words, out


def test_the_folder_holds_what_the_document_names(plain):
    _, out = plain
    body = json.loads((out / "inject.json").read_text(encoding="utf-8"))
    assert body["files"]["cavity"] is None
    assert {file.name for file in out.iterdir()} == {*filter(None, body["files"].values()), "inject.json"}
    assert body["reaction_s"] == 0.5
    assert body["stylet_reinserted"] is True
    assert body["dead_volume_ml"] == pytest.approx(0.5608)
    assert body["injected_ml"] == pytest.approx(0.6, abs=1e-6)
    lines = (out / "actions.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["action"] for line in lines] == ["mix", "wait", "push", "stylet", "withdraw"]


def test_its_actions_give_the_same_injection_to_the_bit(plain, tmp_path):
    words, out = plain
    again = tmp_path / "again"
    log = str(out / "actions.jsonl")
    assert main([*words, "--actions", log, "--reaction-s", "0.5", "-o", str(again)]) == 0
    for name in ("fill.nii.gz", "arrival.nii.gz", "events.jsonl", "actions.jsonl"):
        assert (again / name).read_bytes() == (out / name).read_bytes()


def test_a_stylet_kept_out_and_balloons_are_told(plain, tmp_path, capsys):
    words, _ = plain
    log = tmp_path / "log.jsonl"
    steps = [
        {"action": "mix", "product": "pmma-medium"},
        {"action": "balloon", "needle": 1, "volume_ml": 0.5},
        {"action": "push", "t_s": 330, "rate_ml_per_s": 0.1, "volume_ml": 0.4},
        {"action": "stylet", "t_s": 700},
        {"action": "withdraw"},
    ]
    log.write_text("".join(json.dumps(step) + "\n" for step in steps), encoding="utf-8")
    assert main([*words, "--actions", str(log), "-o", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "the stylet could not be put back" in said
    assert "balloon 0.5 ml" in said
    body = json.loads((tmp_path / "out" / "inject.json").read_text(encoding="utf-8"))
    (track,) = [leak for leak in body["leaks"] if leak["site"] == "needle-track"]
    assert track["over_time"][-1]["volume_ml"] == track["volume_ml"] > 0
    assert "survey-stylet" in {entry["claim"] for entry in body["symptoms"]}
    assert body["balloons"][0]["shell_density_ratio"] > 1.0
