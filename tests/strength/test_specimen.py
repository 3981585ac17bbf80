"""Specimens and their fields: shapes, places, and a load scaled to a force."""

from dataclasses import replace

import numpy as np
import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.strength.body_specimen import body_specimen
from vertebroplasty.strength.load_cases import compression
from vertebroplasty.strength.load_map import load_map, most_loaded_strain
from vertebroplasty.strength.material import DEFAULT_LAW, LAWS
from vertebroplasty.strength.response import respond
from vertebroplasty.strength.specimen import Matter, Specimen


def block(shape=(6, 4, 4), modulus=500.0, matter=Matter.BONE):
    return Specimen(
        modulus_mpa=np.full(shape, modulus, np.float32),
        matter=np.full(shape, matter, np.uint8),
        spacing_mm=1.0,
        height_mm=float(shape[0]),
        poisson_ratio=0.0,
    )


@pytest.fixture(scope="module")
def pressed():
    specimen = block()
    return respond(specimen, compression(specimen))


def test_a_uniform_bar_is_strained_alike_everywhere(pressed):
    # nu = 0: strain = displacement / length, energy per volume ½ E strain².
    strain = 0.2 / 6
    assert pressed.stiffness == pytest.approx(500 * 16 / 6, rel=1e-6)
    assert pressed.effective_strain() == pytest.approx(np.full((6, 4, 4), strain), rel=1e-6)
    assert pressed.energy_density_mpa() == pytest.approx(np.full((6, 4, 4), 250 * strain**2), rel=1e-6)
    forces = pressed.forces_n()
    assert -forces[2, -1].sum() == pytest.approx(pressed.reaction_n, rel=1e-6)
    assert forces[2, 0].sum() == pytest.approx(pressed.reaction_n, rel=1e-6)


def test_a_force_scales_the_response_by_proportion(pressed):
    loaded = pressed.at_force(800.0)
    assert loaded.reaction_n == pytest.approx(800.0)
    assert loaded.effective_strain() == pytest.approx(np.full((6, 4, 4), 800 / 16 / 500), rel=1e-6)
    assert loaded.energy_n_mm == pytest.approx(0.5 * 800**2 / pressed.stiffness)
    assert loaded.stiffness == pressed.stiffness
    with pytest.raises(Refused, match="does not press"):
        pressed.at_force(-1.0)


def test_maps_lie_on_the_vertebras_grid_and_mark_the_softest(cylinder):
    body = cylinder.body()
    soft = body & (np.arange(body.shape[2]) > 19)  # the right half is half as dense
    grid = replace(cylinder, hu=np.where(soft, 50.0, cylinder.hu).astype(np.float32))
    specimen = body_specimen(grid, 0.77 * grid.hu, law=LAWS[DEFAULT_LAW])
    response = respond(specimen, compression(specimen))
    found = load_map(response, 500.0, body.shape)
    assert (found.strain_energy_mpa > 0)[body].all()
    assert not found.strain_energy_mpa[~body].any()
    assert not (found.most_loaded & ~body).any()
    # Round to the nearest voxel; nothing else may be lost.
    assert found.most_loaded.sum() == round(0.05 * body.sum())
    rest = body & ~found.most_loaded
    assert found.effective_strain[found.most_loaded].min() >= found.effective_strain[rest].max()
    assert found.most_loaded_strain == pytest.approx(found.effective_strain[found.most_loaded].mean())
    assert found.most_loaded_strain == pytest.approx(most_loaded_strain(response.at_force(500.0)))
    # Twice the force: strain twice, energy four times.
    twice = load_map(response, 1000.0, body.shape)
    assert twice.strain_energy_mpa[body] == pytest.approx(4 * found.strain_energy_mpa[body])


def test_the_density_returns_to_where_it_was(cylinder):
    specimen = body_specimen(cylinder, 0.77 * cylinder.hu, law=LAWS[DEFAULT_LAW])
    back = specimen.onto_grid(specimen.density_mg_per_ml, cylinder.hu.shape)
    assert back[cylinder.body()] == pytest.approx(77.0, rel=1e-6)
    assert not back[~cylinder.body()].any()
    assert specimen.made_of(Matter.CAP)[[0, -1]].any(axis=(1, 2)).all()


def test_what_reaches_beyond_the_grid_is_dropped_on_every_side():
    specimen = replace(block(), first_kji=(-2, 1, -1))
    field = np.arange(96.0).reshape(6, 4, 4)
    placed = specimen.onto_grid(field, (3, 4, 5), outside=-1.0)
    assert placed[:, 1:, :3].tolist() == field[2:5, :3, 1:].tolist()
    assert (placed == -1).sum() == placed.size - 27


def test_fields_that_do_not_fit_are_refused():
    with pytest.raises(Refused, match="differ in shape"):
        replace(block(), matter=np.zeros((2, 2, 2), np.uint8))
    hollow = block().modulus_mpa.copy()
    hollow[-1] = 0
    with pytest.raises(Refused, match="both plates"):
        replace(block(), modulus_mpa=hollow)
    capped = block(matter=Matter.CAP)
    with pytest.raises(Refused, match="nothing can be mapped"):
        most_loaded_strain(respond(capped, compression(capped)))
