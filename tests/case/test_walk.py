"""`run` on the synthetic patient: every file is there, agrees with the others, and explains its nulls."""

import hashlib
import json
import math

import nibabel
import numpy as np
import pytest

from vertebroplasty.case.reporting import RUN_FILES
from vertebroplasty.cli.main import main

DOCUMENTS = ("measure", "screen", "plan", "inject", "strength", "manifest")


def load(folder, name):
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


def nulls(node, path=""):
    if node is None:
        yield path
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from nulls(value, f"{path}.{key}" if path else key)
    elif isinstance(node, list):
        for n, value in enumerate(node):
            yield from nulls(value, f"{path}[{n}]")


def test_every_promised_file_is_written(walked):
    only_after_a_balloon = {"cavity.nii.gz"}
    assert {file.name for file in walked.iterdir()} == set(RUN_FILES) - only_after_a_balloon


@pytest.mark.parametrize("name", DOCUMENTS)
def test_numbers_are_finite_or_null_with_a_reason(walked, name):
    text = (walked / f"{name}.json").read_text(encoding="utf-8")
    body = json.loads(text, parse_constant=lambda word: pytest.fail(f"{name}.json holds {word}"))
    said = {entry["what"]: entry["why"] for entry in body["unknown"]}
    assert all(said.values())
    for path in nulls({key: value for key, value in body.items() if key not in ("unknown", "parameters")}):
        assert any(path == known or path.startswith((f"{known}.", f"{known}[")) for known in said), path


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_say_what_they_are(walked, name):
    body = load(walked, name)
    schema = "run" if name == "manifest" else name
    assert body["schema"] == f"vertebroplasty.{schema}/1"
    assert body["software"]["name"] == "vertebroplasty"
    assert "Not a medical device" in body["disclaimer"]
    assert {entry["role"] for entry in body["inputs"]} >= {"ct", "segmentation"}
    assert body["not_modelled"]


def test_cement_on_the_grid_is_what_the_document_says(walked):
    body = load(walked, "inject")
    fill = nibabel.load(walked / "fill.nii.gz")
    arrival = nibabel.load(walked / "arrival.nii.gz")
    found_ml = float(np.asarray(fill.dataobj, np.float64).sum()) * abs(np.linalg.det(fill.affine[:3, :3])) / 1000
    said_ml = body["in_body_ml"] + sum(leak["volume_ml"] for leak in body["leaks"])
    assert body["injected_ml"] > 0.2
    assert math.isclose(found_ml, said_ml, rel_tol=1e-6)
    assert math.isclose(body["injected_ml"], said_ml, rel_tol=1e-6)
    filled, times = np.asarray(fill.dataobj) > 0, np.asarray(arrival.dataobj)
    assert np.isfinite(times[filled]).all()
    assert not np.isfinite(times[~filled]).any()


def test_the_manifest_vouches_for_every_file(walked):
    for entry in load(walked, "manifest")["files"]:
        assert hashlib.sha256((walked / entry["name"]).read_bytes()).hexdigest() == entry["sha256"]


def test_the_summary_is_ten_lines(walked):
    assert len(load(walked, "manifest")["summary"]) == 10


def test_the_report_stands_alone_and_says_what_it_is(walked):
    page = (walked / "report.html").read_text(encoding="utf-8")
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page
    assert "Not a medical device" in page
    assert "Confirm the level under fluoroscopy" in page
    assert page.count("data:image/png;base64,") >= 10


def test_a_folder_that_holds_files_is_refused(walked, patient_files, capsys):
    words = ["run", str(patient_files / "ct.nii.gz"), "-s", str(patient_files / "seg.nii.gz"), "--labels", "verse"]
    assert main([*words, "--level", "L2", "-o", str(walked)]) == 1
    assert "--overwrite" in capsys.readouterr().err


def test_without_a_patient_the_verdict_is_insufficient_data_with_questions(patient_files, tmp_path):
    words = ["run", str(patient_files / "ct.nii.gz"), "-s", str(patient_files / "seg.nii.gz"), "--labels", "verse"]
    assert main([*words, "--level", "L2", "--volume-ml", "0.5", "-o", str(tmp_path / "out")]) == 0
    screen = load(tmp_path / "out", "screen")
    assert screen["verdict"] == "insufficient-data"
    assert screen["levels"][0]["missing"]
