"""The department's defaults: below an option, above the built-in values, never picked up unasked, always recorded."""

import json

import pytest

from vertebroplasty.case.site import VARIABLE, read_site
from vertebroplasty.cli.main import main
from vertebroplasty.errors import Refused
from vertebroplasty.files import sha256_of
from vertebroplasty.geometry.c_arm_view import CArmView

TEXT = """
[c_arm]
sid_mm = 1000.0
sod_mm = 650.0
pixel_mm = 0.5
planes = "biplane"
[syringe]
volume_ml = 1.0
[cannula]
gauge = 13
[cement]
product = "pmma-low"
"""


@pytest.fixture(autouse=True)
def no_variable(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture
def file(tmp_path):
    written = tmp_path / "site.toml"
    written.write_text(TEXT)
    return written


@pytest.fixture
def scan(patient_files):
    return [str(patient_files / "ct.nii.gz"), "-s", str(patient_files / "seg.nii.gz"), "--labels", "verse"]


def recorded(document, file):
    assert document["parameters"]["site"]["cannula"] == {"gauge": 13}
    assert {"role": "site", "name": "site.toml", "sha256": sha256_of(file)} in document["inputs"]
    assert any("Defaults of the department from site.toml" in warning for warning in document["warnings"])


def test_no_file_is_picked_up_from_the_working_directory(file, monkeypatch):
    monkeypatch.chdir(file.parent)
    assert read_site(None).file is None


def test_the_variable_names_one_and_the_option_stands_above_it(file, tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(file))
    assert read_site(None).gauge == 13
    other = tmp_path / "other.toml"
    other.write_text("[cannula]\ngauge = 8\n")
    assert read_site(other).gauge == 8
    monkeypatch.setenv(VARIABLE, str(tmp_path / "gone.toml"))
    with pytest.raises(Refused, match=r"no file gone\.toml") as refused:
        read_site(None)
    assert refused.value.where == VARIABLE


def test_a_view_takes_the_departments_distances(file):
    view = CArmView(lao_deg=180.0, cranial_deg=0.0, isocentre_lps_mm=[0, 0, 0])
    posed = read_site(file).posed(view)
    assert (posed.sid_mm, posed.sod_mm, posed.lao_deg) == (1000.0, 650.0, 180.0)
    assert read_site(None).posed(view).sid_mm == view.sid_mm


def test_plan_takes_the_gauge_unless_the_option_is_given(scan, file, capsys):
    words = ["plan", *scan, "--level", "L2", "--json"]
    assert main([*words, "--site", str(file)]) == 0
    document = json.loads(capsys.readouterr().out)
    recorded(document, file)
    assert {path["gauge"] for path in document["paths"]} == {13}
    assert main([*words, "--site", str(file), "--gauge", "11"]) == 0
    assert {path["gauge"] for path in json.loads(capsys.readouterr().out)["paths"]} == {11}
    assert main(words) == 0
    document = json.loads(capsys.readouterr().out)
    assert {path["gauge"] for path in document["paths"]} == {11}
    assert "site" not in document["parameters"]


def test_inject_takes_gauge_and_product_and_counts_the_fillings(scan, file, tmp_path, capsys):
    words = ["inject", *scan, "--level", "L2", "--volume-ml", "0.2", "--site", str(file), "--json"]
    assert main([*words, "-o", str(tmp_path / "out")]) == 0
    document = json.loads(capsys.readouterr().out)
    recorded(document, file)
    assert (document["parameters"]["gauge"], document["parameters"]["product"]) == (13, "pmma-low")
    assert any("take 1 filling of" in warning for warning in document["warnings"])


def test_a_plan_file_keeps_its_own_gauge(scan, file, walked, tmp_path, capsys):
    words = ["inject", *scan, "--level", "L2", "--volume-ml", "0.2", "--site", str(file), "--json"]
    assert main([*words, "--plan", str(walked / "plan.json"), "-o", str(tmp_path / "out")]) == 0
    assert json.loads(capsys.readouterr().out)["parameters"]["gauge"] == 11


def test_fluoro_takes_distances_pixel_and_both_planes(scan, file, tmp_path, capsys):
    out = tmp_path / "x.png"
    assert main(["fluoro", *scan, "--level", "L2", "--site", str(file), "-o", str(out), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    recorded(document, file)
    views = [picture["view"] for picture in document["pictures"]]
    assert [(v["sid_mm"], v["sod_mm"], v["pixel_mm"]) for v in views] == [(1000.0, 650.0, 0.5)] * 2
    assert main(["fluoro", *scan, "--level", "L2", "-o", str(tmp_path / "y.png")]) == 2
    assert "--view is missing" in capsys.readouterr().err


def test_a_wrong_file_is_one_sentence_before_any_work(scan, tmp_path, capsys):
    wrong = tmp_path / "site.toml"
    wrong.write_text("[cannula]\ngage = 11\n")
    assert main(["plan", *scan, "--level", "L2", "--site", str(wrong)]) == 1
    assert capsys.readouterr().err == "site.toml: cannula.gage is not a known key: did you mean gauge?\n"


def test_info_prints_a_file_that_can_be_used(tmp_path, capsys):
    assert main(["info", "site"]) == 0
    printed = tmp_path / "site.toml"
    printed.write_text(capsys.readouterr().out)
    assert read_site(printed).gauge == 11
    assert main(["info", "site", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["template"] == printed.read_text()
