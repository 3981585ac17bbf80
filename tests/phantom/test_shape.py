"""The shape of one synthetic vertebra: its heights, edges and mirror image."""

from dataclasses import replace

import numpy as np
import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.phantom import Breach, Bulge, Cleft, LevelShape, LyticHole, OldCement, PedicleShape, Screw

WEDGE = LevelShape(anterior_mm=19.0, middle_mm=20.0, posterior_mm=27.0, upper_share=0.8)


def test_heights_are_the_distances_between_the_plates():
    upper, lower = WEDGE.upper_mm, WEDGE.lower_mm
    assert np.subtract(upper, lower) == pytest.approx((19.0, 20.0, 27.0), abs=1e-12)
    for depth, height in ((0.5, 19.0), (0.0, 20.0), (-0.5, 27.0)):
        above, below = WEDGE.plates_mm(0.0, depth * WEDGE.depth_mm)
        assert above - below == pytest.approx(height, abs=1e-12)


def test_the_origin_lies_half_way_between_the_middle_points():
    assert WEDGE.upper_mm[1] == -WEDGE.lower_mm[1]


def test_the_width_is_the_largest_of_the_middle_third():
    heights = np.linspace(-1.0, 1.0, 41) / 3.0 * WEDGE.half_height_mm
    depths = np.linspace(-0.5, 0.5, 1001)[:, None] * WEDGE.depth_mm
    # The widest depth lies between two samples: the maximum is flat there, well within 1e-4 mm.
    assert 2.0 * WEDGE.edge_mm(depths, heights).max() == pytest.approx(WEDGE.width_mm, abs=1e-4)


def test_the_front_of_the_body_is_half_a_depth_before_its_centre():
    assert WEDGE.edge_mm(0.5 * WEDGE.depth_mm, 0.0) == pytest.approx(0.0, abs=1e-9)
    assert WEDGE.edge_mm(0.499 * WEDGE.depth_mm, 0.0) > 0.0


def test_the_pedicle_axis_converges_and_stays_clear_of_the_canal():
    shape = LevelShape(pedicle_right=PedicleShape(convergence_deg=15.0, tilt_deg=5.0))
    axis = shape.pedicle_right.axis("right")
    assert axis[0] < 0.0 < axis[1]  # forwards and to the midline
    assert np.degrees(np.arctan2(-axis[0], axis[1])) == pytest.approx(15.0)
    assert np.degrees(np.arcsin(axis[2])) == pytest.approx(5.0)
    medial = shape.isthmus_mm("right")[0] - 0.5 * shape.pedicle_right.width_mm
    assert medial > 0.5 * shape.canal_width_mm


def test_mirroring_twice_gives_the_same_vertebra():
    shape = replace(
        WEDGE,
        pedicle_left=PedicleShape(width_mm=7.0),
        lytic_hole=LyticHole(centre_mm=(8.0, 1.0, 2.0), radius_mm=4.0),
        cleft=Cleft(centre_mm=(-3.0, 0.0, 1.0), half_axes_mm=(8.0, 6.0, 2.0)),
        old_cement=OldCement(centre_mm=(5.0, 5.0, 0.0), radius_mm=3.0),
        screw=Screw(side="left"),
        breaches=(Breach(toward="left", at_mm=(3.0, 1.0)), Breach(toward="disc-above", at_mm=(4.0, 2.0))),
    )
    image = shape.mirrored()
    assert image.mirrored() == shape
    assert image.pedicle_right.width_mm == 7.0
    assert image.breaches[0].toward == "right"
    assert image.breaches[1].at_mm == (-4.0, 2.0)
    assert image.lytic_hole.centre_mm == (-8.0, 1.0, 2.0)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: LevelShape(middle_mm=30.0), "lower middle_mm"),
        (lambda: LevelShape(depth_mm=0.0), "above 0 mm"),
        (lambda: LevelShape(upper_share=1.2), "between 0 and 1"),
        (lambda: Bulge(canal_percent=95.0), "at most 90 %"),
        (lambda: Breach(toward="up", at_mm=(0.0, 0.0)), "disc-above, disc-below"),
        (lambda: Cleft(centre_mm=(0.0, 0.0, 0.0), half_axes_mm=(1.0, 1.0, 1.0), content="blood"), "gas or fluid"),
    ],
)
def test_impossible_shapes_are_refused(wrong, message):
    with pytest.raises(Refused, match=message):
        wrong()
