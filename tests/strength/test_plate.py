"""A free plate on a straight bar: beam theory, element by element."""

import numpy as np
import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.strength.load_cases import Motion
from vertebroplasty.strength.plate import flexion, free_plate
from vertebroplasty.strength.specimen import Matter, Specimen
from vertebroplasty.strength.under_force import plate_tilt_deg

MODULUS, SIDE_MM = 1000.0, 8.0


def forward_deg(response):
    return plate_tilt_deg(response)[0]


def bar(across, long, modulus=MODULUS):
    """A square bar of 8 mm; without lateral contraction its bonded ends do not matter and beam theory is exact."""
    field = np.broadcast_to(np.asarray(modulus, np.float32), (long, across, across)).copy()
    return Specimen(
        modulus_mpa=field,
        matter=np.full(field.shape, Matter.BONE, np.uint8),
        spacing_mm=SIDE_MM / across,
        height_mm=long * SIDE_MM / across,
        poisson_ratio=0.0,
    )


# A trilinear element bends by shearing: with nu = 0 and n elements across, a bar is stiffer in bending by 1 + 1/(2 n²).
@pytest.mark.parametrize("across", [2, 4])
def test_a_bar_bends_as_beam_theory_says_but_for_the_elements_own_shear(across):
    plate = free_plate(bar(across, 3 * across))
    length, ahead, force = 3 * SIDE_MM, 1.5, 100.0
    axial = force * length / (MODULUS * SIDE_MM**2)
    bending = MODULUS * SIDE_MM**4 / 12 * (1 + 1 / (2 * across**2))
    tilt = force * ahead * length / bending
    found = plate.under_force(force, ahead_mm=ahead)
    # 1e-6: the solver's residual; every other step is exact.
    assert force / found.stiffness == pytest.approx(axial + ahead * tilt, rel=1e-6)
    assert found.reaction_n == pytest.approx(force)
    top = found.displacement_mm[:, -1]
    assert (top[2, 0, 0] - top[2, -1, 0]) / SIDE_MM == pytest.approx(tilt, rel=1e-6)
    assert top[1].mean() == pytest.approx(tilt * length / 2, rel=1e-6)
    assert abs(top[0]).max() < 1e-7
    assert np.radians(forward_deg(found)) == pytest.approx(tilt, rel=1e-6)


def test_a_square_bar_bends_to_the_right_as_it_bends_forwards():
    plate = free_plate(bar(2, 6))
    right, ahead = plate.under_force(50.0, right_mm=2.0), plate.under_force(50.0, ahead_mm=2.0)
    assert right.stiffness == pytest.approx(ahead.stiffness, rel=1e-6)
    top = right.displacement_mm[2, -1]
    assert top[0, -1] < top[0, 0]
    assert top == pytest.approx(ahead.displacement_mm[2, -1].T, rel=1e-5)
    assert forward_deg(right) == pytest.approx(0.0, abs=1e-7)
    assert plate_tilt_deg(right)[1] == pytest.approx(forward_deg(ahead), rel=1e-5)


def test_a_central_force_does_not_tilt_a_symmetric_bar_and_scales():
    plate = free_plate(bar(2, 6))
    one, ten = plate.under_force(1.0), plate.under_force(10.0)
    assert one.stiffness == pytest.approx(MODULUS * SIDE_MM**2 / (3 * SIDE_MM), rel=1e-6)
    assert forward_deg(one) == pytest.approx(0.0, abs=1e-9)
    assert np.allclose(10 * one.displacement_mm, ten.displacement_mm, rtol=1e-12, atol=0)
    assert one.at_force(10.0).energy_n_mm == pytest.approx(ten.energy_n_mm, rel=1e-12)


def test_the_plate_matrix_is_symmetric_and_positive():
    modulus = np.full((4, 3, 3), 500.0)
    modulus[:, 2] = 100.0  # soft front
    plate = free_plate(bar(3, 4, modulus))
    assert len(plate.unit_responses) == len(Motion) == 5
    assert np.linalg.eigvalsh(plate.stiffness).min() > 0
    for row, response in enumerate(plate.unit_responses):
        assert plate.stiffness[row, row] == pytest.approx(response.stiffness, rel=1e-9)
    # A soft front lets the plate tilt forwards even under a central force.
    assert forward_deg(plate.under_force(1.0)) > 0


def test_the_energy_field_holds_the_work_of_the_force():
    found = flexion(bar(4, 6), 200.0)
    stored = found.energy_density_mpa().sum() * found.specimen.spacing_mm**3
    assert stored == pytest.approx(found.energy_n_mm, rel=1e-6)
    assert found.energy_n_mm == pytest.approx(0.5 * 200.0 * found.case.amount)


def test_flexion_is_softer_than_a_central_force_and_impossible_loads_are_refused():
    specimen = bar(2, 4)
    assert flexion(specimen).stiffness < free_plate(specimen).under_force(1.0).stiffness
    with pytest.raises(Refused, match="misses the body"):
        flexion(specimen, ahead_share=0.7)
    with pytest.raises(Refused, match="does not press"):
        free_plate(specimen).under_force(0.0)
