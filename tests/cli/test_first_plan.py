"""`plan --points` needs no segmentation and says loudly what it cannot know."""

import json

import pytest

from vertebroplasty.cli.main import main


@pytest.fixture(scope="module")
def points(walked):
    """Both pedicles as measured, and the middle of the six measured places of the body."""
    level = json.loads((walked / "measure.json").read_text())["levels"][0]
    left, right = (level["pedicle"][side]["isthmus_lps_mm"] for side in ("left", "right"))
    plan = json.loads((walked / "plan.json").read_text())
    middle = [(a + b) / 2 for a, b in zip(left, right, strict=True)]
    body = [middle[0], middle[1] - 21.0, middle[2] - 6.0]
    assert plan["level"] == "L2"
    named = {"left": left, "right": right, "body": body}
    return [f"{name}={','.join(str(x) for x in place)}" for name, place in named.items()]


def words(ct, points, *more):
    return ["plan", str(ct / "ct.nii.gz"), "--level", "L2", *(w for p in points for w in ("--points", p)), *more]


def test_it_is_a_plan_document_marked_as_a_first_plan(patient_files, points, capsys):
    assert main(words(patient_files, points, "--json")) == 0
    printed = capsys.readouterr()
    document = json.loads(printed.out)
    assert document["schema"] == "vertebroplasty.plan/1"
    assert document["parameters"]["basis"] == "three points"
    assert document["warnings"][0].startswith("FIRST PLAN FROM THREE POINTS")
    assert "FIRST PLAN FROM THREE POINTS" in printed.err
    assert [path["side"] for path in document["paths"]] == ["left", "right"]
    why = {entry["what"]: entry["why"] for entry in document["unknown"]}
    for n, path in enumerate(document["paths"]):
        assert set(path["clearance_mm"].values()) == {None}
        assert path["worst_clearance_mm"] is path["breach_probability"] is path["gertzbein_robbins"] is None
        assert "no clearance is known" in why[f"paths[{n}].clearance_mm"]
        assert set(path["c_arm"]) == {"barrel", "ap", "lateral"}
    assert [entry["role"] for entry in document["inputs"]] == ["ct"]


def test_the_lines_for_people_say_it_too(patient_files, points, capsys):
    assert main(words(patient_files, points)) == 0
    out = capsys.readouterr().out
    assert "worst clearance unknown" in out
    assert "FIRST PLAN FROM THREE POINTS" in out


@pytest.mark.parametrize(
    ("change", "code", "sentence"),
    [
        (lambda p: p[:2], 2, "lacks body"),
        (lambda p: [*p, p[0]], 2, "given twice"),
        (lambda p: [*p, "middle=1,2,3"], 2, "no such point"),
        (lambda p: [*p[:2], "body=1,2"], 2, "give three numbers"),
        (lambda p: [p[0].replace("left", "right"), p[1].replace("right", "left"), p[2]], 1, "x grows to the left"),
    ],
)
def test_wrong_points_are_one_sentence(patient_files, points, capsys, change, code, sentence):
    assert main(words(patient_files, change(points))) == code
    assert sentence in capsys.readouterr().err


def test_points_and_a_segmentation_do_not_go_together(patient_files, points, capsys):
    assert main(words(patient_files, points, "-s", str(patient_files / "seg.nii.gz"))) == 1
    assert "leave out -s" in capsys.readouterr().err


def test_without_both_the_way_out_is_named(patient_files, capsys):
    assert main(words(patient_files, [])) == 2
    assert "or three --points" in capsys.readouterr().err
