"""The C-arm's angle as an operator reads it, against the geometry of the beam and against pictures."""

import numpy as np
import pytest

from vertebroplasty.cement.actions import CArm, MoveNeedle
from vertebroplasty.fluoroscopy.coach import truth
from vertebroplasty.fluoroscopy.render import side_letters
from vertebroplasty.geometry.c_arm_view import turned_left_deg
from vertebroplasty.rehearsal.picture import picture
from vertebroplasty.rehearsal.session import start, step
from vertebroplasty.web.theatre.knowing import by_the_gantry

PIXELS = 128


def pictured(opened, entry_mm, tip_mm, turned_deg):
    """The picture with and without a needle given in the vertebra's own axes, the detector turned to the left."""
    case = opened.rehearsal
    frame = case.vertebra.frame
    entry, tip = (tuple(frame.to_world(np.array(each, float)).tolist()) for each in (entry_mm, tip_mm))
    bare = step(start(case, 0), CArm(lao_deg=turned_left_deg(turned_deg), cranial_deg=0.0))
    there = step(bare, MoveNeedle(needle=1, entry_lps_mm=entry, tip_lps_mm=tip))
    return picture(bare, size=PIXELS), picture(there, size=PIXELS)


def shadow_column(bare, there):
    """Mean column of what the needle darkens, from the middle of the picture."""
    darker = np.log(bare.transmission) - np.log(there.transmission)
    columns = np.arange(PIXELS) - 0.5 * (PIXELS - 1)
    return float((darker * columns).sum() / darker.sum())


def test_from_above_the_back_what_lies_at_the_patients_left_is_on_the_side_of_the_letter_l(opened):
    marker = (-25.0, -40.0, 0.0), (-25.0, -10.0, 0.0)  # right, anterior, superior of the vertebra
    bare, there = pictured(opened, *marker, 0.0)
    assert side_letters(there) == ("L", "R")
    assert shadow_column(bare, there) < -10.0


@pytest.mark.parametrize("turned_deg", [30.0, -30.0])
def test_turned_to_the_left_the_near_back_moves_to_the_right_of_the_picture(opened, turned_deg):
    """Seen from the patient's left, what is near (the back) lies to the right of what is far (the body)."""
    bare, there = pictured(opened, (0.0, -50.0, 0.0), (0.0, 0.0, 0.0), turned_deg)
    assert side_letters(there) == ("L", "R")
    assert np.sign(shadow_column(bare, there)) == np.sign(turned_deg)


def test_the_coach_is_told_by_the_gantry(opened):
    frame = opened.rehearsal.vertebra.frame
    state = step(start(opened.rehearsal, 0), CArm(lao_deg=-170.0, cranial_deg=-30.0))
    said = by_the_gantry(truth(state.view, frame).turn)
    aim = state.lao_deg + truth(state.view, frame).move_lao_deg
    side = "left" if turned_left_deg(aim) > 0 else "right"
    assert f"(to {side} {abs(turned_left_deg(aim)):.1f}°)" in said
    assert "lao" not in said


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("turn by 5.0° (to lao -175.0°).", "turn by 5.0° (to right 5.0°)."),
        ("turn by 5.0° (to lao 95.0°).", "turn by 5.0° (to left 85.0°)."),
        ("turn by 5.0° (to lao 180.0°).", "turn by 5.0° (to 0.0°)."),
        ("tilt by 5.0° (to cranial -3.0°).", "tilt by 5.0° (to caudal 3.0°)."),
        ("tilt by 5.0° (to cranial 3.0°).", "tilt by 5.0° (to cranial 3.0°)."),
        ("No cement has been mixed.", "No cement has been mixed."),
    ],
)
def test_only_the_angle_of_a_sentence_changes(said, told):
    assert by_the_gantry(said) == told
