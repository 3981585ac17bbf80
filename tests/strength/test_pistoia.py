"""The rule of strained bone: exact on a uniform bar, blind to cement, and scale-free."""

import pytest

from strength_bars import AREA_MM2, bar, halves
from vertebroplasty.errors import Refused
from vertebroplasty.strength.load_cases import compression
from vertebroplasty.strength.pistoia import pistoia_load_n
from vertebroplasty.strength.response import respond
from vertebroplasty.strength.specimen import Matter


def load_of(specimen, displacement_mm=0.2, **rule):
    return pistoia_load_n(respond(specimen, compression(specimen, displacement_mm)), **rule)


def test_a_uniform_bar_fails_at_modulus_times_strain_times_area():
    # The rule reads single voxels, whose strains are as good as the solver's residual of 1e-6, not its square.
    assert load_of(bar(100.0)) == pytest.approx(100.0 * 0.007 * AREA_MM2, rel=2e-5)
    assert load_of(bar(100.0), critical_strain=0.01) == pytest.approx(100.0 * 0.01 * AREA_MM2, rel=2e-5)


def test_the_displacement_of_the_linear_model_does_not_matter():
    assert load_of(bar(100.0), 0.01) == pytest.approx(load_of(bar(100.0), 1.0), rel=1e-5)


def test_half_a_bar_in_series_fails_with_its_softer_half():
    # Stress is the same in both; the softer half reaches 0.7 % first and is more than 2 % of the bone.
    specimen = bar(halves(50.0, 200.0, axis=0))
    assert load_of(specimen) == pytest.approx(50.0 * 0.007 * AREA_MM2, rel=2e-5)
    # Where 60 % must have failed, the stiffer half decides.
    assert load_of(specimen, critical_share=0.6) == pytest.approx(200.0 * 0.007 * AREA_MM2, rel=2e-5)


def test_cement_is_left_out():
    # The softer half is called cement: the stiffer one alone is counted.
    specimen = bar(halves(50.0, 200.0, axis=0), matter=halves(Matter.CEMENT_BONE, Matter.BONE, axis=0))
    assert load_of(specimen) == pytest.approx(200.0 * 0.007 * AREA_MM2, rel=2e-5)
    with pytest.raises(Refused, match="no bone free of cement"):
        load_of(bar(100.0, matter=Matter.CEMENT_BONE))


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1])
def test_an_impossible_share_is_refused(share):
    with pytest.raises(Refused, match="between 0 and 1"):
        load_of(bar(), critical_share=share)
