"""What a balloon did reaches `strength` through the files of `inject`: cavity, compacted bone, height that stays."""

import json
import shutil
from pathlib import Path

import nibabel
import numpy as np
import pytest

from vertebroplasty.anatomy.upright import build_grid
from vertebroplasty.case.cement_files import read_cement, write_grid_volume
from vertebroplasty.case.inputs import ScanRequest, open_level
from vertebroplasty.case.treated_bone import treated_bone
from vertebroplasty.cli.main import main
from vertebroplasty.phantom import LevelShape, SpinePhantom, write_nifti
from vertebroplasty.strength.compression import compress

GRID_MM = 2.0


@pytest.fixture(scope="module")
def scan(tmp_path_factory):
    """A collapsed L2 between two whole vertebrae: a balloon of 2 ml outgrows what its endplates leave."""
    folder = tmp_path_factory.mktemp("collapsed")
    flat = LevelShape(anterior_mm=18.0, middle_mm=17.0, posterior_mm=24.0)
    write_nifti(SpinePhantom(levels={"L1": LevelShape(), "L2": flat, "L3": LevelShape()}), folder)
    return [str(folder / "ct.nii.gz"), "-s", str(folder / "seg.nii.gz"), "--labels", "verse", "--level", "L2"]


@pytest.fixture(scope="module")
def inflated(scan, tmp_path_factory):
    """The folder of an injection after a balloon of 2 ml, made on the command line."""
    folder = tmp_path_factory.mktemp("balloon")
    steps = [
        {"action": "mix", "product": "pmma-medium"},
        {"action": "balloon", "needle": 1, "volume_ml": 2.0},
        {"action": "push", "t_s": 330, "rate_ml_per_s": 0.1, "volume_ml": 3.0},
    ]
    log = folder / "log.jsonl"
    log.write_text("".join(json.dumps(step) + "\n" for step in steps), encoding="utf-8")
    out = folder / "out"
    assert main(["inject", *scan, "--actions", str(log), "--grid-mm", str(GRID_MM), "-o", str(out)]) == 0
    return out


def answer(scan, capfd, *options):
    capfd.readouterr()
    code = main(["strength", *scan, "--grid-mm", str(GRID_MM), *options, "--json"])
    printed = capfd.readouterr()
    assert code == 0, printed.err
    return json.loads(printed.out)


@pytest.fixture(scope="module")
def grid(scan):
    request = ScanRequest(ct=Path(scan[0]), seg=(Path(scan[2]),), labels="verse")
    return build_grid(open_level(request, "L2"), GRID_MM)


def test_the_folder_holds_the_cavity_that_the_document_names(inflated, grid):
    body = json.loads((inflated / "inject.json").read_text(encoding="utf-8"))
    assert body["files"]["cavity"] == "cavity.nii.gz"
    (balloon,) = body["balloons"]
    values = np.asarray(nibabel.load(inflated / "cavity.nii.gz").dataobj)
    assert values.sum() * grid.voxel_ml == pytest.approx(balloon["volume_ml"], abs=1e-6)
    (cavity,) = read_cement(inflated, grid).cavities
    assert (cavity.mask == (values.T == 1)).all()
    assert cavity.height_gain_mm == balloon["height_gain_mm"] > 1.0


def test_height_that_stays_enters_the_geometry_from_the_command_line(scan, inflated, grid, capfd):
    flat, kept = (answer(scan, capfd, "--cement", str(inflated), "--height-kept", share) for share in ("0", "0.5"))
    gain = json.loads((inflated / "inject.json").read_text(encoding="utf-8"))["balloons"][0]["height_gain_mm"]
    assert flat["balloons"]["kept_mm"] == 0
    assert any("--height-kept" in warning for warning in flat["warnings"])
    assert kept["balloons"]["kept_mm"] == pytest.approx(0.5 * gain, abs=1e-4)
    depth_mm = np.ptp(np.flatnonzero(grid.body().any(axis=(0, 2)))) * GRID_MM
    expected_deg = np.degrees(np.arctan(0.5 * gain / depth_mm))
    assert kept["balloons"]["wedge_change_deg"] == pytest.approx(expected_deg, abs=1e-3)
    assert not any("--height-kept" in warning for warning in kept["warnings"])
    # The same bone, loaded from the Python side, gives the same newtons.
    for share, document in ((0.0, flat), (0.5, kept)):
        treated = treated_bone(grid, read_cement(inflated, grid), height_kept=share)
        by_hand = compress(treated.grid, fill=treated.fill, density_factor=treated.density_factor)
        assert document["after"]["stiffness_n_per_mm"] == pytest.approx(by_hand.stiffness_n_per_mm, rel=1e-6)
        # Without the cavity and its shell the answer is another one: the file is really used.
        cement_alone = compress(grid, fill=read_cement(inflated, grid).fill)
        assert document["after"]["stiffness_n_per_mm"] != pytest.approx(cement_alone.stiffness_n_per_mm, rel=5e-3)
    assert kept["after"]["stiffness_n_per_mm"] != pytest.approx(flat["after"]["stiffness_n_per_mm"], rel=1e-3)
    assert kept["before"] == flat["before"]


def test_lines_for_people_tell_of_the_balloon(scan, inflated, capfd):
    words = ["strength", *scan, "--grid-mm", str(GRID_MM), "--cement", str(inflated), "--height-kept", "1"]
    assert main(words) == 0
    printed = capfd.readouterr().out
    assert "assumed to stay" in printed
    assert "less wedged" in printed


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--height-kept", "2"], "use 0 to 1"),
        (["--case", "stack"], "After a balloon the case stack is not modelled"),
        (["--case", "through-discs"], "After a balloon the case through-discs is not modelled"),
        (["--volumes", "2", "--placement", "injected"], "The first millilitres after a balloon"),
    ],
)
def test_what_cannot_be_told_after_a_balloon_is_refused(scan, inflated, capfd, options, words):
    assert main(["strength", *scan, "--grid-mm", str(GRID_MM), "--cement", str(inflated), *options]) == 1
    assert words in capfd.readouterr().err


def test_height_is_kept_only_where_a_balloon_gave_it(scan, capfd):
    assert main(["strength", *scan, "--grid-mm", str(GRID_MM), "--height-kept", "0.5"]) == 1
    assert "goes with --cement" in capfd.readouterr().err


def test_another_grid_is_named_with_its_remedy(scan, inflated, capfd):
    assert main(["strength", *scan, "--grid-mm", "3", "--cement", str(inflated)]) == 1
    said = capfd.readouterr().err
    assert "was made with --grid-mm 2, not 3: add --grid-mm 2" in said


def test_a_cavity_file_that_is_missing_or_false_is_refused(scan, inflated, grid, tmp_path, capfd):
    folder = tmp_path / "copy"
    shutil.copytree(inflated, folder)
    write_grid_volume(folder / "cavity.nii.gz", np.full(grid.hu.shape, 7.0), grid)
    words = ["strength", *scan, "--grid-mm", str(GRID_MM), "--cement", str(folder)]
    assert main(words) == 1
    assert "other numbers than its balloons" in capfd.readouterr().err
    (folder / "cavity.nii.gz").unlink()
    assert main(words) == 1
    assert "lacks cavity.nii.gz" in capfd.readouterr().err


def test_a_run_carries_out_a_log_with_a_balloon(scan, inflated, tmp_path, capfd):
    out = tmp_path / "run"
    log = inflated.parent / "log.jsonl"
    assert main(["run", *scan, "--actions", str(log), "--grid-mm", str(GRID_MM), "-o", str(out)]) == 0
    assert (out / "cavity.nii.gz").read_bytes() == (inflated / "cavity.nii.gz").read_bytes()
    document = json.loads((out / "strength.json").read_text(encoding="utf-8"))
    # The page counts compacted bone as the command does, with no height kept.
    by_command = answer(scan, capfd, "--cement", str(out))
    assert document["after"]["stiffness_n_per_mm"] == pytest.approx(by_command["after"]["stiffness_n_per_mm"], rel=1e-4)
    assert document["parameters"]["product"] == "pmma-medium"
    assert "volume_ml" not in document["parameters"]
    assert {entry["role"] for entry in document["inputs"]} >= {"actions"}
