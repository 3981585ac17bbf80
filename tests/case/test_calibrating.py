"""The calibration that a user asks for, from the command line to the document."""

import json

import numpy as np
import pytest

from synthetic_scan import scanned, trunk, with_hu
from vertebroplasty.case.calibrating import CalibrationRequest, calibrate, calibrate_or_none, calibration_request
from vertebroplasty.case.site import Site
from vertebroplasty.cli.main import main
from vertebroplasty.documents.site import parse_site
from vertebroplasty.documents.strength_calibration import calibration_entry
from vertebroplasty.errors import Refused
from vertebroplasty.strength.calibration import GENERIC, GIVEN, NONE
from vertebroplasty.strength.calibration_tissues import TISSUES

TABLE = """
[[scanner]]
name = "ours"
scanner_model = "Example CT"
slope_mg_per_ml_per_hu = 0.8
slope_plus_minus = 0.02
intercept_mg_per_ml = -3.0
intercept_plus_minus = 4.0
source = "phantom"
"""


@pytest.mark.parametrize(
    ("method", "options", "sentence"),
    [
        ("air", {}, "choose phantom, scanner-table, phantomless, generic, none"),
        ("phantom", {}, "add --rods"),
        ("generic", {"rods": "rods.json"}, "--rods goes with"),
        ("phantom", {"rods": "absent.json"}, "no file absent.json"),
        ("phantomless", {"entry": "ours"}, "go with --calibration scanner-table"),
        ("scanner-table", {"scanner_table": "absent.toml"}, "no file absent.toml"),
    ],
)
def test_options_that_do_not_belong_together_are_refused(tmp_path, method, options, sentence):
    paths = {key: value if key == "entry" else tmp_path / value for key, value in options.items()}
    with pytest.raises(Refused, match=sentence):
        calibration_request(method, **paths)


def test_a_phantom_of_two_rods_is_refused_before_the_scan_is_read(tmp_path):
    rod = {"name": "A", "centre_lps_mm": [1.0, 2, 3], "diameter_mm": 18.0, "density_mg_per_ml": 50}
    file = tmp_path / "rods.json"
    file.write_text(json.dumps({"mineral": "hydroxyapatite", "rods": [rod, rod]}))
    with pytest.raises(Refused, match="2 rods were given"):
        calibration_request("phantom", rods=file)


def test_a_phantom_under_the_patient_calibrates_and_does_not_disturb_the_tissues(tmp_path):
    ct, spine = trunk()
    k, j, i = np.indices(ct.hu.shape)
    world = ct.affine.to_world(np.stack([i, j, k], axis=-1))
    back_mm = world[ct.hu > -500][:, 1].max()
    hu, rods = ct.hu.astype(np.float32), []
    plate = (np.abs(world[..., 0]) < 60) & (world[..., 1] > back_mm - 4)
    hu[plate & (ct.hu < -500)] = 5.0  # water-like plastic that touches the skin
    for x, density in ((-40.0, 0.0), (-20.0, 50.0), (20.0, 100.0), (40.0, 200.0)):
        hu[np.hypot(world[..., 0] - x, world[..., 1] - back_mm - 1) < 5.0] = (density + 4.0) / 0.8
        rods.append(
            {
                "name": f"{density:g}",
                "centre_lps_mm": [x, back_mm + 1.0, 0.0],
                "diameter_mm": 9,
                "density_mg_per_ml": density,
            }
        )
    file = tmp_path / "rods.json"
    file.write_text(json.dumps({"mineral": "hydroxyapatite", "rods": rods}))
    level = with_hu(spine, hu)["L3"]
    found = calibrate(calibration_request("phantom", rods=file), level)
    # The rods are painted without blur; single precision of the volume remains.
    assert found.slope_mg_per_ml_per_hu == pytest.approx(0.8, rel=1e-5)
    assert found.intercept_mg_per_ml == pytest.approx(-4.0, abs=1e-3)
    tissues = calibrate(CalibrationRequest(method="phantomless"), level).references
    assert [item.hu for item in tissues] == pytest.approx([-1000.0, -100.0, 55.0], abs=1.0)


def test_the_sites_table_serves_where_no_file_is_given(tmp_path):
    _, spine = trunk()
    level = with_hu(spine, spine.ct.hu, scanner_model="Example CT")["L3"]
    request = calibration_request("scanner-table")
    found = calibrate(request, level, Site(document=parse_site(TABLE)))
    assert (found.name, found.slope_mg_per_ml_per_hu) == ("scanner-table", 0.8)
    with pytest.raises(Refused, match="There is no scanner table"):
        calibrate(request, level)
    file = tmp_path / "table.toml"
    file.write_text(TABLE.replace("0.8", "0.9"))
    given = calibration_request("scanner-table", scanner_table=file, entry="ours")
    assert calibrate(given, level, Site(document=parse_site(TABLE))).slope_mg_per_ml_per_hu == 0.9
    assert [item.role for item in given.inputs] == ["scanner-table"]
    assert given.parameters == {"calibration": "scanner-table", "scanner": "ours"}


def test_a_walk_goes_on_without_newtons_where_the_scan_gives_no_calibration():
    _, spine = trunk()
    enhanced = with_hu(spine, spine.ct.hu, contrast_agent_stated=True)["L3"]
    found = calibrate_or_none(CalibrationRequest(method="phantomless"), enhanced)
    assert found.name == "none"
    assert "Contrast medium is suspected" in found.why_none
    assert calibrate_or_none(CalibrationRequest(), enhanced) is GENERIC


def test_the_document_shows_the_line_and_what_it_was_measured_on():
    spine, _ = scanned(TISSUES, slope=0.8, intercept=20.0)
    entry = calibration_entry(calibrate(CalibrationRequest(method="phantomless"), spine["L3"]))
    assert [item.name for item in entry.references] == ["air", "fat", "muscle"]
    assert entry.slope_interval[0] < entry.slope_mg_per_ml_per_hu < entry.slope_interval[1]
    assert entry.intercept_interval[0] < entry.intercept_mg_per_ml < entry.intercept_interval[1]
    assert calibration_entry(GENERIC).references == []
    assert [calibration_entry(line) for line in (None, GIVEN, NONE)] == [None, None, None]


def test_the_command_calibrates_the_synthetic_patient_by_its_own_tissues(patient_files, capsys):
    words = ["strength", str(patient_files / "ct.nii.gz"), "-s", str(patient_files / "seg.nii.gz"), "--labels", "verse"]
    assert main([*words, "--level", "L2", "--grid-mm", "2", "--calibration", "phantomless", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["calibration"] == said["parameters"]["calibration"] == "phantomless"
    assert "Szyszko2024" in said["sources"]
    line = said["calibration_line"]
    # What the patient is painted with: air, fat and muscle.
    assert [item["hu"] for item in line["references"]] == pytest.approx([-1000.0, -100.0, 55.0], abs=1.0)
    low, high = said["before"]["stiffness_interval"]
    assert low < said["before"]["stiffness_n_per_mm"] < high


def test_the_command_refuses_the_cropped_real_ct(data, capsys):
    folder = data / "l3_verse"
    words = ["strength", str(folder / "sub-ct_label-22_ct.nii.gz"), "--labels", "verse", "--level", "L3"]
    seg = ["-s", str(folder / "sub-ct_seg-vert_label-22_msk.nii.gz")]
    assert main([*words, *seg, "--calibration", "phantomless"]) != 0
    assert "no air outside the body" in capsys.readouterr().err
