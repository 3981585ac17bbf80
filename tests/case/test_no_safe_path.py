"""When no needle fits, `run` still ends with a report: nulls with the reason, and none of the files of an injection."""

import json
from dataclasses import replace

import pytest

from vertebroplasty.cli.main import main
from vertebroplasty.phantom import LevelShape, PedicleShape, SpinePhantom, write_nifti

AFTER = {"ap_after.png", "lateral_after.png", "arrival.nii.gz", "fill.nii.gz", "events.jsonl", "actions.jsonl"}


@pytest.fixture(scope="module")
def narrow(tmp_path_factory):
    """A spine whose L2 has pedicles 3 mm wide: an 11G needle of 3.05 mm cannot pass."""
    folder = tmp_path_factory.mktemp("narrow")
    narrow = replace(PedicleShape(), width_mm=3.0)
    thin = LevelShape(pedicle_left=narrow, pedicle_right=narrow)
    write_nifti(SpinePhantom(levels={"L1": LevelShape(), "L2": thin, "L3": LevelShape()}), folder)
    return [str(folder / "ct.nii.gz"), "-s", str(folder / "seg.nii.gz"), "--labels", "verse", "--level", "L2"]


def test_run_ends_with_a_report_and_no_injection(narrow, tmp_path):
    out = tmp_path / "out"
    assert main(["run", *narrow, "-o", str(out)]) == 0
    names = {file.name for file in out.iterdir()}
    assert "report.html" in names
    assert not names & AFTER
    documents = {
        name: json.loads((out / f"{name}.json").read_text(encoding="utf-8")) for name in ("plan", "inject", "strength")
    }
    assert documents["plan"]["paths"] == []
    assert "3." in documents["plan"]["refused"][0]["reason"]
    assert documents["inject"]["stop_reason"] is None
    assert documents["strength"]["after"] is None
    assert documents["strength"]["before"]["stiffness_n_per_mm"] > 0
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "No safe path" in page


def test_a_second_run_takes_away_what_is_void(narrow, walked, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    for file in walked.iterdir():
        (out / file.name).write_bytes(file.read_bytes())
    assert main(["run", *narrow, "-o", str(out), "--overwrite"]) == 0
    assert not {file.name for file in out.iterdir()} & AFTER


def test_inject_says_why_nothing_was_injected(narrow, tmp_path, capsys):
    assert main(["inject", *narrow, "-o", str(tmp_path / "out"), "--json"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert body["injected_ml"] is None
    assert "No safe needle path" in body["stop_sentence"]
