"""A vertebra with the neighbours above and below it on one upright grid, for what they do to each other."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float, UInt8

from vertebroplasty.anatomy.find import find_vertebra
from vertebroplasty.anatomy.grid import VertebraGrid
from vertebroplasty.anatomy.lattice import Lattice, bone_on, lattice_of
from vertebroplasty.anatomy.levels import Level
from vertebroplasty.anatomy.upright import grid_on
from vertebroplasty.anatomy.vertebra import Vertebra
from vertebroplasty.errors import CutBody, Refused

__all__ = ["SIDES", "build_stack", "moved"]

SIDES = ("above", "below")
STEPS = {"above": -1, "below": 1}
SAME_PLACE = 1e-3  # [choice] of a voxel: two lattices of one frame differ by rounding only


def build_stack(level: Level, spacing_mm: float = 1.0, sides: tuple[str, ...] = SIDES) -> VertebraGrid:
    """The level's upright grid, wide enough for the bodies of its neighbours; worked out once per spine and spacing.

    Its voxels are those of the level's own grid and more around them: `moved` brings a field over exactly.  The parts
    of the neighbours stand in `above` and `below`.

    Raises:
        Refused: a neighbour is not labelled, or its body is not whole in the scan.
        CutBody: the level's own body cannot be followed to its edges.
    """
    if not sides or not set(sides) <= set(SIDES):
        raise Refused(f"A stack has neighbours above, below or both, not {', '.join(sides) or 'none'}.")
    key = f"stack {spacing_mm:.6g} {' '.join(sides)} of {level.name}"
    found = level.spine._found
    if key not in found:
        own = find_vertebra(level)
        beside = {side: _neighbour(level, side) for side in sides}
        lattice = lattice_of(own, spacing_mm, tuple(beside.values()))
        parts = {side: _part_on(vertebra, lattice) for side, vertebra in beside.items()}
        found[key] = replace(grid_on(own, lattice), above=parts.get("above"), below=parts.get("below"))
    grid: VertebraGrid = found[key]
    return grid


def moved(field: Float[np.ndarray, "k j i"], of: VertebraGrid, onto: VertebraGrid) -> Float[np.ndarray, "kk jj ii"]:
    """A field of one upright grid of a vertebra on another of the same vertebra and spacing, 0 where only that reaches.

    Raises:
        Refused: the grids do not share their voxels, or part of the field lies beyond the other grid.
    """
    first = onto.affine.to_index(of.affine.origin_lps_mm)
    rounded = np.rint(first)
    if of.spacing_mm != onto.spacing_mm or np.abs(first - rounded).max() > SAME_PLACE:
        raise Refused("The two grids do not share their voxels: build both from one level at one spacing.")
    start = rounded.astype(int)[::-1]
    stop = start + np.array(field.shape)
    low, high = np.maximum(start, 0), np.minimum(stop, onto.hu.shape)
    inner = tuple(slice(a - s, b - s) for a, b, s in zip(low, high, start, strict=True))
    if np.count_nonzero(field[inner]) != np.count_nonzero(field):
        raise Refused("Part of the field lies beyond the other grid: nothing may be lost on the way.")
    placed = np.zeros(onto.hu.shape, field.dtype)
    placed[tuple(slice(a, b) for a, b in zip(low, high, strict=True))] = field[inner]
    return placed


def _neighbour(level: Level, side: str) -> Vertebra:
    """The next vertebra on a side, whole in the scan."""
    other = level.neighbour(STEPS[side])
    if other is None:
        raise Refused(
            f"A stack needs the vertebra {side} {level.name}, and the segmentation holds none next to it: use a scan "
            "and a segmentation that hold it, or press the level alone.",
            where="--case",
        )
    cut = f"A stack needs {other.name}, {side} {level.name}, whole, and the edge of the scan cuts its body: use a "
    cut += "longer scan, or press the level alone."
    try:
        vertebra = find_vertebra(other)
    except CutBody as reason:
        raise Refused(cut, where="--case") from reason
    if vertebra.body_cut:
        raise Refused(cut, where="--case")
    return vertebra


def _part_on(vertebra: Vertebra, lattice: Lattice) -> UInt8[np.ndarray, "k j i"]:
    """The parts of a neighbour on the lattice."""
    part, _ = bone_on(vertebra, lattice)
    return part
