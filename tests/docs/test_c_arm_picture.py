"""The drawing of the C-arm's convention is the one its script makes from the package's own angles."""

import runpy
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def script():
    file = ROOT / "tools" / "draw_c_arm.py"
    if not file.is_file():
        pytest.skip("tools are not part of the installed package")
    return runpy.run_path(str(file))


def test_the_committed_drawing_is_up_to_date(script):
    assert (ROOT / "docs" / "c_arm.svg").read_text(encoding="utf-8") == script["picture"]()


def test_the_panels_show_the_patients_sides(script):
    towards = script["to_detector"]
    # Prone, from the feet: a detector at the patient's left is on the left, one behind on top (y runs down).
    np.testing.assert_allclose(script["from_the_feet"](towards(90.0, 0.0)), [-1, 0], atol=1e-12)
    np.testing.assert_allclose(script["from_the_feet"](towards(180.0, 0.0)), [0, -1], atol=1e-12)
    # From the patient's left the head is on the left: a cranial detector leans that way.
    assert script["from_the_left"](towards(180.0, 25.0))[0] < -0.4
