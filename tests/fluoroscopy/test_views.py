"""The standard views of a turned vertebra are found again, and the advice given leads to them."""

import re

import numpy as np
import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.fluoroscopy.views import barrel, ct_view, parse_view, true_ap, true_lateral, truth, view_along
from vertebroplasty.geometry.c_arm_view import CArmView
from vertebroplasty.geometry.frame import Affine, Frame
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
    assert "true" in truth(after, frame).turn
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


def test_ct_view_looks_along_the_scanners_axis_whatever_the_vertebra():
    affine = Affine.from_parts(np.zeros(3), np.array([[0, 0, -1.0], [-1, 0, 0], [0, -1, 0]]), np.full(3, 1.5))
    view = ct_view(affine, CENTRE)
    assert (view.lao_deg, view.cranial_deg) == pytest.approx((180, 0), abs=1e-9)


def test_views_as_a_user_writes_them():
    frame, affine = turned(10.0), Affine(np.eye(4))
    path = NeedlePath(entry_lps_mm=CENTRE + np.array([0, 30.0, 0]), tip_lps_mm=CENTRE)
    assert parse_view("ap", frame, affine).lao_deg == pytest.approx(170)
    assert parse_view("Lateral", frame, affine).lao_deg == pytest.approx(80)
    assert parse_view("ct", frame, affine).lao_deg == pytest.approx(180)
    assert parse_view("barrel", frame, affine, path).lao_deg == pytest.approx(180)
    stated = parse_view("lao=160,cranial=-5.5", frame, affine)
    assert (stated.lao_deg, stated.cranial_deg) == (160.0, -5.5)
    assert parse_view("lao=-180", frame, affine).lao_deg == 180.0
    np.testing.assert_array_equal(stated.isocentre_lps_mm, CENTRE)


@pytest.mark.parametrize("text", ["sideways", "lao", "lao=x", "rao=10", "lao=10,,"])
def test_what_is_no_view_is_refused(text):
    with pytest.raises(Refused, match="is not a view: use ap, lateral, barrel"):
        parse_view(text, turned(), Affine(np.eye(4)))


@pytest.mark.parametrize(("text", "key"), [("lao=10,lao=20", "lao"), ("cranial=1,lao=2,Cranial=1", "cranial")])
def test_an_angle_given_twice_is_refused(text, key):
    with pytest.raises(Refused, match=f"gives {key} twice: keep one"):
        parse_view(text, turned(), Affine(np.eye(4)))


def test_barrel_needs_a_needle():
    with pytest.raises(Refused, match="give --plan and --path"):
        parse_view("barrel", turned(), Affine(np.eye(4)))
