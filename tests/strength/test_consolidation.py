"""Strength while cement sets: nothing when liquid, all when set, and twelve hours whatever the model says."""

import pytest

from strength_bars import AREA_MM2, HEIGHT_MM, bar
from vertebroplasty.errors import Refused
from vertebroplasty.strength.consolidation import Setting, consolidation
from vertebroplasty.strength.material import CEMENT_MPA


def filled(cement_mpa):
    """A bar of 100 MPa with a third of every voxel's stiffness from cement."""
    return bar(100.0 + cement_mpa / 3)


def test_a_bar_gains_in_proportion_to_what_has_set():
    curve = [Setting(time_s=t, conversion=x) for t, x in ((0, 0.0), (600, 0.4), (3600, 1.0), (43200, 1.0))]
    steps = consolidation(filled, curve)
    for step, point in zip(steps, curve, strict=True):
        modulus = 100 + CEMENT_MPA * point.conversion / 3
        assert step.stiffness_n_per_mm == pytest.approx(modulus * AREA_MM2 / HEIGHT_MM, rel=1e-5)
        assert step.failure_load_n == pytest.approx(0.0068 * modulus * AREA_MM2, rel=1e-5)
        assert step.gain == pytest.approx(point.conversion, abs=1e-5)
    assert [step.rest_over for step in steps] == [False, False, False, True]


def test_no_cement_gains_nothing():
    (step,) = consolidation(lambda _: bar(100.0), [Setting(time_s=0, conversion=1.0)])
    assert step.gain is None


@pytest.mark.parametrize(
    "points",
    [[], [(10, 0.5), (10, 0.6)], [(10, 0.5), (20, 0.4)], [(-1, 0.5)]],
    ids=["empty", "same time", "falling", "before mixing"],
)
def test_impossible_curves_are_refused(points):
    with pytest.raises(Refused, match="setting curve"):
        consolidation(filled, [Setting(time_s=t, conversion=x) for t, x in points])


def test_an_impossible_conversion_is_refused():
    with pytest.raises(Refused, match=r"conversion of 1\.1"):
        consolidation(filled, [Setting(time_s=0, conversion=1.1)])
