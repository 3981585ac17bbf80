"""The patient's own air, fat and muscle give back the line of a synthetic scan; missing ones are refused."""

from dataclasses import replace

import numpy as np
import pytest

from synthetic_scan import BONE_HU, scanned, trunk, with_hu
from vertebroplasty.anatomy.reference_tissues import ReferenceTissue
from vertebroplasty.errors import Refused
from vertebroplasty.intake import read_ct, read_labels
from vertebroplasty.strength.calibration import GENERIC
from vertebroplasty.strength.calibration_tissues import TISSUES, calibrate_with_tissues, line_through_tissues


def read(**hu):
    """Tissues as they might be read."""
    return {
        name: ReferenceTissue(name=name, hu=value, plus_minus_hu=0.5, voxels=1000, why="it was not there")
        for name, value in hu.items()
    }


@pytest.mark.parametrize(
    ("slope", "intercept", "noise_hu"), [(0.8, 20.0, 0.0), (0.85, -10.0, 0.0), (0.72, 5.0, 20.0), (0.9, 0.0, 20.0)]
)
def test_density_is_recovered_within_1_mg_per_ml(slope, intercept, noise_hu):
    spine, density = scanned(TISSUES, slope=slope, intercept=intercept, noise_hu=noise_hu)
    line = calibrate_with_tissues(spine["L3"])
    marrow = trunk()[0].hu == BONE_HU
    for inside in (marrow, trunk()[0].hu > 400):
        found = line.middle.density_mg_per_ml(spine.ct.hu[inside].mean(dtype=float))
        assert found == pytest.approx(density[inside].mean(), abs=1.0)
    low, high = line.slope_interval
    assert low < slope < high


def test_the_average_line_would_not_recover_it():
    spine, density = scanned(TISSUES, slope=0.8, intercept=20.0)
    marrow = trunk()[0].hu == BONE_HU
    found = GENERIC.middle.density_mg_per_ml(spine.ct.hu[marrow].mean(dtype=float))
    assert abs(found - density[marrow].mean()) > 10.0


def test_a_muscle_of_another_density_moves_the_answer_within_the_interval():
    other = TISSUES | {"muscle": replace(TISSUES["muscle"], mg_per_ml=TISSUES["muscle"].mg_per_ml + 12.0)}
    spine, density = scanned(other, slope=0.8, intercept=0.0)
    line, marrow = calibrate_with_tissues(spine["L3"]), trunk()[0].hu == BONE_HU
    middle, low, high = (float(one.density_mg_per_ml(spine.ct.hu[marrow].mean(dtype=float))) for one in line.lines)
    truth = density[marrow].mean()
    assert abs(middle - truth) > 5.0
    assert low < truth < high


def test_the_interval_holds_textbook_densities_and_the_published_error():
    line = line_through_tissues(read(air=-1000.0, fat=-105.0, muscle=48.0))
    middle, low, high = (float(one.density_mg_per_ml(np.array(100.0))) for one in line.lines)
    # A mean absolute error of 8.4 mg/ml is a standard deviation of 10.5.
    assert (high - low) / 2 / 1.96 > 8.4 / np.sqrt(2 / np.pi)
    # Fat −70 and muscle 50 to 70, on the line through the middle of both.
    textbook = np.interp(100.0, (-105.0, 48.0, 201.0), (-70.0, 60.0, 190.0))
    assert low < middle < textbook < high
    assert line.sources[0] == "Szyszko2024"


def test_without_air_fat_and_muscle_still_make_a_line():
    line = line_through_tissues(read(air=None, fat=-105.0, muscle=48.0))
    assert line.slope_mg_per_ml_per_hu == pytest.approx((38.0 + 95.0) / 153.0)
    assert [item.name for item in line.references] == ["fat", "muscle"]


@pytest.mark.parametrize("missing", ["fat", "muscle"])
def test_a_missing_tissue_is_refused_by_name(missing):
    tissues = read(**({"air": -1000.0, "fat": -105.0, "muscle": 48.0} | {missing: None}))
    with pytest.raises(Refused, match=rf"{missing}: it was not there.*--calibration generic"):
        line_through_tissues(tissues)


@pytest.mark.parametrize("hu", [{"fat": -45.0, "muscle": 1.0}, {"fat": 60.0}])
def test_tissues_that_contradict_each_other_are_refused(hu):
    with pytest.raises(Refused, match="do not lie on one line"):
        line_through_tissues(read(**({"air": -1000.0, "fat": -105.0, "muscle": 48.0} | hu)))


def test_contrast_medium_is_refused():
    ct, spine = trunk()
    with pytest.raises(Refused, match="Contrast medium is suspected"):
        calibrate_with_tissues(with_hu(spine, ct.hu, contrast_agent_stated=True)["L3"])


def test_the_cropped_real_ct_is_refused(data):
    folder = data / "l3_verse"
    ct = read_ct(folder / "sub-ct_label-22_ct.nii.gz")
    spine = read_labels((folder / "sub-ct_seg-vert_label-22_msk.nii.gz",), like=ct, scheme="verse")
    with pytest.raises(Refused, match=r"fat: the scan shows no air outside the body"):
        calibrate_with_tissues(spine["L3"])
