"""Endplates, anterior cortex and the end of the bone, read on a CT that is drawn by formula."""

import numpy as np
import pytest

from hand_made import HALF, PEDICLE_RIGHT_MM, PEDICLE_UP_MM, HandMade
from vertebroplasty.anatomy.symmetry import turned
from vertebroplasty.needle.points_in_ct import behind_entry_mm, plate_tilt, reach_to_front_mm


@pytest.fixture(scope="module")
def drawn():
    return HandMade().vertebra()


@pytest.mark.parametrize("off_deg", [-15.0, -4.0, 0.0, 11.0])
def test_the_tilt_undoes_a_turn_about_right(drawn, off_deg):
    wrong = turned(drawn.frame, pitch=np.radians(off_deg))
    assert np.degrees(plate_tilt(drawn.level.ct, wrong)) == pytest.approx(-off_deg, abs=1.0)  # tried 1 degree apart


def test_the_front_is_where_the_cortex_ends(drawn):
    assert reach_to_front_mm(drawn.level.ct, drawn.frame) == pytest.approx(HALF[1], abs=0.6)


def test_the_bone_behind_a_pedicle_ends_at_the_back_of_the_arch(drawn):
    start = drawn.frame.to_world(np.array([PEDICLE_RIGHT_MM, -22.0, PEDICLE_UP_MM]))
    assert behind_entry_mm(drawn.level.ct, start, -drawn.frame.anterior) == pytest.approx(18.0, abs=1.0)  # drawn to −40


def test_a_joint_space_is_not_the_end_of_the_bone():
    gap = (lambda local: np.abs(local[..., 1] + 37.0) < 1.0, 40.0)  # 2 mm of soft tissue within the arch
    vertebra = HandMade(spacing=(0.5, 0.5, 0.5), half_fov=(25.0, 50.0, 12.0), paint=(gap,)).vertebra()
    start = vertebra.frame.to_world(np.array([PEDICLE_RIGHT_MM, -22.0, PEDICLE_UP_MM]))
    assert behind_entry_mm(vertebra.level.ct, start, -vertebra.frame.anterior) == pytest.approx(18.0, abs=1.0)


def test_soft_tissue_shows_nothing(drawn):
    ct = HandMade().vertebra().level.ct
    ct.hu[:] = 40.0
    start = drawn.frame.origin_lps_mm
    assert plate_tilt(ct, drawn.frame) is None
    assert reach_to_front_mm(ct, drawn.frame) is None
    assert behind_entry_mm(ct, start, -drawn.frame.anterior) is None
