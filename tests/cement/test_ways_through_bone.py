"""Clefts, lytic holes and stated cracks are the ways that cement takes first."""

import json
from dataclasses import replace

import numpy as np
import pytest

from drawn_grid import boxed_body, path_to, with_tissue
from vertebroplasty.anatomy.fracture_line import FractureLine
from vertebroplasty.anatomy.grid import Tissue
from vertebroplasty.cement.injection import inject
from vertebroplasty.cement.permeability import porous_bed

TIP = (18, 20, 13)
BESIDE = (slice(10, 17), slice(16, 25), slice(22, 30))  # k, j, i: to the right of the tip, 4 to 12 mm from it
MIRRORED = (slice(10, 17), slice(16, 25), slice(7, 15))  # as far to the left


def filled(run, where):
    return float(run.fill[where].sum())


@pytest.mark.parametrize("kind", [Tissue.CLEFT, Tissue.LESION])
def test_cement_fills_a_hole_before_the_bone_as_far_on_the_other_side(kind):
    grid = with_tissue(boxed_body(), BESIDE, kind)
    run = inject(grid, path_to(grid, TIP), volume_ml=1.5)
    plain = inject(boxed_body(), path_to(boxed_body(), TIP), volume_ml=1.5)
    assert filled(run, BESIDE) > 1.4 * filled(run, MIRRORED)
    assert filled(plain, BESIDE) == pytest.approx(filled(plain, MIRRORED), rel=0.01)
    reached = [np.flatnonzero(each.fill[13, 20] > 0.5).max() for each in (plain, run)]
    assert reached[1] >= reached[0] + 1


def test_cement_from_within_a_cleft_fills_it_first():
    hole = (slice(10, 17), slice(16, 25), slice(14, 23))
    grid = with_tissue(boxed_body(), hole, Tissue.CLEFT)
    room_ml = 7 * 9 * 9 / 1000.0
    run = inject(grid, path_to(grid, TIP), volume_ml=0.7 * room_ml)
    in_hole = filled(run, hole) * grid.voxel_ml
    assert in_hole > 0.92 * run.injected_ml
    plain = inject(boxed_body(), path_to(boxed_body(), TIP), volume_ml=0.7 * room_ml)
    # in bone a ball of the same volume reaches beyond the flat box
    assert filled(plain, hole) * grid.voxel_ml < 0.8 * plain.injected_ml


def crack(grid, opening_mm, level_k=13.0):
    corners = np.array([[7, 13, level_k], [28, 13, level_k], [28, 27, level_k], [7, 27, level_k]])
    return FractureLine(points_lps_mm=grid.affine.to_world(corners), opening_mm=opening_mm)


def flatness(run):
    """Spread of the cement across the crack over its spread along it."""
    k, _, i = np.nonzero(run.fill > 0.5)
    return float(np.std(k) / np.std(i))


def test_a_stated_crack_spreads_cement_along_itself():
    grid = boxed_body()
    cracked = replace(grid, fracture_lines=(crack(grid, 1.5),))
    plain, along = (inject(g, path_to(g, TIP), volume_ml=0.9) for g in (grid, cracked))
    assert flatness(along) < 0.8 * flatness(plain)


def test_a_hair_line_changes_nothing():
    """A gap of 0.2 mm passes less than the loose bone it crosses: the cubic law."""
    grid = boxed_body()
    bed = porous_bed(replace(grid, fracture_lines=(crack(grid, 0.2),)))
    np.testing.assert_array_equal(bed.permeability_m2, porous_bed(grid).permeability_m2)


@pytest.mark.parametrize("spacing", [0.5, 1.0])
def test_a_crack_passes_its_opening_cubed_over_twelve_on_every_grid(spacing):
    shape = tuple(int(n / spacing) for n in (26, 34, 36))
    grid = boxed_body(shape=shape, spacing=spacing)
    level_k = shape[0] // 2 + 0.25  # off the voxel centres, so that no layer is counted twice
    corners = np.array([[0, 0, level_k], [shape[2], 0, level_k], [shape[2], shape[1], level_k], [0, shape[1], level_k]])
    line = FractureLine(points_lps_mm=grid.affine.to_world(corners), opening_mm=1.0)
    bed = porous_bed(replace(grid, fracture_lines=(line,)))
    column = bed.permeability_m2[:, shape[1] // 2, shape[2] // 2]
    crossed = line.crossed(grid.affine, shape)[:, shape[1] // 2, shape[2] // 2]
    passed = float(column[crossed].sum()) * spacing / 1e3
    assert passed == pytest.approx(1e-9 / 12.0, rel=1e-6)


def test_a_cleft_that_the_ct_shows_is_open_and_a_stated_line_is_used(tmp_path):
    """From images to bed: a gas cleft is found on a drawn CT, and a line of a landmarks file reaches the same grid."""
    from vertebroplasty.anatomy.upright import build_grid
    from vertebroplasty.case.inputs import ScanRequest, open_level
    from vertebroplasty.phantom import Cleft, LevelShape, SpinePhantom, write_nifti

    flat = Cleft(centre_mm=(0.0, 0.0, 4.0), half_axes_mm=(9.0, 9.0, 2.5))
    spine = SpinePhantom(levels={"L1": LevelShape(), "L2": LevelShape(cleft=flat), "L3": LevelShape()})
    write_nifti(spine, tmp_path)
    scan = ScanRequest(ct=tmp_path / "ct.nii.gz", seg=(tmp_path / "seg.nii.gz",), labels="verse")
    level = open_level(scan, "L2")
    grid = build_grid(level, 1.5)
    cleft = grid.tissue == Tissue.CLEFT
    assert cleft.sum() * grid.voxel_ml > 0.2
    assert np.all(porous_bed(grid).permeability_m2[cleft] == 1e-6)
    patch = grid.frame.to_world(np.array([[-8.0, -5, -6], [8, -5, -6], [8, 8, -6], [-8, 8, -6]]))
    entry = {"points_lps_mm": np.round(patch, 2).tolist(), "opening_mm": 1.2}
    stated = {"schema": "vertebroplasty.landmarks/1", "levels": {"L2": {"fracture_lines": [entry]}}}
    (tmp_path / "mine.json").write_text(json.dumps(stated))
    cracked = build_grid(open_level(replace(scan, landmarks=tmp_path / "mine.json"), "L2"), 1.5)
    assert len(cracked.fracture_lines) == 1
    assert any("Fracture lines stated by the reader" in note for note in cracked.notes)
    more = porous_bed(cracked).permeability_m2 > porous_bed(grid).permeability_m2
    assert more.sum() * 1.5**2 == pytest.approx(16.0 * 13.0, rel=0.2)  # one layer of voxels over the patch
