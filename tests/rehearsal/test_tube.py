"""A tube made ready shows what the whole picture shows, to the bit, and is made anew only where something moved."""

import pickle

import numpy as np
import pytest

from rehearsal_play import acted, placed, ready
from vertebroplasty.cement.actions import CArm, Push, Wait, Withdraw
from vertebroplasty.errors import Refused
from vertebroplasty.fluoroscopy.looks import Look, as_seen
from vertebroplasty.rehearsal.picture import picture
from vertebroplasty.rehearsal.session import step
from vertebroplasty.rehearsal.tube import tube

SIZE = 64
SOME = Push(rate_ml_per_s=0.05, volume_ml=0.4)


@pytest.fixture(scope="module")
def pushed(easy):
    return step(ready(easy), SOME)


def test_a_ready_tube_shows_the_whole_picture(easy, pushed):
    both = step(pushed, CArm(lao_deg=90.0, cranial_deg=5.0, plane=2))
    for plane in (1, 2):
        made = tube(both, plane, size=SIZE)
        for state in (both, step(both, SOME)):
            whole = picture(state, plane, size=SIZE)
            np.testing.assert_array_equal(made.still(state).transmission, whole.transmission)
            shown = as_seen(whole, Look.LIVE, 3, 7)
            mine = made.seen(state, Look.LIVE, seed=3, frame=7)
            np.testing.assert_array_equal(mine.transmission, shown.transmission)
            np.testing.assert_array_equal(mine.patient_only, shown.patient_only)
    np.testing.assert_array_equal(
        tube(pushed, size=SIZE).still(ready(easy)).transmission, picture(ready(easy), size=SIZE).transmission
    )


def test_it_is_kept_while_nothing_but_cement_and_clock_moves(pushed):
    made = tube(pushed, size=SIZE)
    later = acted(pushed, SOME, Wait(duration_s=3.0))
    assert tube(later, size=SIZE, before=made) is made
    assert tube(pickle.loads(pickle.dumps(later)), size=SIZE, before=made) is made
    assert made.serves(later, 1)


def test_a_needle_that_moves_keeps_the_patient_and_a_turn_keeps_nothing(easy, pushed):
    made = tube(pushed, size=SIZE)
    for state in (step(pushed, placed(easy, 2, needle=2)), step(pushed, Withdraw())):
        assert not made.serves(state, 1)
        moved = tube(state, size=SIZE, before=made)
        assert moved.shadow is made.shadow
        np.testing.assert_array_equal(moved.still(state).transmission, picture(state, size=SIZE).transmission)
    turned = step(pushed, CArm(lao_deg=90.0, cranial_deg=0.0))
    assert tube(turned, size=SIZE, before=made).shadow is not made.shadow
    assert tube(pushed, size=SIZE // 2, before=made).shadow is not made.shadow
    with pytest.raises(Refused, match="second plane is not set"):
        tube(pushed, 2, size=SIZE)
