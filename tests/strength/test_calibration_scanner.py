"""A table of scanners: the image header picks the entry, and never quietly a wrong one."""

from dataclasses import replace

import numpy as np
import pytest

from vertebroplasty.anatomy.volume import CtVolume
from vertebroplasty.errors import Refused
from vertebroplasty.geometry.frame import Affine
from vertebroplasty.strength.calibration_scanner import ScannerLine, calibrate_with_table

SHARP = ScannerLine(
    name="room 2 sharp", scanner_model="Example CT 64", kvp=120.0, kernel="B60", slope_mg_per_ml_per_hu=0.80,
    slope_plus_minus=0.03, intercept_mg_per_ml=-4.0, intercept_plus_minus=5.0, source="phantom 17",
)  # fmt: skip
SOFT = replace(SHARP, name="room 2 soft", kernel="B30", slope_mg_per_ml_per_hu=0.77)
ANY = replace(SHARP, name="room 3", scanner_model="Other CT", kvp=None, kernel=None)
TABLE = (SHARP, SOFT, ANY)


def image(model="", kvp=None, kernel=""):
    return CtVolume(
        hu=np.zeros((2, 2, 2), np.int16), affine=Affine(np.eye(4)), scanner_model=model, kvp=kvp, kernel=kernel
    )


@pytest.mark.parametrize(
    ("ct", "slope"),
    [
        (image("Example CT 64", 120.0, "B60"), 0.80),
        (image("example ct 64 ", 120.0, "b30"), 0.77),
        (image("Other CT", 80.0, "H40"), 0.80),
    ],
)
def test_the_header_picks_the_entry(ct, slope):
    assert calibrate_with_table(ct, TABLE).slope_mg_per_ml_per_hu == slope


@pytest.mark.parametrize(
    "ct", [image(), image("Example CT 64", 100.0, "B60"), image("Example CT 64", 120.0), image("Third", 120.0, "B60")]
)
def test_a_header_that_fits_nothing_asks_for_a_name(ct):
    with pytest.raises(Refused, match=r"no entry of the scanner table fits: name one with --scanner \(room 2 sharp, "):
        calibrate_with_table(ct, TABLE)


def test_two_entries_that_fit_ask_for_a_name():
    with pytest.raises(Refused, match="more than one entry"):
        calibrate_with_table(image("Example CT 64", 120.0, "B60"), (SHARP, replace(SHARP, name="again")))


def test_a_name_serves_where_the_image_says_nothing_and_not_against_it():
    assert calibrate_with_table(image(), TABLE, entry="room 2 soft").slope_mg_per_ml_per_hu == 0.77
    with pytest.raises(Refused, match="for another scan: the image says Example CT 64, 80 kVp"):
        calibrate_with_table(image("Example CT 64", 80.0, "B30"), TABLE, entry="room 2 soft")
    with pytest.raises(Refused, match="has no entry room 9"):
        calibrate_with_table(image(), TABLE, entry="room 9")


def test_slope_and_intercept_move_together_in_the_interval():
    found = calibrate_with_table(image(), TABLE, entry="room 2 sharp")
    assert [float(line.density_mg_per_ml(np.array(100.0))) for line in found.lines] == pytest.approx([76, 68, 84])
    assert found.intercept_interval == pytest.approx((-9.0, 1.0))
    assert "phantom 17" in found.notes[0]
