"""The load cases from the command line's side: what each prints, and what it says about its own limits."""

import json

import pytest

from vertebroplasty.cli.main import main
from vertebroplasty.strength.plate import AHEAD_SHARE
from vertebroplasty.strength.segment_specimen import DISC_MPA


def answer(capsys, folder, *words):
    scan = [str(folder / "ct.nii.gz"), "-s", str(folder / "seg.nii.gz"), "--labels", "verse", "--level", "L2"]
    code = main(["strength", *scan, *words, "--json"])
    printed = capsys.readouterr()
    return (json.loads(printed.out) if code == 0 else printed.err), code


@pytest.mark.parametrize("case", ["flexion", "through-discs"])
def test_a_case_without_cement(case, patient_files, capsys):
    body, code = answer(capsys, patient_files, "--case", case, "--grid-mm", "2", "--force-n", "800")
    assert code == 0
    assert body["case"] == case
    assert body["before"]["stiffness_n_per_mm"] > 0
    assert body["after"] is None
    loaded = body["before"]["under_force"]
    assert loaded["force_n"] == 800
    assert (loaded["tilt_forward_deg"] > 0.01) == (case == "flexion")
    # The defaults of the command line are those of the models.
    assert body["parameters"]["ahead_share"] == AHEAD_SHARE
    assert body["parameters"]["disc_mpa"] == DISC_MPA
    assert body["neighbours"] == []


def test_a_stack_before_and_after_cement(patient_files, walked, capsys):
    body, code = answer(capsys, patient_files, "--case", "stack", "--cement", str(walked), "--force-n", "800")
    assert code == 0
    assert {entry["side"] for entry in body["neighbours"]} == {"above", "below"}
    for entry in body["neighbours"]:
        assert entry["before"]["total_n"] == pytest.approx(800, rel=0.01)
        assert entry["nucleus_pressure_ratio"] > 1
        assert entry["published_ratios"]["Polikeit2003"] == 1.17
    # Discs take nearly all of the shortening, and the body alone becomes stronger.
    assert body["ratio"]["stiffness"] < 1.1 < body["ratio"]["failure_load"]
    assert any("facet joints" in sentence for sentence in body["not_modelled"])


def test_without_a_force_the_null_has_its_reason(patient_files, capsys):
    body, _ = answer(capsys, patient_files, "--grid-mm", "2.5", "--isotropy", "transverse")
    assert body["before"]["under_force"] is None
    reasons = {entry["what"]: entry["why"] for entry in body["unknown"]}
    assert "--force-n" in reasons["before.under_force"]
    assert any("transverse isotropy" in sentence for sentence in body["warnings"])


def test_an_unknown_case_lists_the_known_ones(patient_files, capsys):
    said, code = answer(capsys, patient_files, "--case", "torsion")
    assert code != 0
    assert "compression, flexion, through-discs, stack" in said


def test_a_stack_of_two_and_impossible_choices(patient_files, capsys):
    body, code = answer(
        capsys, patient_files, "--case", "stack", "--neighbours", "below", "--grid-mm", "2.5", "--force-n", "500"
    )
    assert code == 0
    three, _ = answer(capsys, patient_files, "--case", "stack", "--grid-mm", "2.5")
    reasons = [{entry["what"]: entry["why"] for entry in each["unknown"]} for each in (body, three)]
    assert "--cement" in reasons[0]["neighbours"]
    assert "--force-n" in reasons[1]["neighbours"]
    # One disc instead of two: nearly twice as stiff.
    assert 1.5 < body["before"]["stiffness_n_per_mm"] / three["before"]["stiffness_n_per_mm"] < 2.5
    for words, sentence in (
        (("--neighbours", "left"), "above, below or both"),
        (("--force-n", "-5"), "does not press"),
        (("--case", "stack", "--disc-mpa", "100"), "published 5 to 50 MPa"),
        (("--isotropy", "cubic"), "isotropic or transverse"),
        (("--force-n", "inf"), "at most 100000 N"),
        (("--force-n", "1e300"), "at most 100000 N"),
        (("--ahead", "0.3"), "--ahead goes with --case flexion"),
        (("--case", "flexion", "--disc-mpa", "20"), "--disc-mpa goes with --case through-discs or stack"),
        (("--neighbours", "above"), "--neighbours goes with --case stack"),
        (("--displacement-mm", "0.5"), "go with --density"),
    ):
        said, code = answer(capsys, patient_files, *words, "--grid-mm", "2.5")
        assert code != 0
        assert sentence in said


def test_a_density_volume_knows_compression_alone(tmp_path, capsys):
    words = ["strength", "--density", str(tmp_path / "d.nii.gz"), "--parts", str(tmp_path / "p.nii.gz")]
    assert main([*words, "--case", "flexion"]) != 0
    assert "between its own caps" in capsys.readouterr().err
    for option in (("--level", "L2"), ("--grid-mm", "2"), ("--cement", str(tmp_path))):
        assert main([*words, *option]) != 0
        assert "its own grid" in capsys.readouterr().err
