"""Stated axes are squared and checked; a stated wall becomes a line in the vertebra's own axes."""

import numpy as np
import pytest

from vertebroplasty.anatomy.landmarks import WallLandmark, axes_of
from vertebroplasty.errors import Refused
from vertebroplasty.geometry.frame import Frame

RIGHT, ANTERIOR, SUPERIOR = np.array([-1.0, 0, 0]), np.array([0, -1.0, 0]), np.array([0, 0, 1.0])
UPRIGHT = Frame(np.array([5.0, 6.0, 7.0]), RIGHT, ANTERIOR, SUPERIOR)


@pytest.mark.parametrize("left_out", ["right", "anterior", "superior", None])
def test_two_axes_give_the_third(left_out):
    given = {"right": RIGHT, "anterior": ANTERIOR, "superior": SUPERIOR}
    given.pop(left_out, None)
    assert axes_of(given) == pytest.approx(np.stack([RIGHT, ANTERIOR, SUPERIOR]))


def test_axes_read_by_hand_are_squared():
    tilt = np.radians(1.5)
    axes = axes_of({"right": RIGHT, "superior": np.array([np.sin(tilt), 0, np.cos(tilt)])})
    assert axes @ axes.T == pytest.approx(np.eye(3))
    assert np.cross(axes[0], axes[1]) == pytest.approx(axes[2])


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"right": RIGHT}, "need two of"),
        ({"right": -RIGHT, "superior": SUPERIOR}, "x grows to the left"),
        ({"right": 2.3 * RIGHT, "superior": SUPERIOR}, "2.3 long"),
        ({"right": 0 * RIGHT, "superior": SUPERIOR}, "0 long"),
        ({"right": RIGHT, "superior": np.array([-np.sin(0.2), 0, np.cos(0.2)])}, "off a right angle"),
    ],
)
def test_what_cannot_be_axes_is_refused(given, sentence):
    with pytest.raises(Refused, match=sentence):
        axes_of(given)


def test_points_on_a_tilted_wall_give_its_line():
    local = np.array([[0.0, -15.0 + 0.1 * up, up] for up in (-8.0, 0.0, 8.0)])
    zero, slope = WallLandmark(points_lps_mm=UPRIGHT.to_world(local)).line_in(UPRIGHT, 0.0)
    assert (zero, slope) == pytest.approx((-15.0, 0.1))


def test_one_point_moves_the_wall_and_keeps_its_slope():
    point = UPRIGHT.to_world(np.array([[2.0, -14.0, 5.0]]))
    zero, slope = WallLandmark(points_lps_mm=point).line_in(UPRIGHT, 0.2)
    assert (zero, slope) == pytest.approx((-15.0, 0.2))


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_plane_gives_the_same_line_whichever_way_its_normal_points(sign):
    tilt = np.arctan(0.1)  # superior · 0.1 further to the front
    normal = UPRIGHT.direction_to_world(sign * np.array([0.0, np.cos(tilt), -np.sin(tilt)]))
    wall = WallLandmark(points_lps_mm=UPRIGHT.to_world(np.array([[0.0, -15.0, 0.0]])), normal_lps=normal)
    assert wall.line_in(UPRIGHT, 0.0) == pytest.approx((-15.0, 0.1))


def test_an_endplate_is_no_posterior_wall():
    wall = WallLandmark(points_lps_mm=UPRIGHT.origin_lps_mm[None], normal_lps=SUPERIOR)
    with pytest.raises(Refused, match="frontal plane"):
        wall.line_in(UPRIGHT, 0.0)
