"""The coach: views found again from random poses, what the picture shows of it, and advice that leads there."""

import re

import numpy as np
import pytest

from vertebroplasty.anatomy.find import find_vertebra
from vertebroplasty.anatomy.measure import measure
from vertebroplasty.fluoroscopy.coach import endplate_opening_mm, signs_seen, truth
from vertebroplasty.fluoroscopy.view_landmarks import Endplate, ViewLandmarks, view_landmarks
from vertebroplasty.fluoroscopy.views import true_ap, true_lateral, view_along
from vertebroplasty.geometry.c_arm_view import CArmView
from vertebroplasty.geometry.frame import Frame
from vertebroplasty.phantom.shape import LevelShape
from vertebroplasty.phantom.spine import SpinePhantom

UPRIGHT = np.array([[-1.0, 0, 0], [0, -1.0, 0], [0, 0, 1.0]])  # right, anterior, superior in LPS
CENTRE = np.array([5.0, 80.0, -40.0])
PEDICLES = np.array([[-18.0, -21.0, 7.0], [18.0, -21.0, 7.0]])
SPINOUS = np.array([0.0, -61.0, -10.0])  # 40 mm behind the pedicles


def turned(axial_deg=0.0, tilt_deg=0.0) -> Frame:
    """A vertebra turned about the body's long axis (its back towards the patient's left), then tipped."""
    a, b = np.radians([axial_deg, tilt_deg])
    about_z = np.array([[np.cos(a), np.sin(a), 0], [-np.sin(a), np.cos(a), 0], [0, 0, 1]])
    right, anterior, superior = UPRIGHT @ about_z.T
    tipped = np.cos(b) * anterior - np.sin(b) * superior, np.cos(b) * superior + np.sin(b) * anterior
    return Frame(CENTRE, right, *tipped)


def landmarks(frame: Frame) -> ViewLandmarks:
    """A body 44 mm wide, 34 mm deep and 26 mm high with parallel endplates."""
    plates = tuple(
        Endplate(
            name=name,
            centre_lps_mm=frame.to_world(np.array([0.0, 0.0, height])),
            to_front_lps_mm=17.0 * frame.anterior,
            to_right_lps_mm=22.0 * frame.right,
        )
        for name, height in (("upper", 13.0), ("lower", -13.0))
    )
    return ViewLandmarks(
        endplates=plates,
        wall_lps_mm=frame.to_world(np.array([[-18.0, -17.0, 0.0], [18.0, -17.0, 0.0]])),
        pedicles_lps_mm=frame.to_world(PEDICLES),
        spinous_tip_lps_mm=frame.to_world(SPINOUS),
    )


def followed(view: CArmView, turn: str) -> CArmView:
    """The view after doing what the sentence says, in its printed tenths of a degree."""
    lao, cranial = (re.search(rf"to {name} (-?[\d.]+)", turn) for name in ("lao", "cranial"))
    return view_of(float(lao[1]) if lao else view.lao_deg, float(cranial[1]) if cranial else view.cranial_deg)


def view_of(lao: float, cranial: float, *, far: bool = False) -> CArmView:
    distances = {"sid_mm": 1.1e8, "sod_mm": 0.7e8} if far else {}
    lao = (lao + 180.0) % 360.0 - 180.0
    return CArmView(lao_deg=180.0 if lao == -180.0 else lao, cranial_deg=cranial, isocentre_lps_mm=CENTRE, **distances)


def test_from_fifty_random_poses_the_true_views_are_found():
    random = np.random.default_rng(7)
    for _ in range(50):
        frame = turned(random.uniform(-40, 40), random.uniform(-25, 25))
        view = view_of(random.uniform(-179, 180), random.uniform(-40, 40))
        said = truth(view, frame)
        # The moves are the distance to the nearer true view, within the half degree that is asked for.
        after = followed(view, said.turn)
        there = truth(after, frame)
        assert there.nearest == said.nearest
        assert (there.from_true_ap_deg if there.nearest == "AP" else there.from_true_lateral_deg) < 0.5
        assert there.turn.startswith("This is a true") or there.turn.startswith("This counts as a true")
        exact = view_of((view.lao_deg + said.move_lao_deg + 179.999999) % 360 - 179.999999,
                        view.cranial_deg + said.move_cranial_deg)  # fmt: skip
        assert min(truth(exact, frame).from_true_ap_deg, truth(exact, frame).from_true_lateral_deg) < 1e-4


def test_front_and_back_are_both_a_true_ap():
    frame = turned(12.0, 5.0)
    for sign in (1, -1):
        said = truth(view_along(sign * frame.anterior, CENTRE), frame)
        assert said.from_true_ap_deg == pytest.approx(0, abs=1e-9)
        assert said.turn == "This is a true AP."
    assert truth(true_lateral(frame), frame).turn == "This is a true lateral."


@pytest.mark.parametrize("start", [(180.0, 0.0), (150.0, 20.0), (0.0, 0.0), (100.0, -5.0), (-80.0, 9.0), (-170, 0)])
def test_following_the_advice_leads_to_a_true_view(start):
    frame = turned(-11.0, 8.0)
    said = truth(CArmView(lao_deg=start[0], cranial_deg=start[1], isocentre_lps_mm=CENTRE), frame)
    lao = re.search(r"to lao (-?[\d.]+)", said.turn)
    cranial = re.search(r"to cranial (-?[\d.]+)", said.turn)
    after = CArmView(
        lao_deg=float(lao[1]) if lao else start[0],
        cranial_deg=float(cranial[1]) if cranial else start[1],
        isocentre_lps_mm=CENTRE,
    )
    assert truth(after, frame).turn.startswith("This is a true")


@pytest.mark.parametrize(
    ("frame", "lao", "words"),
    [
        (turned(10.0), 180.0, "10.0° moving the detector towards the patient's left (to lao 170.0°)"),
        (turned(-10.0), 180.0, "10.0° moving the detector towards the patient's right (to lao -170.0°)"),
        (turned(10.0), 0.0, "10.0° moving the detector towards the patient's right (to lao -10.0°)"),
        (turned(10.0), 90.0, "10.0° moving the detector towards the patient's front (to lao 80.0°)"),
    ],
)
def test_the_advice_names_the_patients_sides(frame, lao, words):
    assert words in truth(CArmView(lao_deg=lao, cranial_deg=0, isocentre_lps_mm=CENTRE), frame).turn


def test_within_what_counts_as_true_the_rest_is_offered_not_asked():
    said = truth(view_of(179.0, 1.5), turned()).turn
    assert said.startswith("This counts as a true AP; to make it exact, turn the C-arm by 1.0°")
    assert truth(view_of(178.0, 0.0), turned()).turn.startswith("For a true AP turn the C-arm by 2.0°")


@pytest.mark.parametrize("tilt", [0.5, 2.0, -6.0])
def test_endplate_opens_by_its_depth_times_the_sine_of_the_tilt(tilt):
    frame = turned()
    plate = landmarks(frame).endplates[0]
    # Parallel rays: the disc's shadow is 34 mm · sin(tilt) high, times the magnification of 11/7.
    opening = endplate_opening_mm(view_of(180.0, tilt, far=True), plate)
    assert opening == pytest.approx(34.0 * abs(np.sin(np.radians(tilt))) * 11 / 7, rel=1e-4)
    # From the side it is the width that opens.
    sideways = endplate_opening_mm(view_of(90.0, tilt, far=True), plate)
    assert sideways == pytest.approx(44.0 * abs(np.sin(np.radians(tilt))) * 11 / 7, rel=1e-4)


def test_one_endplate_is_in_line_where_the_focal_spot_lies_in_its_plane():
    # In a cone only one level is true at a time: 13 mm above the isocentre at 700 mm is 1.06 degrees.
    plate = landmarks(turned()).endplates[0]
    aimed = view_of(180.0, -float(np.degrees(np.arcsin(13.0 / 700.0))))
    assert endplate_opening_mm(aimed, plate) == pytest.approx(0.0, abs=1e-9)
    assert endplate_opening_mm(view_of(180.0, 0.0), plate) == pytest.approx(34 * 13 / 700 * 11 / 7, rel=1e-3)


@pytest.mark.parametrize("turn", [1.0, 5.0, -8.0])
def test_spinous_process_moves_towards_the_side_the_detector_came_from(turn):
    frame = turned()
    # The detector turns towards the patient's left: what lies behind the pedicles moves to the right on the picture.
    (sign,) = (s for s in signs_seen(view_of(180.0 - turn, 0.0, far=True), frame, landmarks(frame)) if "spin" in s.what)
    assert sign.detector_mm == pytest.approx(40.0 * np.sin(np.radians(turn)) * 11 / 7, rel=1e-4)
    assert sign.in_true_view_mm == pytest.approx(0.0, abs=1e-4)
    # From the front the same turn of the patient shows on the same side of the patient.
    (front,) = (s for s in signs_seen(view_of(-turn, 0.0, far=True), frame, landmarks(frame)) if "spin" in s.what)
    assert front.detector_mm == pytest.approx(sign.detector_mm, rel=1e-4)


def test_lateral_doubles_the_wall_by_its_width_times_the_sine():
    frame = turned()
    seen = {s.what: s for s in signs_seen(view_of(93.0, 0.0, far=True), frame, landmarks(frame))}
    assert seen["posterior wall doubled"].detector_mm == pytest.approx(36 * np.sin(np.radians(3)) * 11 / 7, rel=1e-4)
    assert seen["pedicles apart"].detector_mm == pytest.approx(36 * np.sin(np.radians(3)) * 11 / 7, rel=1e-4)
    assert seen["posterior wall doubled"].in_true_view_mm == pytest.approx(0.0, abs=1e-4)
    # In a cone the near pedicle is magnified more than the far one, also in the true view: 21 mm behind the axis.
    cone = {s.what: s for s in signs_seen(view_of(90.0, 0.0), frame, landmarks(frame))}
    expected = 21.0 * 1100 * (1 / (700 - 18) - 1 / (700 + 18))
    assert cone["pedicles apart"].in_true_view_mm == pytest.approx(expected, rel=1e-9)


POSES = [(0.0, 0.0, 0.0), (6.0, -4.0, 12.0), (-9.0, 5.0, -15.0)]


@pytest.mark.parametrize("rotation", POSES)
def test_true_views_of_a_painted_spine_are_found_within_a_degree(rotation):
    whole = LevelShape()
    phantom = SpinePhantom(
        levels={"L1": whole, "L2": whole, "L3": whole}, rotation_deg=rotation, spacing_mm=(1.0, 1.0, 1.5)
    )
    level, known = phantom.build()[1]["L2"], phantom.truth("L2").frame
    found = find_vertebra(level)
    for view in (true_ap(found.frame), true_lateral(found.frame)):
        said = truth(view, known)
        assert min(said.from_true_ap_deg, said.from_true_lateral_deg) < 1.0
    marks = view_landmarks(found, measure(level).points_lps_mm)
    seen = {s.what: s.detector_mm for s in signs_seen(true_ap(known), known, marks)}
    # The spinous process was painted in the midline; pedicles and tip are found to half a voxel, magnified by 11/7.
    assert abs(seen["spinous process off the middle"]) < 0.5 * 11 / 7
