"""The curve over volumes: layers in series by hand, monotone, and the volume that restores."""

import numpy as np
import pytest

from strength_bars import AREA_MM2, HEIGHT_MM, SHAPE, bar
from vertebroplasty.errors import Refused
from vertebroplasty.strength.specimen import Matter
from vertebroplasty.strength.volume_curve import damaged, volume_curve, with_fill


def layers(count):
    """Cement that fills so many layers of the bar."""
    fill = np.zeros(SHAPE, np.float32)
    fill[:count] = 1.0
    return fill


def in_series(count, bone=100.0, cement=1000.0):
    """Stiffness of the bar with full layers of bone and cement together."""
    return AREA_MM2 / HEIGHT_MM / ((count / (bone + cement) + (8 - count) / bone) / 8)


def test_layers_in_series_by_hand():
    curve = volume_curve(bar(100.0), {1.0: layers(2), 2.0: layers(4)}, cement_mpa=1000.0)
    stiffness = [point.stiffness_n_per_mm for point in curve.points]
    assert stiffness == pytest.approx([in_series(0), in_series(2), in_series(4)], rel=1e-5)
    assert curve.points[2].stiffness_ratio == pytest.approx(in_series(4) / in_series(0), rel=1e-5)
    assert curve.points[2].failure_load_ratio == pytest.approx(curve.points[2].stiffness_ratio)
    assert curve.points[1].body_share == pytest.approx(1.0 / 1.024)
    assert curve.restoring_ml is None
    assert "nothing to restore" in curve.why_unknown


def test_the_restoring_volume_lies_between_its_neighbours():
    # 40 % lost: 60 MPa.  In series with 1060 MPa it is back at 100 MPa where x/1060 + (1-x)/60 = 1/100: x = 0.424,
    # between 3 and 4 of 8 layers.
    curve = volume_curve(bar(100.0), {3.0: layers(3), 4.0: layers(4)}, lost_modulus=0.4, cement_mpa=1000.0)
    assert curve.undamaged_stiffness_n_per_mm == pytest.approx(in_series(0), rel=1e-5)
    three, four = (in_series(n, bone=60.0) for n in (3, 4))
    assert curve.restoring_ml == pytest.approx(3 + (in_series(0) - three) / (four - three), rel=1e-4)
    assert 3 < curve.restoring_ml < 8 * 0.424 + 0.05


def test_too_little_cement_restores_nothing():
    curve = volume_curve(bar(100.0), {1.0: layers(1)}, lost_modulus=0.4, cement_mpa=1000.0)
    assert curve.restoring_ml is None
    assert "Up to 1 ml do not restore" in curve.why_unknown


def test_liquid_cement_restores_nothing_however_much():
    curve = volume_curve(bar(100.0), {8.0: layers(8)}, lost_modulus=0.1, cement_mpa=0.0)
    assert curve.restoring_ml is None
    assert curve.points[1].stiffness_ratio == pytest.approx(1.0, rel=1e-6)


def test_where_all_bone_holds_cement_the_rule_of_strained_bone_is_silent():
    curve = volume_curve(bar(100.0), {8.0: layers(8)})
    assert curve.points[0].pistoia_load_n is not None
    assert curve.points[1].pistoia_load_n is None


def test_damage_takes_from_bone_alone():
    specimen = bar(100.0, matter=Matter.CAP)
    assert (damaged(specimen, 0.5).modulus_mpa == 100).all()
    assert (damaged(bar(100.0), 0.5).modulus_mpa == 50).all()
    with pytest.raises(Refused, match=r"loss of 1\.0"):
        damaged(specimen, 1.0)


def test_cement_in_a_cap_bears_nothing():
    specimen = bar(100.0, matter=Matter.CAP)
    assert (with_fill(specimen, layers(8)).modulus_mpa == 100).all()


def test_what_does_not_fit_is_refused():
    with pytest.raises(Refused, match="does not lie on the specimen"):
        with_fill(bar(), np.zeros((2, 2, 2), np.float32))
    with pytest.raises(Refused, match="needs a volume"):
        volume_curve(bar(), {})


def test_cement_on_one_side_makes_a_tilting_plate_dip_to_the_other():
    left = np.zeros(SHAPE, np.float32)
    left[:, :, :2] = 0.5
    for fill, sign in ((left, 1), (left[:, :, ::-1], -1)):
        point = volume_curve(bar(100.0), {1.0: fill}, with_toggle=True).points[1]
        assert sign * point.toggle.tilt_right_deg_per_kn > 0
        assert abs(point.toggle.tilt_forward_deg_per_kn) < 1e-3 * abs(point.toggle.tilt_right_deg_per_kn)
        # Whoever may tilt gives way further than who must stay level.
        assert point.toggle.stiffness_n_per_mm < point.stiffness_n_per_mm


def test_a_plate_on_a_uniform_bar_stays_level():
    toggle = volume_curve(bar(100.0), {1.0: layers(2)}, with_toggle=True).points[0].toggle
    assert toggle.stiffness_n_per_mm == pytest.approx(in_series(0), rel=1e-5)
    assert abs(toggle.tilt_right_deg_per_kn) < 1e-3
