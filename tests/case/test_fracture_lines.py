"""A fracture line of a landmarks file on the command line: the injection uses it, the document names it."""

import json
from dataclasses import replace

import nibabel
import numpy as np
import pytest

from drawn_grid import boxed_body, path_to
from vertebroplasty.anatomy.fracture_line import FractureLine
from vertebroplasty.anatomy.upright import build_grid
from vertebroplasty.case.inputs import ScanRequest, open_level
from vertebroplasty.case.risk_log import key_of
from vertebroplasty.cement.actions import plain_actions
from vertebroplasty.cement.risk_run import RiskRuns
from vertebroplasty.cli.main import main

PLAIN = {"product": "pmma-medium", "volume_ml": 1.0, "rate_ml_per_s": 0.05, "start_s": 330.0}


@pytest.fixture(scope="module")
def injected(patient_files, tmp_path_factory):
    """The demonstration level injected with and without a crack through the planned tip's height."""
    folder = tmp_path_factory.mktemp("cracks")
    ct, seg = patient_files / "ct.nii.gz", patient_files / "seg.nii.gz"
    scan = [str(ct), "-s", str(seg), "--labels", "verse", "--level", "L2"]
    assert main(["plan", *scan, "-o", str(folder / "plan.json")]) == 0
    tip = json.loads((folder / "plan.json").read_text())["paths"][0]["tip_lps_mm"]
    grid = build_grid(open_level(ScanRequest(ct=ct, seg=(seg,), labels="verse"), "L2"), 1.5)
    right, front, up = grid.frame.to_local(np.array([tip]))[0]
    corners = [(right + x, front + y, up) for x, y in ((-10, -6), (10, -6), (10, 6), (-10, 6))]
    points = np.round(grid.frame.to_world(np.array(corners)), 2).tolist()
    stated = {
        "schema": "vertebroplasty.landmarks/1",
        "levels": {"L2": {"fracture_lines": [{"points_lps_mm": points, "opening_mm": 2.0}]}},
    }
    (folder / "mine.json").write_text(json.dumps(stated))
    answers = {}
    for name, more in (("plain", []), ("cracked", ["--landmarks", str(folder / "mine.json")])):
        words = [*scan, "--plan", str(folder / "plan.json"), "--volume-ml", "1.5", "--grid-mm", "1.5", *more]
        assert main(["inject", *words, "-o", str(folder / name)]) == 0
        document = json.loads((folder / name / "inject.json").read_text(encoding="utf-8"))
        answers[name] = document, np.asarray(nibabel.load(folder / name / "fill.nii.gz").dataobj).T
    return answers


def flatness(fill):
    """Spread of the cement along the spine over that from side to side."""
    k, _, i = np.nonzero(fill > 0.3)
    return np.std(k) / np.std(i)


def test_cement_spreads_along_the_stated_crack(injected):
    assert flatness(injected["cracked"][1]) < 0.9 * flatness(injected["plain"][1])


def test_the_document_names_it(injected):
    document = injected["cracked"][0]
    assert document["parameters"]["landmarks"] == {"L2": ["fracture line 1"]}
    assert any("Fracture lines stated by the reader" in warning for warning in document["warnings"])
    assert "landmarks" not in injected["plain"][0]["parameters"]


def test_runs_of_a_risk_kept_for_one_crack_are_not_taken_for_another():
    grid = boxed_body()
    corners = grid.affine.to_world(np.array([[7.0, 13, 13], [28, 13, 13], [28, 27, 13]]))
    keys = set()
    for opening in (None, 0.5, 1.0):
        lines = () if opening is None else (FractureLine(points_lps_mm=corners, opening_mm=opening),)
        cracked = replace(grid, fracture_lines=lines)
        runs = RiskRuns(grid=cracked, path=path_to(grid, (18, 20, 13)), actions=plain_actions(**PLAIN), options={})
        keys.add(key_of(runs, {}))
    assert len(keys) == 3
