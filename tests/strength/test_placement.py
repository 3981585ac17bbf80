"""Boluses hold exactly their volume, where they were asked for; an injection's first millilitres come in its order."""

import numpy as np
import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.strength.placement import Placement, bolus, first_millilitres, onto_specimen
from vertebroplasty.strength.specimen import Specimen

BODY = np.zeros((26, 34, 44), bool)
BODY[2:24, 3:31, 4:40] = True


@pytest.mark.parametrize("placement", Placement)
@pytest.mark.parametrize("volume_ml", [0.001, 1.5, 2.8, 6.5])
def test_a_bolus_holds_its_volume_inside_the_shell(placement, volume_ml):
    fill = bolus(BODY, 1.0, volume_ml, placement)
    assert fill.sum() / 1000 == pytest.approx(volume_ml, rel=1e-5)  # float32 fills
    assert fill.max() <= 0.85 * (1 + 1e-6)
    assert not fill[~BODY].any()
    assert not fill[BODY & ~(np.pad(BODY, 0) & np.roll(BODY, 1, 0) & np.roll(BODY, -1, 0))].any()


def test_it_grows_outwards():
    small, large = (bolus(BODY, 1.0, ml) for ml in (2.0, 5.0))
    assert (large >= small - 1e-7).all()


def test_a_central_bolus_is_symmetric():
    fill = bolus(BODY, 1.0, 3.0)
    for axis in range(3):
        middle = {0: slice(2, 24), 1: slice(3, 31), 2: slice(4, 40)}[axis]
        cut = fill[tuple(middle if a == axis else slice(None) for a in range(3))]
        assert cut == pytest.approx(np.flip(cut, axis), abs=1e-6)


def middle_of(fill):
    return np.array([np.average(index, weights=fill) for index in np.indices(fill.shape)])


def test_left_and_right_mirror_each_other_and_left_is_where_i_is_small():
    central, left, right = (middle_of(bolus(BODY, 1.0, 2.0, p)) for p in ("central", "left", "right"))
    assert left[2] < central[2] - 5 < central[2] + 5 < right[2]
    assert left[2] + right[2] == pytest.approx(2 * central[2], abs=0.01)
    assert middle_of(bolus(BODY, 1.0, 2.0, Placement.ASYMMETRIC))[0] > central[0] + 3


def test_voxel_size_does_not_move_the_volume():
    fine = BODY.repeat(2, 0).repeat(2, 1).repeat(2, 2)
    assert bolus(fine, 0.5, 3.0).sum() * 0.125 / 1000 == pytest.approx(3.0, rel=1e-5)


@pytest.mark.parametrize(("volume_ml", "words"), [(0.0, "no volume"), (-1.0, "no volume"), (50.0, "The body holds")])
def test_impossible_volumes_are_refused(volume_ml, words):
    with pytest.raises(Refused, match=words):
        bolus(BODY, 1.0, volume_ml)


def test_a_body_of_nothing_but_shell_is_refused():
    with pytest.raises(Refused, match="no room"):
        bolus(np.zeros((5, 5, 5), bool), 1.0, 1.0)


def test_first_millilitres_come_in_the_order_of_arrival():
    fill = np.zeros(BODY.shape, np.float32)
    fill[5, 10, 10:15] = 0.8
    arrival = np.full(BODY.shape, np.inf, np.float32)
    arrival[5, 10, 10:14] = [3.0, 1.0, 2.0, 4.0]  # the fifth never passed half of its content: it comes last
    part = first_millilitres(fill, arrival, BODY, 1.0, 2.0e-3)
    assert part[5, 10, 10:15] == pytest.approx([0.4, 0.8, 0.8, 0, 0], abs=1e-6)
    whole = first_millilitres(fill, arrival, BODY, 1.0, 4.0e-3)
    assert whole == pytest.approx(fill, abs=1e-6)
    with pytest.raises(Refused, match=r"holds 0\.0 ml"):
        first_millilitres(fill, arrival, BODY, 1.0, 5.0e-3)


def test_cement_outside_the_body_does_not_count():
    fill = np.zeros(BODY.shape, np.float32)
    fill[5, 10, 10] = fill[0, 0, 0] = 1.0
    arrival = np.where(fill > 0, np.float32(1), np.float32(np.inf))
    part = first_millilitres(fill, arrival, BODY, 1.0, 1.0e-3)
    assert part[5, 10, 10] == pytest.approx(1)
    assert part[0, 0, 0] == 0


def test_a_field_finds_its_place_on_a_specimen_that_reaches_beyond_the_grid():
    field = np.arange(4 * 3 * 3, dtype=np.float32).reshape(4, 3, 3)
    modulus = np.ones((6, 2, 2), np.float32)
    specimen = Specimen(
        modulus_mpa=modulus,
        matter=modulus.astype(np.uint8),
        spacing_mm=1.0,
        height_mm=4.0,
        first_kji=(-1, 1, 0),
    )
    placed = onto_specimen(field, specimen)
    assert not placed[0].any()
    assert not placed[5].any()
    assert (placed[1:5] == field[:, 1:, :2]).all()
    assert (specimen.onto_grid(placed, field.shape)[:, 1:, :2] == field[:, 1:, :2]).all()
