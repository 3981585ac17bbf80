"""Vertebra grids drawn by formula: a box of cancellous bone in a cortical shell, with a canal behind it."""

import numpy as np

from vertebroplasty.anatomy.grid import Tissue, VertebraGrid
from vertebroplasty.anatomy.vertebra import Part
from vertebroplasty.geometry.frame import Affine, Frame
from vertebroplasty.geometry.needle_path import NeedlePath

HU = {Tissue.TRABECULAR: 150.0, Tissue.CORTEX: 900.0, Tissue.SOFT: 40.0, Tissue.CANAL: 20.0}


def boxed_body(shape=(26, 34, 36), spacing=1.0, *, breaches_can_be_seen=True):
    """Soft tissue, in it a body with a 2-voxel shell, behind it (low j) a canal; i right, j anterior, k superior."""
    nk, nj, ni = shape
    tissue = np.full(shape, int(Tissue.SOFT), np.uint8)
    part = np.zeros(shape, np.uint8)
    body = (slice(4, nk - 4), slice(10, nj - 4), slice(4, ni - 4))
    core = (slice(6, nk - 6), slice(12, nj - 6), slice(6, ni - 6))
    tissue[2 : nk - 2, 4:10, ni // 2 - 6 : ni // 2 + 6] = Tissue.CANAL
    tissue[body] = Tissue.CORTEX
    part[body] = Part.BODY
    tissue[core] = Tissue.TRABECULAR
    hu = np.zeros(shape, np.float32)
    for kind, value in HU.items():
        hu[tissue == kind] = value
    # right is −x, anterior −y in LPS
    affine = Affine.from_parts(np.zeros(3), np.diag([-1.0, -1.0, 1.0]), np.full(3, spacing))
    centre = affine.to_world(np.array([ni, nj, nk]) / 2.0)
    frame = Frame(centre, np.array([-1.0, 0, 0]), np.array([0, -1.0, 0]), np.array([0, 0, 1.0]))
    return VertebraGrid(
        level="L3", frame=frame, affine=affine, spacing_mm=spacing, hu=hu, tissue=tissue, part=part,
        breaches_can_be_seen=breaches_can_be_seen,
    )  # fmt: skip


def path_to(grid, tip_ijk, *, along=(0.0, 1.0, 0.0), length_mm=15.0, gauge_number=11):
    """A needle whose tip lies at a voxel and that points along a grid direction (anterior by default)."""
    tip = grid.affine.to_world(np.asarray(tip_ijk, float))
    direction = grid.affine.directions @ (np.asarray(along, float) / np.linalg.norm(along))
    return NeedlePath(entry_lps_mm=tip - length_mm * direction, tip_lps_mm=tip, gauge_number=gauge_number)


def with_tissue(grid, where, kind, *, part=None):
    """The same grid with another tissue (and part) painted somewhere."""
    grid.tissue[where] = int(kind)
    grid.hu[where] = HU.get(kind, 0.0)
    if part is not None:
        grid.part[where] = part
    return grid
