"""Errors are one sentence with the remedy, the right exit code, and nothing half-written."""

import json

import pytest

from vertebroplasty.cli.main import main

DEFECTS = {
    "missing_slice": "missing",
    "duplicate_position": "same",
    "tilt_12deg": "--resample-tilt",
    "two_series": "--series",
    "truncated_file": "IM85642.dcm",
    "different_size": "IM94130.dcm",
    "real_tilt_variable_spacing_ge": "spacing",
    "real_tilt_phantom_philips": "--resample-tilt",
}


def seg(data):
    return str(data / "l3_verse" / "sub-ct_seg-vert_label-22_msk.nii.gz")


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_stops_with_one_sentence_and_writes_nothing(data, tmp_path, capsys, defect):
    out = tmp_path / "out"
    words = [
        "run",
        str(data / "dicom_odd" / defect),
        "-s",
        seg(data),
        "--labels",
        "verse",
        "--level",
        "L3",
        "-o",
        str(out),
    ]
    assert main(words) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.strip().splitlines()) == 1
    assert DEFECTS[defect].lower() in printed.err.lower()
    assert not out.exists()


def test_with_json_an_error_is_an_object(data, tmp_path, capsys):
    folder = str(data / "dicom_odd" / "truncated_file")
    words = ["measure", folder, "-s", seg(data), "--labels", "verse", "--level", "L3", "--json"]
    assert main(words) == 1
    body = json.loads(capsys.readouterr().out)
    assert body["schema"] == "vertebroplasty.error/1"
    assert "IM85642.dcm" in body["error"]["message"]


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (["plan", "ct.nii.gz", "-s", "seg.nii.gz", "--level", "L3", "--entry", "1,2,3"], "--tip"),
        (["plan", "ct.nii.gz", "-s", "seg.nii.gz", "--level", "L3", "--entry=a,2,3", "--tip=1,2,3"], "x,y,z"),
        (
            ["plan", "ct.nii.gz", "-s", "seg.nii.gz", "--level", "L3", "--entry=1e300,2,3", "--tip=1,2,3"],
            "within this CT",
        ),
        (
            ["plan", "ct.nii.gz", "-s", "seg.nii.gz", "--level", "L3", "--gauge", "11.5"],
            "--gauge is '11.5': give a whole",
        ),
        (["inject", "ct.nii.gz", "-s", "seg.nii.gz", "--level", "L3", "--gauge=11.5"], "give a whole number"),
        (["plan", "ct.nii.gz", "-s", "seg.nii.gz", "--level", "L3", "--path", "1.4"], "--path is '1.4': give a whole"),
        (["fluoro", "ct.nii.gz", "-s", "seg.nii.gz", "--level", "L3", "--kvp", "79.6", "-o", "a.png"], "whole number"),
        (["run", "ct.nii.gz", "-s", "seg.nii.gz", "--level", "L3"], "-o"),
        (["fluoro", "ct.nii.gz", "-s", "seg.nii.gz", "--level", "L3", "--view", "ap", "-o", "a.txt"], ".png"),
        (["screen"], "--template"),
        (["screen", "patient.json", "--override", "A07"], "--because"),
        (["strength"], "--density"),
        (["info", "nonsense"], "cements"),
        (["inject", "ct.nii.gz", "-s", "seg.nii.gz", "--level", "L3", "--volume", "3", "-o", "x"], "--volume"),
    ],
)
def test_wrong_usage_says_what_is_right(words, remedy, capsys):
    assert main(words) == 2
    printed = capsys.readouterr()
    assert remedy in printed.err
    assert len(printed.err.strip().splitlines()) == 1


def test_guidelines_are_named_one_by_one_or_with_commas(tmp_path, capsys):
    (tmp_path / "patient.json").write_text("{}")
    for named in (["nice_ta279,payer_example"], ["NICE-TA279", "--guidelines", "payer-example"]):
        assert main(["screen", str(tmp_path / "patient.json"), "--json", "--guidelines", *named]) == 0
        found = json.loads(capsys.readouterr().out)["guidelines"]
        assert {"nice-ta279", "payer-example"} <= {entry["id"] for entry in found if entry["decides"]}
    assert main(["screen", str(tmp_path / "patient.json"), "--guidelines", "nice"]) == 2
    assert "choose from founding_documents" in capsys.readouterr().err


def test_a_negative_point_parses_with_and_without_the_equals_sign(tmp_path, capsys):
    for point in (["--entry=-46,120,-60", "--tip=-40,100,-60"], ["--entry", "-46,120,-60", "--tip", "-40,100,-60"]):
        words = ["plan", str(tmp_path / "no.nii.gz"), "-s", str(tmp_path / "no.nii.gz"), "--level", "L3"]
        assert main([*words, *point]) == 1  # the file is missing, the points are not the problem
        assert "There is no such CT" in capsys.readouterr().err
