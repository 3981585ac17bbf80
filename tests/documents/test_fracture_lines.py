"""Fracture lines in a landmarks file: read with their opening, named, and refused where they are no patch."""

import json

import pytest

from vertebroplasty.documents.landmarks import parse_landmarks
from vertebroplasty.errors import Refused

PATCH = [[-8.0, -5.0, 10.0], [8.0, -5.0, 10.0], [8.0, 8.0, 10.5]]


def file_of(*lines):
    return json.dumps({"schema": "vertebroplasty.landmarks/1", "levels": {"L3": {"fracture_lines": list(lines)}}})


def test_lines_are_read_and_named():
    found = parse_landmarks(
        file_of({"points_lps_mm": PATCH, "opening_mm": 0.8}, {"points_lps_mm": PATCH, "opening_mm": 2})
    )
    stated = found["L3"]
    assert [line.opening_mm for line in stated.fracture_lines] == [0.8, 2.0]
    assert stated.fracture_lines[0].points_lps_mm.tolist() == PATCH
    assert stated.names() == ("fracture line 1", "fracture line 2")
    assert set(stated.points_lps_mm()) >= {"fracture line 1, point 1", "fracture line 2, point 3"}


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ({"points_lps_mm": PATCH}, "opening_mm is missing"),
        ({"points_lps_mm": PATCH, "opening_mm": 9}, "at most 3"),
        ({"points_lps_mm": PATCH[:2], "opening_mm": 1}, "2 entries"),
        (
            {"points_lps_mm": [[0, 0, 0], [1, 0, 0], [9, 0, 0]], "opening_mm": 1},
            "L3: A fracture line's points lie on one",
        ),
    ],
)
def test_what_is_no_crack_is_refused(line, sentence):
    with pytest.raises(Refused, match=sentence):
        parse_landmarks(file_of(line))
