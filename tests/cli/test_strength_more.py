"""`strength` on a density volume with what is computed on request: the whole way from files to lines."""

import json

import nibabel
import numpy as np
import pytest

from vertebroplasty.cli.main import main


@pytest.fixture(scope="module")
def volume(tmp_path_factory):
    """A block of 100 mg/ml between two caps, 2 mm voxels."""
    folder = tmp_path_factory.mktemp("density")
    parts = np.zeros((16, 14, 18), np.uint8)
    parts[:, :, 2:16] = 1
    parts[:, :, :2], parts[:, :, 16:] = 5, 6
    density = np.where(parts == 1, 100.0, 0.0)
    for name, values in (("density", density), ("parts", parts)):
        nibabel.save(nibabel.Nifti1Image(values, np.diag([2.0, 2.0, 2.0, 1.0])), folder / f"{name}.nii.gz")
    return ["--density", str(folder / "density.nii.gz"), "--parts", str(folder / "parts.nii.gz")]


def answer(arguments, capfd):
    capfd.readouterr()
    code = main(["strength", *arguments, "--json"])
    printed = capfd.readouterr()
    assert code == 0, printed.err
    return json.loads(printed.out)


def test_both_linear_rules_stand_side_by_side(volume, capfd):
    document = answer(volume, capfd)
    shortening, strained = document["before"]["criteria"]
    assert shortening["failure_load_n"] == document["before"]["failure_load_n"]
    assert "Pistoia" in strained["criterion"]
    # 100 mg/ml have 265.7 MPa: 0.7 % of it on 896 mm² is 1.67 kN, a little less where the caps hinder spreading.
    assert 1000 < strained["failure_load_n"] < 1.1 * 0.007 * 265.7 * 896
    assert document["daily_loads"][0]["activity"] == "standing"
    assert document["volumes"] is None
    assert {entry["what"]: entry["why"] for entry in document["unknown"]}["volumes"].endswith("add --volumes")


def test_three_volumes_in_one_command(volume, capfd):
    document = answer([*volume, "--volumes", "1.5,2.8,6.5", "--placement", "left", "--loss", "0.3"], capfd)
    curve = document["volumes"]
    assert [point["volume_ml"] for point in curve["points"]] == [0.0, 1.5, 2.8, 6.5]
    ratios = [point["stiffness_ratio"] for point in curve["points"]]
    assert ratios[0] == 1.0
    assert ratios == sorted(ratios)
    assert curve["placement"] == "left"
    assert document["parameters"]["volumes_ml"] == [1.5, 2.8, 6.5]
    assert main(["strength", *volume, "--volumes", "1.5,2.8"]) == 0
    printed = capfd.readouterr().out
    assert "1.5 ml" in printed
    assert "of the body: stiffness and load by shortening ×" in printed
    # Both linear rules: the second one is free to fall where the first must rise.
    one, strained = (curve["points"][n]["strained_bone_load_n"] for n in (0, 1))
    assert main(["strength", *volume, "--volumes", "1.5", "--placement", "left", "--loss", "0.3"]) == 0
    assert f", × {strained / one:.2f} by strained bone" in capfd.readouterr().out


def test_yielding_stands_beside_the_linear_rules(volume, capfd):
    document = answer([*volume, "--yield-law", "yield-strain"], capfd)
    offset, late = document["before"]["criteria"][2:]
    # Bone that yields at 0.8 %: the block bends away near 265.7 · 896 · 0.008 = 1.9 kN and hardens slowly.
    assert 1700 < offset["failure_load_n"] < late["failure_load_n"] < 2900


def test_another_material_is_heard(volume, capfd):
    soft = answer([*volume, "--material", "keaveny1997"], capfd)
    assert soft["material"] == "keaveny1997"
    assert soft["before"]["stiffness_n_per_mm"] < answer(volume, capfd)["before"]["stiffness_n_per_mm"]


@pytest.mark.parametrize(
    ("options", "words", "code"),
    [
        (["--volumes", "many"], "give numbers such as", 2),
        (["--volumes", "500"], "give less", 1),
        (["--volumes", "2", "--placement", "above"], "choose central", 1),
        (["--volumes", "2", "--placement", "injected"], "needs --cement", 1),
        (["--minutes", "10"], "needs --cement", 1),
        (["--yield-law", "granite"], "choose one of", 1),
        (["--volumes", "2", "--loss", "1"], "impossible", 1),
        (["--volumes", ""], "give numbers such as", 2),
        (["--displacement-mm", "inf"], "no test of a specimen", 1),
        (["--loss", "0.3"], "go with --volumes", 2),
        (["--placement", "left"], "go with --volumes", 2),
    ],
)
def test_impossible_wishes_are_refused(volume, capfd, options, words, code):
    assert main(["strength", *volume, *options]) == code
    assert words in capfd.readouterr().err


def test_info_lists_every_law_with_its_source(capfd):
    assert main(["info", "materials"]) == 0
    listed = json.loads(capfd.readouterr().out)
    assert listed["modulus:kopperdahl2002-power"]["default"] is True
    assert listed["modulus:kopperdahl2002-power"]["mpa_at_mg_per_ml"]["150"] == pytest.approx(406.55, abs=0.1)
    assert listed["modulus:keller1994"]["verified"] is False
    assert listed["yield:kopperdahl2002-power"]["equation"].startswith("37.4 · rho^1.39")


def test_maps_of_strain_energy_lie_beside_the_answer(volume, tmp_path, capfd):
    out = tmp_path / "strength.json"
    document = answer([*volume, "--energy", "-o", str(out)], capfd)
    assert document["energy"] == {"force_n": 1000.0, "before": "strength_energy_before.nii.gz", "after": None}
    image = nibabel.load(tmp_path / "strength_energy_before.nii.gz")
    given = nibabel.load(volume[1])
    assert image.shape == given.shape
    assert np.allclose(image.affine, given.affine)
    energy = np.asarray(image.dataobj)
    parts = np.asarray(nibabel.load(volume[3]).dataobj)
    assert (energy[parts != 1] == 0).all()
    assert (energy[parts == 1] > 0).all()
    # F²/2K is the whole work; the stiff caps take little of it.
    work = 1000.0**2 / (2 * document["before"]["stiffness_n_per_mm"])
    assert 0.9 * work < energy.sum() * 2.0**3 < work
    assert main(["strength", *volume, "--energy", "-o", str(out)]) == 1
    assert "exists already" in capfd.readouterr().err
    (tmp_path / "other.json").unlink(missing_ok=True)
    (tmp_path / "other_energy_before.nii.gz").write_bytes(b"theirs")
    assert main(["strength", *volume, "--energy", "-o", str(tmp_path / "other.json")]) == 1
    assert (tmp_path / "other_energy_before.nii.gz").read_bytes() == b"theirs"
    assert main(["strength", *volume, "--energy"]) == 2
    assert "name one with -o" in capfd.readouterr().err


def test_a_density_is_printed_in_three_digits_and_negative_voxels_are_told(volume, tmp_path, capfd):
    assert main(["strength", *volume]) == 0
    printed = capfd.readouterr()
    # 265.7 MPa on 896 mm² over 28 mm, a little more between stiff caps
    assert "stiffness 8770 N/mm" in printed.out
    assert "below zero" not in printed.err
    density = np.asarray(nibabel.load(volume[1]).dataobj).copy()
    density[4, 4, 4:8] = -30.0
    nibabel.save(nibabel.Nifti1Image(density, np.diag([2.0, 2.0, 2.0, 1.0])), tmp_path / "density.nii.gz")
    document = answer(["--density", str(tmp_path / "density.nii.gz"), *volume[2:]], capfd)
    assert any(
        warning.startswith("4 voxels of bone (0.1 %) have a density below zero") for warning in document["warnings"]
    )


def test_a_density_without_uncertainty_has_no_interval_and_says_why(volume, capfd):
    document = answer([*volume, "--volumes", "2"], capfd)
    why = {entry["what"]: entry["why"] for entry in document["unknown"]}
    for path in ("before.failure_load_interval", "before.criteria[1].failure_load_interval"):
        assert "without an uncertainty" in why[path]
    assert document["volumes"]["points"][1]["stiffness_interval"] is None
    assert "nothing to restore" in why["volumes.restoring_interval"]
