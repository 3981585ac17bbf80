"""The real L3: NIfTI and DICOM tell the same story, both label styles agree, and the published numbers come out."""

import json
import math

import pytest

from vertebroplasty.case.answers import measure_answer
from vertebroplasty.case.inputs import ScanRequest
from vertebroplasty.cli.main import main


@pytest.fixture(scope="module")
def nifti(data):
    folder = data / "l3_verse"
    seg = folder / "sub-ct_seg-vert_label-22_msk.nii.gz"
    return ScanRequest(ct=folder / "sub-ct_label-22_ct.nii.gz", seg=(seg,), labels="verse")


@pytest.fixture(scope="module")
def measured(nifti):
    return measure_answer(nifti, ["L3"]).levels[0]


def lengths(entry):
    """Every length, angle and volume of a level by its key."""
    body = entry.model_dump()
    flat = {
        key: value for key, value in body.items() if key.endswith(("_mm", "_deg", "_ml")) and isinstance(value, float)
    }
    for side in ("left", "right"):
        flat |= {f"pedicle {side} {key}": body["pedicle"][side][key] for key in ("width_mm", "height_mm", "length_mm")}
    return flat | {"canal": body["canal"]["ap_mm"]}


def test_the_documented_numbers_come_out(measured):
    # Reference values of the data set, by another definition of the heights: hence 2 mm.
    assert measured.anterior_height_mm == pytest.approx(30.9, abs=2.0)
    assert measured.middle_height_mm == pytest.approx(24.3, abs=2.0)
    assert measured.posterior_height_mm == pytest.approx(27.6, abs=2.0)
    assert measured.body_volume_ml == pytest.approx(39.3, rel=0.05)
    assert measured.trabecular_hu.mean == pytest.approx(52.0, abs=8.0)
    for pedicle in measured.pedicle.values():
        assert 7.5 <= pedicle.width_mm <= 10.5


def test_dicom_and_nifti_give_the_same_measurements(data, measured):
    dicom = ScanRequest(ct=data / "l3_dicom", seg=(data / "dicom_seg" / "l3_vertebrae_binary_seg.dcm",))
    other = lengths(measure_answer(dicom, ["L3"]).levels[0])
    for key, value in lengths(measured).items():
        assert other[key] == pytest.approx(value, abs=0.05), key


def test_both_label_styles_agree(data, nifti, measured):
    pair = (*nifti.seg, data / "l3_verse" / "sub-ct_seg-subreg_label-22_msk.nii.gz")
    other = measure_answer(ScanRequest(ct=nifti.ct, seg=pair, labels="verse"), ["L3"]).levels[0]
    for key in ("anterior_height_mm", "middle_height_mm", "posterior_height_mm"):
        assert getattr(other, key) == pytest.approx(getattr(measured, key), abs=1.5)
    assert other.body_volume_ml == pytest.approx(measured.body_volume_ml, rel=0.08)


def test_a_cut_level_is_said_and_not_measured(nifti):
    upper = measure_answer(nifti, ["L2"]).levels[0]
    assert not upper.complete
    assert "superior" in upper.missing_sides
    assert upper.anterior_height_mm is None
    assert upper.genant.grade is None


def test_all_levels_are_measured_when_none_is_named(nifti):
    assert [entry.level for entry in measure_answer(nifti, None).levels] == ["L2", "L3", "L4"]


def test_a_tilted_series_is_measured_once_resampled(data, measured):
    seg = (data / "dicom_seg" / "l3_vertebrae_binary_seg.dcm",)
    tilted = ScanRequest(ct=data / "dicom_odd" / "tilt_12deg", seg=seg, resample_tilt=True)
    other = measure_answer(tilted, ["L3"]).levels[0]
    # Labels and CT were interpolated once: one voxel.
    for key in ("anterior_height_mm", "middle_height_mm", "posterior_height_mm", "body_depth_mm"):
        assert getattr(other, key) == pytest.approx(getattr(measured, key), abs=1.5), key


@pytest.mark.parametrize("style", ["nifti", "dicom"])
def test_run_on_the_real_l3_ends_with_a_report(data, nifti, tmp_path, style):
    out = tmp_path / "out"
    scan = [str(nifti.ct), "-s", str(nifti.seg[0]), "--labels", "verse"]
    if style == "dicom":
        scan = [str(data / "l3_dicom"), "-s", str(data / "dicom_seg" / "l3_vertebrae_binary_seg.dcm")]
    assert main(["run", *scan, "--level", "L3", "--volume-ml", "1.5", "-o", str(out)]) == 0
    assert (out / "report.html").is_file()
    inject = json.loads((out / "inject.json").read_text(encoding="utf-8"))
    assert inject["mass_balance_error"] < 1e-6
    assert math.isfinite(inject["peak_pressure_kpa"])


def test_run_on_a_cut_body_stops(nifti, tmp_path, capsys):
    scan = [str(nifti.ct), "-s", str(nifti.seg[0]), "--labels", "verse"]
    assert main(["run", *scan, "--level", "L2", "-o", str(tmp_path / "out")]) == 1
    assert "body of L2" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
