"""`fluoro` as a user calls it: views, a biplane pair, the slab, DICOM and a run of frames."""

import io
import json
import re

import numpy as np
import pydicom
import pytest
from PIL import Image

from vertebroplasty.cli.main import main


@pytest.fixture
def words(patient_files):
    ct, seg = patient_files / "ct.nii.gz", patient_files / "seg.nii.gz"
    return ["fluoro", str(ct), "-s", str(seg), "--labels", "verse", "--level", "L2"]


def answer(words, capsys, *more, out) -> dict:
    assert main([*words, *more, "-o", str(out), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_biplane_is_two_pictures_in_one(words, tmp_path, capsys):
    out = tmp_path / "both.png"
    said = answer(words, capsys, "--view", "ap+lateral", out=out)
    with Image.open(out) as picture:
        assert picture.size == (1024, 512)
    ap, lateral = said["pictures"]
    assert (ap["name"], lateral["name"]) == ("ap", "lateral")
    assert said["view"] == ap["view"]
    assert said["truth"] == ap["truth"]
    assert said["visibility"] == ap["visibility"]
    assert ap["truth"]["from_true_ap_deg"] == pytest.approx(0.0, abs=1e-3)
    assert lateral["truth"]["from_true_lateral_deg"] == pytest.approx(0.0, abs=1e-3)
    assert {s["what"] for s in lateral["truth"]["seen"]} >= {"upper endplate open", "posterior wall doubled"}
    # A trunk is wider than deep: the lateral asks for more.
    assert lateral["dose"]["entrance_mgy"] > ap["dose"]["entrance_mgy"]


def test_the_oblique_shows_its_pedicle_and_the_coach_leads_back(words, tmp_path, capsys):
    said = answer(words, capsys, "--view", "oblique-left", "--look", "live", "--inverted", out=tmp_path / "o.png")
    moved = said["truth"]["move_lao_deg"]
    assert 25.0 < moved < 55.0  # from the left back to the middle
    assert said["truth"]["nearest"] == "AP"
    assert said["parameters"]["look"] == "live"


def test_the_slab_along_the_needle_has_no_pose(words, walked, tmp_path, capsys):
    said = answer(words, capsys, "--view", "ct", "--plan", str(walked / "plan.json"), out=tmp_path / "ct.png")
    assert said["view"] is None
    assert said["pictures"] == []
    assert {"what": "view", "why": "A CT slab has no C-arm pose."} in said["unknown"]
    (path,) = [p for p in json.loads((walked / "plan.json").read_text())["paths"] if p["rank"] == 1]
    normal = np.cross(said["slab"]["right_lps"], said["slab"]["up_lps"])
    for point in (path["entry_lps_mm"], path["tip_lps_mm"]):
        assert abs((np.array(point) - said["slab"]["centre_lps_mm"]) @ normal) < 1e-2


def test_dicom_of_one_picture_and_of_a_run(words, walked, tmp_path, capsys):
    still = answer(words, capsys, "--view", "lateral", "--phlebogram", out=tmp_path / "one.dcm")
    found = pydicom.dcmread(tmp_path / "one.dcm")
    assert found.PositionerPrimaryAngle == pytest.approx(still["view"]["lao_deg"], abs=1e-3)
    assert any("template" in warning for warning in still["warnings"])
    run = answer(words, capsys, "--view", "ap", "--cement", str(walked), "--every-s", "10", out=tmp_path / "run.dcm")
    frames = pydicom.dcmread(tmp_path / "run.dcm")
    assert frames.NumberOfFrames == len(run["frame_times_s"]) > 3
    assert frames.FrameTime == 10_000.0
    # Cement only comes: no pixel gets brighter from frame to frame.
    values = frames.pixel_array.astype(int)
    assert np.diff(values, axis=0).max() <= 1
    assert (values[-1] < values[0] - 20).sum() > 100


def test_a_run_keeps_the_contrast_medium_in_its_veins(words, walked, tmp_path, capsys):
    def first_frame(name, *more):
        out = tmp_path / name
        answer(words, capsys, "--view", "ap", "--cement", str(walked), "--every-s", "60", *more, out=out)
        found = pydicom.dcmread(out)
        low, step = re.search(r"= (-?[\d.]+) \+ stored \* ([\d.]+)", found.DerivationDescription).groups()
        return float(low) + found.pixel_array[0] * float(step)

    veins = first_frame("plain.dcm") - first_frame("veins.dcm", "--phlebogram")
    # Contrast medium takes far more than the rounding of either file from some pixels, and nothing from most.
    assert (veins > 0.1).sum() > 100
    assert np.median(np.abs(veins)) < 0.01


@pytest.mark.parametrize(
    ("more", "name", "said"),
    [
        (["--view", "ap+lateral"], "x.dcm", "holds one view"),
        (["--view", "ap+lateral+ct"], "x.png", "two joined by a plus"),
        (["--view", "ct"], "x.dcm", "ct slab stands alone"),
        (["--view", "ap", "--every-s", "5"], "x.dcm", "A run needs --cement"),
        (["--view", "ap", "--patient-thickness-mm", "20"], "x.png", "state 50 to 600 mm"),
        (["--view", "ap", "--fluoroscopy-s", "-2"], "x.png", "zero or more seconds"),
        (["--view", "oblique-up"], "x.png", "is not a view"),
        (["--view", "ap", "--flip"], "x.dcm", "leave out --flip and --inverted"),
        (["--view", "ap", "--inverted"], "x.dcm", "leave out --flip and --inverted"),
        (["--view", "ap", "--cement", "anywhere", "--at", "nan"], "x.png", "seconds after mixing, zero or more"),
        (["--view", "ap", "--cement", "anywhere", "--at", "-1"], "x.png", "seconds after mixing, zero or more"),
    ],
)
def test_what_does_not_go_together_is_refused(words, tmp_path, capsys, more, name, said):
    assert main([*words, *more, "-o", str(tmp_path / name)]) == 1
    assert said in capsys.readouterr().err
    assert not (tmp_path / name).exists()


def test_same_call_same_bytes(words, tmp_path, capsys):
    for name in ("a.png", "b.png"):
        answer(words, capsys, "--view", "lao=170,cranial=5", "--look", "live", "--seed", "4", out=tmp_path / name)
    one, two = ((tmp_path / name).read_bytes() for name in ("a.png", "b.png"))
    assert one == two
    assert Image.open(io.BytesIO(one)).info == {}
