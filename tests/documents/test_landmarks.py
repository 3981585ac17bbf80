"""A landmarks file is read whole or refused with a sentence that says what to change."""

import json

import numpy as np
import pytest

from vertebroplasty.documents.landmarks import parse_landmarks
from vertebroplasty.errors import Refused

POINT = [1.0, -2.0, 30.5]


def file_of(**level):
    return json.dumps({"schema": "vertebroplasty.landmarks/1", "levels": {"L3": level}})


def test_every_key_arrives():
    text = file_of(
        axes={"right": [-1, 0, 0], "superior": [0, 0, 1]},
        posterior_wall={"points_lps_mm": [POINT], "normal_lps": [0, -1, 0]},
        isthmus={"left": {"centre_lps_mm": POINT, "axis_lps": [0, -1, 0], "width_mm": 8, "height_mm": 12.5}},
    )
    found = parse_landmarks(text)["L3"]
    assert found.axes == pytest.approx(np.array([[-1, 0, 0], [0, -1, 0], [0, 0, 1]]))
    assert found.posterior_wall.points_lps_mm == pytest.approx(np.array([POINT]))
    assert found.posterior_wall.normal_lps == pytest.approx(np.array([0, -1, 0]))
    left = found.isthmus["left"]
    assert (left.width_mm, left.height_mm) == (8.0, 12.5)
    assert left.centre_lps_mm == pytest.approx(np.array(POINT))
    assert found.names() == ("axes", "posterior wall", "left isthmus")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "is not JSON"),
        ('{"schema": "vertebroplasty.landmarks/1", "levels": {}}', "states nothing"),
        ('{"schema": "vertebroplasty.landmarks/1", "schema": 1, "levels": {}}', "given twice"),
        ('{"schema": "vertebroplasty.plan/1", "levels": {}}', "vertebroplasty.landmarks/1"),
        ('{"schema": "vertebroplasty.landmarks/1", "levels": {"L33": {}}}', "did you mean L3?"),
        (file_of(isthmuss={}), r"levels\.L3\.isthmuss is not a known key: did you mean isthmus\?"),
        (file_of(isthmus={"left": {"center_lps_mm": POINT}}), r"did you mean centre_lps_mm\?"),
        (file_of(isthmus={"left": {}}), "centre_lps_mm is missing"),
        (file_of(isthmus={"left": {"centre_lps_mm": [1, 2]}}), "has 2 entries: it has 3"),
        (file_of(isthmus={"left": {"centre_lps_mm": [1, 2, "3"]}}), "a number, without quotes"),
        (file_of(isthmus={"left": {"centre_lps_mm": POINT, "width_mm": 400}}), "at most 40"),
        (file_of(isthmus={"left": {"centre_lps_mm": POINT, "axis_lps": [0, 2, 0]}}), "2 long: give a unit vector"),
        (file_of(axes={"right": [1, 0, 0], "superior": [0, 0, 1]}), "x grows to the left"),
        (file_of(axes={"right": [-1, 0, 0]}), "need two"),
        (file_of(posterior_wall={"points_lps_mm": []}), "has 0 entries: it has 1"),
        (file_of(posterior_wall={"points_lps_mm": [POINT], "normal_lps": [0, 0, 0]}), "0 long"),
        (file_of(isthmus={"left": {"centre_lps_mm": [1, 2, float("nan")]}}), "finite"),
    ],
)
def test_what_is_wrong_is_said(text, sentence):
    with pytest.raises(Refused, match=sentence) as refused:
        parse_landmarks(text, "mine.json")
    assert "\x1b" not in str(refused.value)


def test_several_problems_are_listed_at_once():
    with pytest.raises(Refused, match="2 problems") as refused:
        parse_landmarks(file_of(isthmus={"left": {"center_lps_mm": POINT}}))
    assert len(refused.value.problems) == 2
