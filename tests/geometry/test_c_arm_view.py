"""C-arm poses against the definition in DICOM PS3.3 C.8.7.5.1.2, and a cone's magnification."""

import numpy as np
import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.geometry.c_arm_view import CArmView, angles_of_direction, turned_left_deg


def view(lao, cranial=0.0):
    return CArmView(lao_deg=lao, cranial_deg=cranial, isocentre_lps_mm=np.array([10.0, -20.0, 30.0]))


@pytest.mark.parametrize(
    ("lao", "cranial", "detector"),
    [
        (0, 0, [0, -1, 0]),  # in front of the chest
        (90, 0, [1, 0, 0]),  # at the patient's left
        (-90, 0, [-1, 0, 0]),  # at the right
        (180, 0, [0, 1, 0]),  # behind a prone patient
        (0, 30, [0, -np.sqrt(0.75), 0.5]),  # towards the head
    ],
)
def test_where_the_detector_stands(lao, cranial, detector):
    assert view(lao, cranial).to_detector == pytest.approx(np.array(detector, float), abs=1e-12)


def test_angles_and_direction_are_inverse():
    rng = np.random.default_rng(1)
    for lao, cranial in zip(rng.uniform(-179, 180, 50), rng.uniform(-80, 80, 50), strict=True):
        assert angles_of_direction(view(lao, cranial).to_detector) == pytest.approx((lao, cranial))


def test_the_angle_read_for_a_prone_patient_is_that_between_the_detector_and_the_back_towards_the_left():
    """From where the detector stands: the back is +P, the patient's left +L; read back it is the DICOM angle again."""
    for lao in (-179.0, -175.0, -90.0, -1.0, 0.0, 90.0, 180.0, *np.random.default_rng(2).uniform(-179, 180, 50)):
        left, back, _ = view(lao, 20.0).to_detector
        turned = turned_left_deg(lao)
        assert turned == pytest.approx(np.degrees(np.arctan2(left, back)), abs=1e-9)
        assert turned_left_deg(turned) == pytest.approx(lao)
    assert [turned_left_deg(lao) for lao in (180.0, 90.0, -90.0, -175.0)] == [0.0, 90.0, -90.0, -5.0]


@pytest.mark.parametrize(("lao", "left_is"), [(0, "right"), (180, "left")])
def test_the_patients_left_as_seen_from_the_detector(lao, left_is):
    pose = view(lao)
    (column, _), (_, row) = pose.project(pose.isocentre_lps_mm + np.array([[5.0, 0, 0], [0, 0, 5.0]]))
    assert (column > 0) == (left_is == "right")
    assert row > 0  # the head is up


def test_a_point_is_magnified_by_its_distance_to_the_source():
    pose = view(180)
    towards_source = pose.isocentre_lps_mm - 100.0 * pose.to_detector
    ((column, _),) = pose.project((towards_source + np.array([7.0, 0, 0]))[None])
    assert abs(column) == pytest.approx(7.0 * 1100.0 / 600.0)


def test_impossible_angles_are_refused():
    with pytest.raises(Refused, match="lao_deg is 200"):
        view(200)
    with pytest.raises(Refused, match="cranial_deg is 90"):
        view(0, 90)
