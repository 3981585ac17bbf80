"""The mirror plane of a symmetric solid is found from any start within the searched angles."""

import numpy as np
import pytest

from analytic_field import WORLD, field_of
from vertebroplasty.anatomy.symmetry import SymmetryBox, best_yaw, mirror_frame, turned


def solid(points):
    """An ellipsoid with a smaller one behind it: symmetric about right = 0 only."""
    right, anterior, superior = np.moveaxis(WORLD.to_local(points), -1, 0)
    body = np.sqrt((right / 22) ** 2 + (anterior / 16) ** 2 + (superior / 12) ** 2) * 16 - 16
    arch = np.sqrt((right / 12) ** 2 + ((anterior + 26) / 9) ** 2 + ((superior + 6) / 9) ** 2) * 9 - 9
    return np.minimum(body, arch)


FIELD = field_of(solid, 45.0, 1.5)
BOX = SymmetryBox(anterior_low_mm=-35, anterior_high_mm=16, superior_low_mm=-15, superior_high_mm=15)


@pytest.mark.parametrize(("yaw", "roll", "shift"), [(0.12, 0.05, 3.0), (-0.2, 0.1, -4.0), (0.0, -0.15, 5.0)])
def test_the_mirror_plane_is_found(yaw, roll, shift):
    found = mirror_frame(FIELD, turned(WORLD, yaw=yaw, roll=roll, shift_mm=shift), BOX)
    # a tenth of a degree: far below what a label of voxels would allow
    assert found.right @ WORLD.right > np.cos(np.radians(0.1))
    assert abs((found.origin_lps_mm - WORLD.origin_lps_mm) @ WORLD.right) < 0.05
    assert np.linalg.det(found.axes) == pytest.approx(1.0)


def test_the_best_of_many_yaws_is_the_nearest():
    turned_away = turned(WORLD, yaw=0.5)
    found = best_yaw(FIELD, turned_away, BOX, tuple(np.radians(range(-48, 49, 6))))
    assert found.right @ WORLD.right > np.cos(np.radians(3.1))  # half a step


def test_turning_by_angles_keeps_a_right_handed_orthonormal_frame():
    frame = turned(WORLD, yaw=0.3, roll=-0.2, pitch=0.4, shift_mm=7.0)
    assert frame.axes @ frame.axes.T == pytest.approx(np.eye(3), abs=1e-12)
    assert np.linalg.det(frame.axes) == pytest.approx(1.0)
