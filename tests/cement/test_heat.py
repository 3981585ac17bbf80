"""Heat in bone around a bolus: refusals, fields on the caller's grid, symmetry, and what makes it hotter."""

import numpy as np
import pytest

from vertebroplasty.cement.heat import BODY_C, ThermalBox, heat_in_bone
from vertebroplasty.errors import Refused


def block(shape=(12, 9, 10), part=0.85):
    fill = np.zeros(shape)
    fill[1:7, 2:7, 2:8] = part
    return fill


@pytest.fixture(scope="module")
def warm():
    return heat_in_bone(block(), 2.0)


def test_fields_lie_on_the_grid_that_was_given(warm):
    assert warm.peak_c.shape == (12, 9, 10)
    hottest = np.unravel_index(np.argmax(warm.peak_c), warm.peak_c.shape)
    assert block()[hottest] > 0
    assert warm.peak_c.max() == warm.peak_cement_c > warm.peak_bone_c > BODY_C


def test_far_from_the_cement_a_grid_stays_at_body_temperature():
    fill = np.zeros((4, 4, 40))
    fill[:, :, 0] = 0.5
    found = heat_in_bone(fill, 2.0, duration_s=60.0)
    assert found.peak_c[0, 0, -1] == BODY_C
    assert found.above_47_s[0, 0, -1] == 0.0


def test_a_cut_grid_gives_the_same_heat_as_a_large_one(warm):
    # bone beyond the grid is simulated as well, so that a tight grid changes nothing
    large = np.pad(block(), 5)
    there = heat_in_bone(large, 2.0).peak_c[5:-5, 5:-5, 5:-5]
    np.testing.assert_allclose(there, warm.peak_c, rtol=1e-10)


def test_the_measures_of_harm_are_ordered(warm):
    assert np.all(warm.above_50_s <= warm.above_47_s)
    assert warm.depth_above_50_c_mm <= warm.necrosis_depth_mm + 2.0
    # skin coefficients under-predict harm to bone
    assert warm.damage_depth_mm <= warm.cem43_depth_mm


def test_a_larger_bolus_is_hotter():
    small = np.zeros((9, 9, 9))
    small[3:6, 3:6, 3:6] = 0.85
    assert heat_in_bone(small, 2.0).peak_cement_c < heat_in_bone(block(), 2.0).peak_cement_c


def test_mixing_cool_cement_with_bone_in_a_voxel_conserves_heat():
    box = ThermalBox.of(np.full((1, 1, 1), 0.4), 1e-3)
    held = 0.4 * 1.8e6 * 22.0 + 0.6 * 2.6e6 * 37.0
    assert box.temperature_c[0, 0, 0] == pytest.approx(held / (0.4 * 1.8e6 + 0.6 * 2.6e6))


@pytest.mark.parametrize(
    ("fill", "options", "sentence"),
    [
        (np.zeros((3, 3, 3)), {}, "There is no cement"),
        (np.full((3, 3, 3), 1.5), {}, "outside 0 to 1"),
        (np.full((3, 3, 3), np.nan), {}, "outside 0 to 1"),
        (np.full((3, 3, 3), 0.5), {"cement_c": 60.0}, "leaves a syringe at 0 to 30"),
    ],
)
def test_impossible_cement_is_refused(fill, options, sentence):
    with pytest.raises(Refused, match=sentence):
        heat_in_bone(fill, 2.0, **options)
