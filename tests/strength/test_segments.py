"""Discs and neighbours: what a column of known springs must give, and what a scan must hold."""

from dataclasses import replace

import numpy as np
import pytest

from vertebroplasty.anatomy.grid import Tissue
from vertebroplasty.anatomy.vertebra import Part
from vertebroplasty.errors import Refused
from vertebroplasty.strength.adjacent import adjacent_change, endplate_load
from vertebroplasty.strength.body_specimen import body_specimen
from vertebroplasty.strength.cases import CASES, not_modelled, setting_of
from vertebroplasty.strength.compression import compress
from vertebroplasty.strength.endplates import body_shortening_mm, segment_failure_load_n
from vertebroplasty.strength.load_cases import compression
from vertebroplasty.strength.material import LAWS
from vertebroplasty.strength.response import respond
from vertebroplasty.strength.result import ratio
from vertebroplasty.strength.segment_specimen import disc_specimen, stack_specimen
from vertebroplasty.strength.specimen import Matter
from vertebroplasty.strength.under_force import neighbours_under_force, under_force

from .conftest import grid_of

LAW = LAWS["kopperdahl2002-power"]
BODY_LAYERS, DISC_LAYERS, SIDE = 10, 4, 8


@pytest.fixture(scope="module")
def column():
    """A straight column: neighbour, disc, body, disc, neighbour, all 8 x 8 mm across."""
    layers = 3 * BODY_LAYERS + 2 * DISC_LAYERS
    tissue = np.full((layers + 2, SIDE + 2, SIDE + 2), int(Tissue.SOFT), np.uint8)
    inside = (slice(1, -1), slice(1, -1))
    part, below, above = (np.zeros(tissue.shape, np.uint8) for _ in range(3))
    places = (
        (below, BODY_LAYERS, None),
        (None, DISC_LAYERS, Tissue.DISC_BELOW),
        (part, BODY_LAYERS, None),
        (None, DISC_LAYERS, Tissue.DISC_ABOVE),
        (above, BODY_LAYERS, None),
    )
    k = 1
    for target, height, disc in places:
        window = (slice(k, k + height), *inside)
        if target is None:
            tissue[window] = int(disc)
        else:
            target[window] = Part.BODY
            tissue[window] = int(Tissue.TRABECULAR if target is part else Tissue.NEIGHBOUR)
        k += height
    grid = grid_of(np.full(tissue.shape, 150.0), part == Part.BODY, tissue=tissue)
    return replace(grid, above=above, below=below)


def loaded(build, grid, **options):
    specimen = build(grid, 0.77 * grid.hu, law=LAW, **options)
    return respond(replace(specimen, poisson_ratio=0.0), compression(specimen))


def springs(*pieces):
    """Stiffness of bars in a row: (length, modulus)."""
    return SIDE**2 / sum(length / modulus for length, modulus in pieces)


@pytest.mark.parametrize("disc_mpa", [5.0, 20.0])
def test_a_body_between_discs_is_a_row_of_springs(column, disc_mpa):
    # Without lateral contraction a straight column is a row of bars, caps of 3 mm at either end included.
    bone = float(LAW.modulus_mpa(np.array([0.77 * 150.0]))[0])
    found = loaded(disc_specimen, column, disc_mpa=disc_mpa)
    expected = springs((6, 2500.0), (2 * DISC_LAYERS, disc_mpa), (BODY_LAYERS, bone))
    assert found.stiffness == pytest.approx(expected, rel=1e-5)
    force = found.reaction_n
    assert body_shortening_mm(found) == pytest.approx(force * BODY_LAYERS / bone / SIDE**2, rel=1e-4)
    # The body fails at 0.68 % of its own height, however soft the discs are.
    assert segment_failure_load_n(found) == pytest.approx(0.0068 * bone * SIDE**2, rel=1e-4)


def test_a_stack_is_a_longer_row_of_springs(column):
    bone = float(LAW.modulus_mpa(np.array([0.77 * 150.0]))[0])
    found = loaded(stack_specimen, column)
    expected = springs((6, 2500.0), (2 * DISC_LAYERS, 10.0), (3 * BODY_LAYERS, bone))
    assert found.stiffness == pytest.approx(expected, rel=1e-5)
    one = loaded(stack_specimen, replace(column, below=None))
    assert one.stiffness == pytest.approx(springs((6, 2500.0), (DISC_LAYERS, 10.0), (2 * BODY_LAYERS, bone)), rel=1e-5)
    assert {int(value) for value in np.unique(found.specimen.matter)} == {1, 5, 6, 7, 8}


def test_the_neighbours_endplate_carries_the_whole_force_evenly(column):
    found = loaded(stack_specimen, column)
    for side in (Matter.NEIGHBOUR_ABOVE, Matter.NEIGHBOUR_BELOW):
        load = endplate_load(found, side, 640.0)
        assert load.total_n == pytest.approx(640.0, rel=1e-4)
        assert load.peak_mpa == pytest.approx(640.0 / SIDE**2, rel=1e-3)
        assert load.nucleus_mpa == pytest.approx(640.0 / SIDE**2, rel=1e-3)
        # Of 8 x 8 columns the 6 x 6 inner ones: the ring in which the deepest 40 % end counts whole.
        assert load.nucleus_share == pytest.approx(36 / 64, rel=1e-3)
    with pytest.raises(Refused, match="above or below"):
        endplate_load(found, Matter.DISC, 640.0)
    with pytest.raises(Refused, match="No disc meets"):
        endplate_load(loaded(disc_specimen, column), Matter.NEIGHBOUR_ABOVE, 640.0)


def cement(grid, radius_mm):
    middle = np.argwhere(grid.body()).mean(axis=0)
    far = np.sqrt(sum((axis - m) ** 2 for axis, m in zip(np.indices(grid.hu.shape), middle, strict=True)))
    return np.where((far <= radius_mm) & grid.body(), 0.8, 0.0)


def test_cement_moves_load_towards_the_neighbours_middle(column):
    before, after = (
        compress(column, setting="stack", calibration="generic", fill=fill) for fill in (None, cement(column, 4.5))
    )
    above, below = neighbours_under_force(before, after, 500.0)
    # Published models: up by 17 to 19 % with a fluid nucleus; here the direction, and equal on both sides by symmetry.
    assert 1.0 < above.nucleus_pressure < 1.19
    assert above.total_at_same_displacement > 1.0
    assert above.nucleus_pressure == pytest.approx(below.nucleus_pressure, rel=1e-4)
    assert above.before.total_n == pytest.approx(above.after.total_n, rel=1e-3)
    same = adjacent_change(before.response, before.response, 500.0)
    assert [change.peak for change in same] == [1.0, 1.0]
    with pytest.raises(Refused, match="differ in shape or load"):
        adjacent_change(before.response, compress(column, setting="flexion").response, 500.0)


def test_the_failure_ratio_of_a_segment_is_the_bodys_not_the_discs(column):
    before, after = (compress(column, setting="through-discs", fill=fill) for fill in (None, cement(column, 4.5)))
    compared = ratio(before, after)
    assert compared.stiffness == pytest.approx(1.0, abs=0.1)
    assert compared.failure_load > 1.2
    assert any("10 MPa" in note for note in before.notes)
    assert "disc-modulus" in before.sources
    assert "Polikeit2003" not in before.sources
    assert any("facet joints" in sentence for sentence in not_modelled("stack"))


def test_what_a_case_lacks_is_refused(column, cylinder):
    with pytest.raises(Refused, match="No disc lies above"):
        compress(cylinder, setting="through-discs")
    with pytest.raises(Refused, match="holds no neighbour"):
        compress(cylinder, setting="stack")
    with pytest.raises(Refused, match="published 5 to 50 MPa"):
        compress(column, setting=setting_of("stack", disc_mpa=500.0))
    with pytest.raises(Refused, match="is not known: choose compression, flexion"):
        compress(column, setting="sideways")


def test_metal_in_a_neighbour_leaves_the_stack_unknown(column):
    tissue = column.tissue.copy()
    tissue[3, 3, 3] = int(Tissue.METAL)
    result = compress(replace(column, tissue=tissue), setting="stack")
    assert result.stiffness_n_per_mm is None
    assert "neighbour" in result.why_unknown


def test_a_force_of_choice(cylinder):
    for name in ("compression", "flexion"):
        result = compress(cylinder, setting=name)
        assert result.criterion == CASES[name].criterion
        one, two = (under_force(result, force) for force in (500.0, 1000.0))
        assert two.plate_shortening_mm == pytest.approx(1000.0 / result.stiffness_n_per_mm)
        assert two.most_loaded_strain == pytest.approx(2 * one.most_loaded_strain)
        assert 0 < one.body_shortening_mm < one.plate_shortening_mm or name == "flexion"
        assert (one.tilt_forward_deg > 0) == (name == "flexion")
    assert under_force(compress(cylinder, calibration="none"), 500.0) is None


def test_a_quarter_turn_of_the_voxels_changes_nothing(cylinder):
    specimen = body_specimen(cylinder, 0.77 * cylinder.hu, law=LAW)
    turned = replace(
        specimen,
        modulus_mpa=np.ascontiguousarray(np.rot90(specimen.modulus_mpa, axes=(1, 2))),
        matter=np.rot90(specimen.matter, axes=(1, 2)),
        density_mg_per_ml=None,
    )
    one, two = (respond(each, compression(each)).stiffness for each in (specimen, turned))
    # The energy's error is of the square of the residual, 1e-6.
    assert two == pytest.approx(one, rel=1e-9)


def test_bone_softer_across_is_softer_under_confinement_and_never_mixed_with_isotropic(cylinder):
    one = compress(cylinder)
    two = compress(cylinder, setting=setting_of("compression", isotropy="transverse"))
    # Along the spine the modulus is the same; what changes is how much the bonded ends and the core hold each other.
    assert 0.8 * one.stiffness_n_per_mm < two.stiffness_n_per_mm < one.stiffness_n_per_mm
    assert any("transverse isotropy" in note for note in two.notes)
    assert "bone-elastic-ratios" in two.sources
    stored = two.response.energy_density_mpa().sum() * cylinder.spacing_mm**3
    assert stored == pytest.approx(two.response.energy_n_mm, rel=1e-6)
    with pytest.raises(Refused, match="cannot be compared"):
        ratio(one, two)
    with pytest.raises(Refused, match="isotropic or transverse"):
        setting_of("compression", isotropy="none")


def test_a_body_wider_than_its_disc_is_loaded_through_the_disc_alone(column):
    tissue = column.tissue.copy()
    rim = np.ones(tissue.shape[1:], bool)
    rim[3:-3, 3:-3] = False
    for disc in (Tissue.DISC_ABOVE, Tissue.DISC_BELOW):
        tissue[(tissue == int(disc)) & rim] = int(Tissue.SOFT)
    specimen = disc_specimen(replace(column, tissue=tissue), 0.77 * column.hu, law=LAW)
    caps = specimen.made_of(Matter.CAP).any(axis=0)
    assert caps.sum() == 16
    assert (specimen.made_of(Matter.DISC).any(axis=0) == caps).all()


def test_cement_on_one_side_makes_the_plate_tilt_to_the_other(cylinder):
    right_half = np.arange(cylinder.hu.shape[2]) > 19
    fill = np.where(cylinder.body() & right_half, 0.6, 0.0)
    found = [under_force(compress(cylinder, setting="flexion", fill=each), 500.0) for each in (None, fill)]
    # The cylinder is symmetric from left to right, so untreated it does not tilt sideways.
    assert found[0].tilt_right_deg == pytest.approx(0.0, abs=1e-3 * found[0].tilt_forward_deg)
    assert found[1].tilt_right_deg < -0.1 * found[1].tilt_forward_deg
