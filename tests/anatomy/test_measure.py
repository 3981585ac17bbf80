"""Measured against known answers: synthetic spines in any pose, cut scans, and the real L3."""

from dataclasses import replace

import numpy as np
import pytest

from real_spine import read, real_spine
from vertebroplasty.anatomy import references
from vertebroplasty.anatomy.bone import bone_of
from vertebroplasty.anatomy.find import find_vertebra
from vertebroplasty.anatomy.levels import Subregion
from vertebroplasty.anatomy.measure import measure
from vertebroplasty.anatomy.references import is_complete, retropulsion_of
from vertebroplasty.anatomy.sizes import sizes_of
from vertebroplasty.phantom import Bulge, LevelShape, OldCement, SpinePhantom

THREE = {name: LevelShape() for name in ("L1", "L2", "L3")}
WEDGED = LevelShape(anterior_mm=19.0, middle_mm=20.0, posterior_mm=27.0)


def whole_labels(phantom):
    return replace(phantom.build()[1], subregions=None, _found={})


def measured(name="L2", **choices):
    phantom = SpinePhantom(**choices)
    return measure(whole_labels(phantom)[name]), phantom.truth(name)


def heights(m):
    return np.array([m.heights.anterior_mm.value, m.heights.middle_mm.value, m.heights.posterior_mm.value])


def true_heights(truth):
    return np.array([truth.anterior_mm, truth.middle_mm, truth.posterior_mm])


@pytest.fixture(scope="module")
def retropulsed():
    """A wedged level with a fragment that takes 35 % of the canal, at 1 mm."""
    levels = THREE | {"L2": replace(WEDGED, bulge=Bulge(canal_percent=35.0))}
    return measured(levels=levels, rotation_deg=(10.0, -15.0, 12.0), noise_hu=15.0)


def test_sizes_at_one_millimetre(retropulsed):
    m, truth = retropulsed
    assert heights(m) == pytest.approx(true_heights(truth), abs=0.7)
    assert m.wedge_angle_deg.value == pytest.approx(truth.wedge_angle_deg, abs=1.0)
    assert m.body_volume_ml.value == pytest.approx(truth.body_volume_ml, rel=0.04)
    assert m.body_depth_mm.value == pytest.approx(truth.body_depth_mm, abs=0.7)
    assert m.body_width_mm.value == pytest.approx(truth.body_width_mm, abs=1.0)
    for side, pedicle in truth.pedicles.items():
        assert m.pedicles[side].width_mm.value == pytest.approx(pedicle.width_mm, abs=0.4)
        assert m.pedicles[side].height_mm.value == pytest.approx(pedicle.height_mm, abs=0.8)
        # across a nearly round pedicle the axis is soft
        assert m.pedicles[side].axis_lps @ pedicle.axis_lps > np.cos(np.radians(8.0))


def test_the_fragment(retropulsed):
    m, truth = retropulsed
    assert m.canal.reference_levels == ("L1", "L3")
    assert m.canal.compromise_percent.value == pytest.approx(truth.compromise_percent, abs=3.0)
    assert m.canal.area_compromise_percent.value == pytest.approx(truth.area_compromise_percent, abs=6.0)
    assert m.posterior_wall.retropulsion_mm.value == pytest.approx(truth.retropulsion_mm, abs=0.5)


def test_the_wedge_is_graded_against_its_neighbours(retropulsed):
    m, _ = retropulsed
    # 19 mm against neighbours of 27 mm: 29.6 %
    assert m.genant.height_loss_percent.value == pytest.approx(100 * (1 - 19 / 27), abs=3.0)
    assert (m.genant.grade, m.genant.shape, m.genant.reference_levels) == (2, "wedge", ("L1", "L3"))


@pytest.mark.parametrize("rotation", [(0.0, 0.0, 0.0), (7.0, 5.0, 3.0)])
def test_a_low_front_far_off_the_middle_keeps_its_height(rotation):
    # four fifths of the wedge lie in the upper plate: lines at mid-height meet that slope, not the front
    crushed = LevelShape(anterior_mm=9.0, middle_mm=12.0, posterior_mm=25.0, upper_share=0.8)
    m, truth = measured(levels=THREE | {"L2": crushed}, rotation_deg=rotation, noise_hu=15.0)
    anterior = m.heights.anterior_mm
    assert abs(anterior.value - truth.anterior_mm) <= min(anterior.plus_minus, 1.0)  # a voxel
    assert m.body_depth_mm.value == pytest.approx(truth.body_depth_mm, abs=0.7)
    assert m.genant.grade == 3


def test_six_points_carry_the_heights(retropulsed):
    m, truth = retropulsed
    for place in ("anterior", "middle", "posterior"):
        upper, lower = m.points_lps_mm[f"{place}-upper"], m.points_lps_mm[f"{place}-lower"]
        assert np.linalg.norm(upper - lower) == pytest.approx(getattr(m.heights, f"{place}_mm").value)
        assert np.linalg.norm(upper - truth.points_lps_mm[f"upper-{place}"]) < 1.5


@pytest.mark.parametrize("spacing", [(1.5, 1.5, 1.5), (0.9, 0.9, 3.0)])
def test_turning_the_patient_changes_heights_less_than_the_stated_error(spacing):
    upright, truth = measured(levels={"L2": LevelShape()}, spacing_mm=spacing, rotation_deg=(2.0, 0.0, 0.0))
    for rotation in ((20.0, 0.0, 0.0), (-10.0, 25.0, 15.0)):
        turned, _ = measured(levels={"L2": LevelShape()}, spacing_mm=spacing, rotation_deg=rotation)
        for place in ("anterior_mm", "middle_mm", "posterior_mm"):
            here, there = getattr(upright.heights, place), getattr(turned.heights, place)
            assert abs(there.value - here.value) <= here.plus_minus + there.plus_minus
    # slices of 3 mm along the plates: 1.5 mm for each of the two plates
    assert heights(upright) == pytest.approx(true_heights(truth), abs=3.0 if max(spacing) > 2 else 1.5)


def test_errors_fall_with_the_spacing():
    spacings, errors = (3.0, 1.9, 1.2), []
    for spacing in spacings:
        found = []
        for rotation in ((14.0, 3.0, 5.0), (4.0, -17.0, -9.0)):
            m, truth = measured(levels={"L2": LevelShape()}, spacing_mm=(spacing,) * 3, rotation_deg=rotation)
            found.append(np.append(heights(m) - true_heights(truth), m.body_depth_mm.value - truth.body_depth_mm))
        errors.append(np.sqrt(np.mean(np.square(found))))
    slope = np.polyfit(np.log(spacings), np.log(errors), 1)[0]
    # quantisation averages out faster than first order; a method error would not fall at all
    assert slope > 0.7
    assert errors[-1] < 0.4


def test_both_styles_of_label_agree():
    phantom = SpinePhantom(levels=THREE, spacing_mm=(1.5, 1.5, 1.5), rotation_deg=(6.0, -4.0, 8.0), noise_hu=15.0)
    spine = phantom.build()[1]
    parts, whole = measure(spine["L2"]), measure(replace(spine, subregions=None, _found={})["L2"])
    assert heights(parts) == pytest.approx(heights(whole), abs=1.5)
    assert parts.body_volume_ml.value == pytest.approx(whole.body_volume_ml.value, rel=0.08)


def test_old_cement_and_fractures_are_no_reference():
    cement = LevelShape(old_cement=OldCement(centre_mm=(0.0, 0.0, 0.0), radius_mm=8.0))
    m, _ = measured(levels={"L1": cement, "L2": LevelShape(), "L3": WEDGED}, spacing_mm=(1.5, 1.5, 1.5))
    assert m.genant.reference_levels == ()
    assert m.genant.grade is None
    assert "unfractured" in m.genant.height_loss_percent.why
    assert m.canal.reference_levels == ("L3",)  # a wedge narrows no canal


def test_a_lone_level_says_what_it_cannot_know():
    m, _ = measured(levels={"L2": LevelShape()}, spacing_mm=(2.0, 2.0, 2.0))
    for value in (m.canal.compromise_percent, m.posterior_wall.retropulsion_mm, m.regional_kyphosis_deg):
        assert value.value is None
        assert value.why
    assert m.genant.grade is None
    assert m.bmd_mg_per_ml.value is None
    assert m.bmd_calibration is None


def cropped(spine, axis, stop):
    """The spine up to an index of one array axis."""
    window = tuple(slice(None, stop) if n == axis else slice(None) for n in range(3))
    return replace(
        spine, labels=spine.labels[window], ct=replace(spine.ct, hu=spine.ct.hu[window]), subregions=None, _found={}
    )


def test_a_cut_body_has_no_heights_and_is_no_reference():
    phantom = SpinePhantom(levels=THREE, spacing_mm=(1.5, 1.5, 1.5), rotation_deg=(4.0, -3.0, 2.0))
    spine = phantom.build()[1]
    top = int(np.nonzero((spine.labels == spine["L1"].value).any(axis=(1, 2)))[0].max())
    short = cropped(spine, 0, top - 8)
    cut = measure(short["L1"])
    assert not cut.complete
    assert cut.missing_sides == ("superior",)
    for value in (cut.heights.anterior_mm, cut.wedge_angle_deg, cut.body_volume_ml, cut.canal.ap_mm):
        assert value.value is None
        assert "cut" in value.why or "whole" in value.why
    assert cut.genant.grade is None
    assert cut.posterior_wall.intact is None
    below = measure(short["L2"])
    assert below.complete
    assert below.genant.reference_levels == ("L3",)
    assert below.posterior_wall.retropulsion_mm.value is None


def test_a_cut_spinous_process_leaves_the_body_measured():
    phantom = SpinePhantom(levels={"L2": LevelShape()}, spacing_mm=(1.5, 1.5, 1.5))
    spine = phantom.build()[1]
    back = int(np.nonzero((spine.labels > 0).any(axis=(0, 2)))[0].max())
    m = measure(cropped(spine, 1, back - 6)["L2"])
    assert m.missing_sides == ("posterior",)
    assert not m.complete
    assert heights(m) == pytest.approx(true_heights(phantom.truth("L2")), abs=1.5)
    assert m.canal.ap_mm.value is not None


def test_the_real_l3(data):
    m = measure(real_spine(data)["L3"])
    assert m.complete
    # reference heights by another definition, body from the subregion labels
    assert heights(m) == pytest.approx([30.9, 24.3, 27.6], abs=2.0)
    assert m.wedge_angle_deg.value == pytest.approx(-6.0, abs=2.0)
    assert m.body_volume_ml.value == pytest.approx(39.3, rel=0.05)
    assert m.genant.grade is None  # both neighbours are cut
    assert m.canal.ap_mm.value == pytest.approx(20.0, abs=2.5)


def shortened(spine, first, last):
    """The real spine with L2 labelled from one slice on and L4 up to another: the labels end, the CT does not."""
    place = np.arange(spine.labels.shape[1])[None, :, None]  # from above to below
    gone = (spine.labels == spine["L2"].value) & (place < first) | (spine.labels == spine["L4"].value) & (place > last)
    return replace(spine, labels=np.where(gone, 0, spine.labels), _found={})


@pytest.mark.parametrize(("first", "last"), [(12, 34), (15, 31), (18, 36)])  # 2 to 11 slices are left of each
def test_neighbours_that_look_whole_but_are_not_turn_no_frame_over(data, first, last):
    spine = real_spine(data)
    short = shortened(spine, first, last)
    assert all(bone_of(short[name]).label.cut_sides == () for name in ("L2", "L4"))
    m = measure(short["L3"])
    assert heights(m) == pytest.approx(heights(measure(spine["L3"])), abs=1.0)
    assert m.canal.ap_mm.value == pytest.approx(20.0, abs=2.5)
    assert m.canal.reference_levels == ()
    assert m.posterior_wall.retropulsion_mm.value is None


def test_a_level_far_smaller_than_its_neighbour_is_no_reference():
    spine = whole_labels(SpinePhantom(levels=THREE, spacing_mm=(2.0, 2.0, 2.0)))
    above = spine.labels == spine["L1"].value
    slices = np.nonzero(above.any(axis=(1, 2)))[0]
    beyond = np.arange(len(above))[:, None, None] > slices.max() - 8  # 55 % of the level are left, its canal is seen
    short = replace(spine, labels=np.where(above & beyond, 0, spine.labels), _found={})
    assert bone_of(short["L1"]).label.cut_sides == ()
    assert find_vertebra(short["L1"]).canal is not None  # nothing but its size tells
    assert not is_complete(short["L1"])
    assert is_complete(short["L2"])
    assert retropulsion_of(short["L2"]) is None
    assert retropulsion_of(spine["L2"]) is not None


def test_a_retropulsion_beyond_the_canal_is_unknown(monkeypatch):
    spine = whole_labels(SpinePhantom(levels=THREE, spacing_mm=(2.0, 2.0, 2.0)))
    depth = sizes_of(spine["L2"]).canal.median_ap_mm
    for behind, known in ((0.8 * depth, True), (1.2 * depth, False)):
        monkeypatch.setattr(references, "retropulsion_mm", lambda *_, found=behind: found)
        assert (retropulsion_of(spine["L2"]) is not None) == known


def test_the_real_l3_with_its_subregions(data):
    spine = real_spine(data)
    parts, _ = read(data / "l3_verse" / "sub-ct_seg-subreg_label-22_msk.nii.gz")
    corpus = np.where(np.isin(parts, (49, 50)), Subregion.CORPUS, Subregion.NONE).astype(np.uint8)
    both = measure(replace(spine, subregions=corpus, _found={})["L3"])
    alone = measure(spine["L3"])
    assert both.body_volume_ml.value == pytest.approx(39.26, rel=0.01)
    assert heights(both) == pytest.approx(heights(alone), abs=1.5)
    assert both.body_volume_ml.value == pytest.approx(alone.body_volume_ml.value, rel=0.08)
