"""`run` leaves the operator's actions beside its answer: carried out again they give the same injection."""

import json

import nibabel
import numpy as np

from vertebroplasty.cli.main import main


def test_the_actions_of_a_run_give_its_injection_again(walked, patient_files, tmp_path):
    actions = [json.loads(line) for line in (walked / "actions.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [action["action"] for action in actions] == ["mix", "wait", "push", "stylet", "withdraw"]
    assert json.loads((walked / "inject.json").read_text(encoding="utf-8"))["files"]["actions"] == "actions.jsonl"
    out = tmp_path / "again"
    scan = [str(patient_files / "ct.nii.gz"), "-s", str(patient_files / "seg.nii.gz"), "--labels", "verse"]
    plan = ["--plan", str(walked / "plan.json"), "--actions", str(walked / "actions.jsonl")]
    assert main(["inject", *scan, "--level", "L2", *plan, "-o", str(out)]) == 0
    before, after = (np.asarray(nibabel.load(folder / "fill.nii.gz").dataobj) for folder in (walked, out))
    # plan.json rounds the needle's ends to a hundredth of a millimetre, which the walk itself does not
    assert np.abs(after - before).sum() < 0.01 * before.sum()
    assert (out / "actions.jsonl").read_text(encoding="utf-8") == (walked / "actions.jsonl").read_text(encoding="utf-8")
