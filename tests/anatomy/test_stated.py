"""What a reader states stands in the place of what is measured, in every measurement, and nowhere else."""

import numpy as np
import pytest

from vertebroplasty.anatomy.find import find_vertebra
from vertebroplasty.anatomy.landmarks import IsthmusLandmark, Landmarks, WallLandmark
from vertebroplasty.anatomy.measure import measure
from vertebroplasty.anatomy.stated import with_landmarks
from vertebroplasty.anatomy.symmetry import turned
from vertebroplasty.anatomy.volume import InputFile
from vertebroplasty.errors import Refused
from vertebroplasty.phantom import LevelShape, SpinePhantom

FILE = InputFile(role="landmarks", name="mine.json", sha256="0" * 64)
NAME = "L2"


@pytest.fixture(scope="module")
def spine():
    levels = {name: LevelShape() for name in ("L1", NAME, "L3")}
    return SpinePhantom(levels=levels, spacing_mm=(1.2, 1.2, 1.2), rotation_deg=(8.0, 5.0, 9.0)).build()[1]


@pytest.fixture(scope="module")
def found(spine):
    return find_vertebra(spine[NAME])


def stated(spine, landmarks, name=NAME):
    return with_landmarks(spine, {name: landmarks}, FILE)[name]


def test_the_measured_axes_stated_change_nothing(spine, found):
    again = find_vertebra(stated(spine, Landmarks(axes=found.frame.axes)))
    assert again.frame.axes == pytest.approx(found.frame.axes)
    assert found.frame.to_local(again.frame.origin_lps_mm) == pytest.approx(np.zeros(3), abs=0.1)  # search's own step
    assert again.posterior_wall.at_zero_mm == pytest.approx(found.posterior_wall.at_zero_mm, abs=0.1)


def test_stated_axes_are_kept_and_everything_is_measured_along_them(spine, found):
    axes = turned(found.frame, yaw=np.radians(6.0), pitch=np.radians(4.0)).axes
    level = stated(spine, Landmarks(axes=axes))
    vertebra = find_vertebra(level)
    assert vertebra.frame.axes == pytest.approx(axes)
    assert measure(level).frame.axes == pytest.approx(axes)
    assert np.degrees(np.arctan(vertebra.posterior_wall.slope)) == pytest.approx(-4.0, abs=0.5)  # the wall itself stays
    assert np.linalg.norm(found.frame.to_local(vertebra.frame.origin_lps_mm)) < 1.5  # the same body's middle


def test_a_wall_stated_two_millimetres_further_in_front_takes_two_off_the_depth(spine, found):
    wall = found.posterior_wall
    local = np.array([[0.0, wall.anterior_at(up) + 2.0, up] for up in (-8.0, 0.0, 8.0)])
    level = stated(spine, Landmarks(posterior_wall=WallLandmark(points_lps_mm=found.frame.to_world(local))))
    before, after = measure(spine[NAME]), measure(level)
    thinner = before.body_depth_mm.value - after.body_depth_mm.value
    assert thinner == pytest.approx(2.0, abs=1e-3)  # both slopes are fitted
    moved = found.frame.to_local(find_vertebra(level).frame.origin_lps_mm)
    assert moved == pytest.approx([0.0, 1.0, 0.0], abs=1e-6)  # the origin stays midway between the walls


def test_a_wall_stated_in_front_of_the_body_is_refused(spine, found):
    point = found.frame.to_world(np.array([[0.0, found.anterior_wall.at_zero_mm - 4.0, 0.0]]))
    with pytest.raises(Refused, match="leaves a body 4 mm deep"):
        find_vertebra(stated(spine, Landmarks(posterior_wall=WallLandmark(points_lps_mm=point))))


def test_a_stated_isthmus_is_measured_where_it_is_and_its_stated_width_has_no_spread(spine, found):
    centre = found.pedicles["left"].isthmus_mm + np.array([0.5, 1.0, 0.5])
    isthmus = IsthmusLandmark(centre_lps_mm=found.frame.to_world(centre), width_mm=5.5)
    level = stated(spine, Landmarks(isthmus={"left": isthmus}))
    pedicle = find_vertebra(level).pedicles["left"]
    assert pedicle.isthmus_mm == pytest.approx(centre)
    assert pedicle.width_mm == 5.5
    assert pedicle.height_mm == pytest.approx(found.pedicles["left"].height_mm, abs=1.0)  # 0.5 mm off the middle
    measured = measure(level).pedicles
    assert (measured["left"].width_mm.value, measured["left"].width_mm.plus_minus) == (5.5, None)
    assert measured["right"].width_mm.plus_minus is not None
    assert measured["right"].width_mm.value == measure(spine[NAME]).pedicles["right"].width_mm.value


def test_an_isthmus_outside_the_label_needs_its_size_and_then_stands(spine, found):
    centre = found.pedicles["right"].isthmus_mm + np.array([0.0, -1.0, 12.0])
    point = found.frame.to_world(centre)
    with pytest.raises(Refused, match="outside the label"):
        find_vertebra(stated(spine, Landmarks(isthmus={"right": IsthmusLandmark(centre_lps_mm=point)})))
    whole = IsthmusLandmark(centre_lps_mm=point, axis_lps=found.frame.anterior, width_mm=7.0, height_mm=12.0)
    pedicle = find_vertebra(stated(spine, Landmarks(isthmus={"right": whole}))).pedicles["right"]
    assert (pedicle.width_mm, pedicle.height_mm, pedicle.radius_mm) == (7.0, 12.0, 3.5)
    assert pedicle.axis == pytest.approx([0.0, 1.0, 0.0], abs=1e-9)


def test_left_and_right_are_not_mixed_up(spine, found):
    isthmus = IsthmusLandmark(centre_lps_mm=found.frame.to_world(found.pedicles["right"].isthmus_mm))
    with pytest.raises(Refused, match="other side of the midline"):
        find_vertebra(stated(spine, Landmarks(isthmus={"left": isthmus})))


def test_a_point_of_another_place_is_refused(spine, found):
    far = found.frame.to_world(np.array([-15.0, -20.0, 100.0]))
    with pytest.raises(Refused, match=r"mine\.json: the left isthmus of L2 lies \d+ mm from the bone of L2"):
        stated(spine, Landmarks(isthmus={"left": IsthmusLandmark(centre_lps_mm=far)}))


def test_it_is_said_and_the_measured_spine_stays_as_it_was(spine, found):
    corrected = with_landmarks(spine, {NAME: Landmarks(axes=found.frame.axes)}, FILE)
    assert any("Overridden by the user for L2 (mine.json): axes" in note for note in corrected.notes)
    assert corrected.inputs[-1] == FILE
    assert not spine.landmarks
    assert find_vertebra(spine[NAME]) is found
