"""The standard views of a turned vertebra are found again, whatever way the patient and the scan lie."""

import numpy as np
import pytest

from vertebroplasty.anatomy.vertebra import Pedicle
from vertebroplasty.errors import Refused
from vertebroplasty.fluoroscopy.coach import truth
from vertebroplasty.fluoroscopy.views import barrel, oblique, parse_view, split_views, true_ap, true_lateral
from vertebroplasty.geometry.c_arm_view import CArmView
from vertebroplasty.geometry.frame import Frame
from vertebroplasty.geometry.needle_path import NeedlePath

UPRIGHT = np.array([[-1.0, 0, 0], [0, -1.0, 0], [0, 0, 1.0]])  # right, anterior, superior in LPS
CENTRE = np.array([5.0, 80.0, -40.0])


def turned(axial_deg=0.0, tilt_deg=0.0) -> Frame:
    """A vertebra turned about the body's long axis (its back towards the patient's left), then tipped."""
    a, b = np.radians([axial_deg, tilt_deg])
    # Turning: x -> towards -y for the back (+y) to come to +x.
    about_z = np.array([[np.cos(a), np.sin(a), 0], [-np.sin(a), np.cos(a), 0], [0, 0, 1]])
    axes = UPRIGHT @ about_z.T
    right, anterior, superior = axes
    tipped = np.cos(b) * anterior - np.sin(b) * superior, np.cos(b) * superior + np.sin(b) * anterior
    return Frame(CENTRE, right, *tipped)


def test_upright_vertebra_has_the_default_views():
    frame = turned()
    ap, lateral = true_ap(frame), true_lateral(frame)
    assert (ap.lao_deg, ap.cranial_deg) == pytest.approx((180, 0), abs=1e-9)
    assert (lateral.lao_deg, lateral.cranial_deg) == pytest.approx((90, 0), abs=1e-9)


@pytest.mark.parametrize(("axial", "tilt"), [(10.0, 0.0), (-7.0, 4.0), (3.0, -12.0), (0.5, 0.5)])
def test_known_rotation_is_recovered(axial, tilt):
    ap = true_ap(turned(axial, tilt))
    # the detector follows the spinous process: towards the left by the turn, towards the head by the tip
    assert (ap.lao_deg - (180 - axial) + 180) % 360 - 180 == pytest.approx(0, abs=1e-9)
    assert ap.cranial_deg == pytest.approx(tilt, abs=1e-9)


@pytest.mark.parametrize("turn_deg", [1.0, 5.0, -8.0])
def test_spinous_process_shifts_by_its_lever_in_the_untrue_view(turn_deg):
    # 40 mm behind the pedicles' plane: 40·tan(turn), 0.70 mm per degree, for parallel rays
    frame = turned(turn_deg)
    view = CArmView(lao_deg=180, cranial_deg=0, isocentre_lps_mm=CENTRE, sid_mm=1.1e9, sod_mm=0.7e9)
    pedicles, tip = frame.to_world(np.array([[-15.0, 0, 0], [15.0, 0, 0]])), frame.to_world(np.array([0, -40.0, 0]))
    offset = (view.project(tip)[0, 0] - view.project(pedicles)[:, 0].mean()) * 0.7 / 1.1
    assert offset == pytest.approx(-40 * np.sin(np.radians(turn_deg)), abs=1e-3)
    assert truth(view, frame).from_true_ap_deg == pytest.approx(abs(turn_deg), abs=1e-9)
    aligned = true_ap(frame)
    straight = CArmView(lao_deg=aligned.lao_deg, cranial_deg=0, isocentre_lps_mm=CENTRE, sid_mm=1.1e9, sod_mm=0.7e9)
    both = straight.project(tip)[0, 0] - straight.project(pedicles)[:, 0].mean()
    assert both == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize(("side", "sign"), [("left", 1), ("right", -1)])
def test_barrel_view_of_a_pedicle(side, sign):
    # a needle converging by 20° and pointing 10° towards the head
    across, rise = np.radians([20.0, 10.0])
    toward = np.array([-sign * np.sin(across) * np.cos(rise), -np.cos(across) * np.cos(rise), np.sin(rise)])
    path = NeedlePath(entry_lps_mm=CENTRE, tip_lps_mm=CENTRE + 50 * toward, side=side)
    view = barrel(path)
    assert view.lao_deg == pytest.approx(sign * 160.0)
    assert view.cranial_deg == pytest.approx(-10.0)  # the detector is on the hub's side
    tip, entry = view.project(np.stack([path.tip_lps_mm, path.entry_lps_mm]))
    np.testing.assert_allclose(tip, entry, atol=1e-9)


def test_views_as_a_user_writes_them():
    frame = turned(10.0)
    path = NeedlePath(entry_lps_mm=CENTRE + np.array([0, 30.0, 0]), tip_lps_mm=CENTRE)
    assert parse_view("ap", frame).lao_deg == pytest.approx(170)
    assert parse_view("Lateral", frame).lao_deg == pytest.approx(80)
    assert parse_view("barrel", frame, path).lao_deg == pytest.approx(180)
    stated = parse_view("lao=160,cranial=-5.5", frame)
    assert (stated.lao_deg, stated.cranial_deg) == (160.0, -5.5)
    assert parse_view("lao=-180", frame).lao_deg == 180.0
    np.testing.assert_array_equal(stated.isocentre_lps_mm, CENTRE)


@pytest.mark.parametrize("text", ["sideways", "lao", "lao=x", "rao=10", "lao=10,,"])
def test_what_is_no_view_is_refused(text):
    with pytest.raises(Refused, match="is not a view: use ap, lateral, oblique-left"):
        parse_view(text, turned())


@pytest.mark.parametrize(("text", "key"), [("lao=10,lao=20", "lao"), ("cranial=1,lao=2,Cranial=1", "cranial")])
def test_an_angle_given_twice_is_refused(text, key):
    with pytest.raises(Refused, match=f"gives {key} twice: keep one"):
        parse_view(text, turned())


def test_barrel_needs_a_needle():
    with pytest.raises(Refused, match="give --plan and --path"):
        parse_view("barrel", turned())


def pedicle(side: str, isthmus=(18.0, -21.0, 7.0)) -> Pedicle:
    sign = -1.0 if side == "left" else 1.0
    return Pedicle(
        side=side,
        isthmus_mm=np.array([sign * isthmus[0], *isthmus[1:]]),
        axis=np.array([0.0, 1.0, 0.0]),
        width_mm=8.0,
        height_mm=12.0,
        length_mm=20.0,
        radius_mm=4.0,
        isthmus_found=True,
    )


@pytest.mark.parametrize(("side", "sign"), [("left", 1), ("right", -1)])
@pytest.mark.parametrize("axial", [0.0, 9.0, -14.0])
def test_the_eye_of_the_scottie_dog_lies_on_the_middle_of_the_body(side, sign, axial):
    frame = turned(axial)
    view = oblique(frame, pedicle(side))
    # The detector stands towards that side's back; 18 mm beside and 21 mm behind the body's middle is 40.6 degrees.
    turn = np.degrees(np.arctan2(18.0, 21.0))
    assert (view.lao_deg - (180 - axial - sign * turn) + 180) % 360 - 180 == pytest.approx(0.0, abs=1e-9)
    body, eye = view.project(frame.to_world(np.array([[0.0, 0, 0], pedicle(side).isthmus_mm])))
    assert eye[0] == pytest.approx(body[0], abs=1e-9)
    # 7 mm above the body's middle, nearer to the detector than the isocentre by its own depth.
    assert eye[1] - body[1] == pytest.approx(7.0 * 1100 / (700 + np.hypot(18.0, 21.0)), rel=1e-9)
    other = view.project(frame.to_world(pedicle("right" if side == "left" else "left").isthmus_mm))[0]
    assert abs(other[0] - body[0]) > 30.0


def test_endplates_stay_in_line_in_the_oblique():
    frame = turned(5.0, 8.0)
    assert oblique(frame, pedicle("left")).to_detector @ frame.superior == pytest.approx(0.0, abs=1e-12)


def test_an_oblique_needs_its_pedicle():
    found = {"left": pedicle("left")}
    assert parse_view("Oblique-Left", turned(), None, found).lao_deg == pytest.approx(180 - 40.601, abs=1e-3)
    with pytest.raises(Refused, match="right pedicle of this level was not found"):
        parse_view("oblique-right", turned(), None, found)


@pytest.mark.parametrize(
    ("text", "views"),
    [
        ("ap", ["ap"]),
        ("ap+lateral", ["ap", "lateral"]),
        (" ap + oblique-left", ["ap", "oblique-left"]),
        ("lao=160,cranial=+5", ["lao=160,cranial=+5"]),
        ("lao=+10,cranial=+5+lateral", ["lao=+10,cranial=+5", "lateral"]),
    ],
)
def test_two_views_are_joined_by_a_plus(text, views):
    assert split_views(text) == views
