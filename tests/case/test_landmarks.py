"""`--landmarks` on the command line: it changes what is measured, and every document says so."""

import json

import pytest

from vertebroplasty.cli.main import main
from vertebroplasty.files import sha256_of


@pytest.fixture(scope="module")
def scan(patient_files):
    return [str(patient_files / "ct.nii.gz"), "-s", str(patient_files / "seg.nii.gz"), "--labels", "verse"]


@pytest.fixture(scope="module")
def file(tmp_path_factory, scan):
    """The left isthmus as it is measured, with a width of the reader's own."""
    out = tmp_path_factory.mktemp("landmarks") / "measure.json"
    assert main(["measure", *scan, "--level", "L2", "-o", str(out)]) == 0
    centre = json.loads(out.read_text())["levels"][0]["pedicle"]["left"]["isthmus_lps_mm"]
    body = {
        "schema": "vertebroplasty.landmarks/1",
        "levels": {"L2": {"isthmus": {"left": {"centre_lps_mm": centre, "width_mm": 2.5, "height_mm": 9.0}}}},
    }
    written = out.with_name("mine.json")
    written.write_text(json.dumps(body))
    return written


def recorded(document, file):
    assert document["parameters"]["landmarks"] == {"L2": ["left isthmus"]}
    entries = [entry for entry in document["inputs"] if entry["role"] == "landmarks"]
    assert entries == [{"role": "landmarks", "name": "mine.json", "sha256": sha256_of(file)}]
    assert sum("Overridden by the user for L2" in warning for warning in document["warnings"]) == 1


def test_measure_takes_them_and_says_so(scan, file, capsys):
    assert main(["measure", *scan, "--level", "L2", "--landmarks", str(file), "--json"]) == 0
    printed = capsys.readouterr()
    document = json.loads(printed.out)
    recorded(document, file)
    left = document["levels"][0]["pedicle"]["left"]
    assert (left["width_mm"], left["height_mm"]) == (2.5, 9.0)
    assert "Overridden by the user for L2" in printed.err


def test_plan_takes_them_and_says_so(scan, file, capsys):
    assert main(["plan", *scan, "--level", "L2", "--landmarks", str(file), "--json"]) == 0
    recorded(json.loads(capsys.readouterr().out), file)


def test_without_the_option_nothing_is_recorded(scan, capsys):
    assert main(["measure", *scan, "--level", "L2", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert "landmarks" not in document["parameters"]
    assert all(entry["role"] != "landmarks" for entry in document["inputs"])


def test_a_file_that_is_not_there_is_one_sentence(scan, tmp_path, capsys):
    assert main(["measure", *scan, "--landmarks", str(tmp_path / "none.json")]) == 1
    assert "There is no file none.json" in capsys.readouterr().err
