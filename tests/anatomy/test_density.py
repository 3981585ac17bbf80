"""The core's HU must be those painted; cement, metal and padding must not count; contrast must be said, not guessed."""

import numpy as np
import pytest

from hand_made import SPONGY_HU, HandMade, rotation
from vertebroplasty.anatomy.density import contrast_suspected, metal_or_cement, trabecular_density


def ball(centre, radius):
    return lambda local: np.linalg.norm(local - np.asarray(centre, float), axis=-1) < radius


def tube(right, anterior, radius):
    return lambda local: np.hypot(local[..., 0] - right, local[..., 1] - anterior) < radius


def test_the_core_has_the_painted_density_and_spread():
    density = trabecular_density(HandMade(noise_hu=60.0).vertebra())
    assert density.why == ""
    standard_error = 60.0 / np.sqrt(density.n_voxels)
    assert density.mean_hu == pytest.approx(SPONGY_HU, abs=4 * standard_error)
    assert density.sd_hu == pytest.approx(60.0, rel=0.05)


def test_turning_the_patient_changes_the_density_by_less_than_the_noise():
    turned = HandMade(rotation=rotation(20, 10, -8), spacing=(1.5, 1.5, 1.5)).vertebra()
    assert trabecular_density(turned).mean_hu == pytest.approx(SPONGY_HU, abs=1.0)


def test_thick_slices_move_the_core_deeper_so_that_no_cortex_is_averaged():
    thick = trabecular_density(HandMade(spacing=(0.8, 0.8, 3.0)).vertebra())
    assert thick.mean_hu == pytest.approx(SPONGY_HU, abs=1.0)


def test_a_core_of_few_voxels_says_that_the_deepest_part_stands_in():
    density = trabecular_density(HandMade(spacing=(3.5, 3.5, 4.0)).vertebra())
    assert "deepest 55 %" in density.why
    assert density.n_voxels < 500


def test_old_cement_is_found_and_kept_out_of_the_density():
    vertebra = HandMade(paint=((ball((5, 0, 0), 6), 3000.0),)).vertebra()
    assert metal_or_cement(vertebra.level)
    assert trabecular_density(vertebra).mean_hu == pytest.approx(SPONGY_HU, abs=1.0)


def test_a_dense_speck_smaller_than_cement_is_noise():
    assert not metal_or_cement(HandMade(paint=((ball((5, 0, 0), 1.5), 3000.0),)).vertebra().level)


def test_partial_volume_of_cement_in_thick_slices_is_kept_out_too():
    vertebra = HandMade(paint=((ball((5, 0, 0), 6), 3000.0),), spacing=(0.8, 0.8, 3.0)).vertebra()
    assert trabecular_density(vertebra).mean_hu == pytest.approx(SPONGY_HU, abs=1.0)


def test_metal_beside_the_bone_concerns_the_level_and_far_metal_does_not():
    assert metal_or_cement(HandMade(paint=((ball((0, -47, 0), 4), 3071.0),)).vertebra().level)
    for centre in ((0, 55, 0), (0, -52, 0)):
        assert not metal_or_cement(HandMade(paint=((ball(centre, 4), 3071.0),)).vertebra().level)


def test_padding_is_no_density():
    vertebra = HandMade(paint=((lambda local: local[..., 0] > 5, -2000.0),)).vertebra()
    assert trabecular_density(vertebra).mean_hu == pytest.approx(SPONGY_HU, abs=1.0)


def test_a_body_full_of_cement_has_no_density():
    density = trabecular_density(HandMade(paint=((ball((0, 0, 0), 30), 3000.0),)).vertebra())
    assert density.mean_hu is None
    assert "no density" in density.why


def test_a_bright_vessel_in_front_is_suspicion_and_a_plain_one_is_not():
    assert contrast_suspected(HandMade(paint=((tube(-12, 32, 9), 220.0),)).vertebra()) is True
    assert contrast_suspected(HandMade(paint=((tube(-12, 32, 9), 45.0),)).vertebra()) is False


def test_a_calcified_wall_is_no_contrast_medium():
    shell = ((tube(-12, 32, 9), 400.0), (tube(-12, 32, 8), 45.0))
    assert contrast_suspected(HandMade(paint=shell).vertebra()) is False


def test_the_header_decides_and_a_narrow_field_of_view_cannot():
    assert contrast_suspected(HandMade(contrast=True).vertebra()) is True
    nothing_in_front = HandMade(paint=((lambda local: local[..., 1] > 18, -2000.0),))
    assert contrast_suspected(nothing_in_front.vertebra()) is None
