"""Gaps in the cortex that a CT is too coarse to show: drawn at the rate published for leaks that need one.

A leak through the cortex presupposes a gap, so the share of vertebrae with such a leak is the least share with a gap.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Int64
from scipy import ndimage

from vertebroplasty.anatomy.grid import Tissue, VertebraGrid
from vertebroplasty.anatomy.vertebra import Part
from vertebroplasty.cement.permeability import AROUND, INSIDE, VEINS

__all__ = ["GapDraw", "Shell"]

BONY_RATE = 0.244  # [Li2021] share of treated vertebrae with a leak of type C, through the cortex
DISC_RATE = 0.065  # [IVC2021] share with a leak into a disc, vertebrae without a cleft
LEAST_MM, MOST_MM = 1.0, 4.0  # [choice] diameter of a gap that thick slices hide
SHELL_MM = 4.0  # [choice] a gap joins marrow with what lies outside through at most so much bone
LINE_VOXELS = float(np.sqrt(0.75))  # [exact] voxels centred within this of a line, in voxels, hang together by faces
DISCS = (Tissue.DISC_ABOVE, Tissue.DISC_BELOW)
OPEN_HU = 0.0  # [choice] HU of a gap: filled with tissue, no mineral


@dataclass(frozen=True, slots=True, kw_only=True)
class GapDraw:
    """Whether a gap is there, where (0 to 1 along the list of possible places) and how wide."""

    present: bool
    place: float
    diameter_mm: float
    to_discs: bool

    @property
    def present_mm(self) -> float:
        """Its diameter; 0 where there is none."""
        return self.diameter_mm if self.present else 0.0

    @classmethod
    def to_canal_or_beside(cls, chance: float, place: float, size: float) -> "GapDraw":
        """A gap towards canal, foramina or soft tissue, from three numbers between 0 and 1."""
        return cls(present=chance < BONY_RATE, place=place, diameter_mm=_diameter(size), to_discs=False)

    @classmethod
    def to_disc(cls, chance: float, place: float, size: float) -> "GapDraw":
        """A gap through an endplate, from three numbers between 0 and 1."""
        return cls(present=chance < DISC_RATE, place=place, diameter_mm=_diameter(size), to_discs=True)


def _diameter(size: float) -> float:
    """Small gaps are likelier than wide ones: every factor has the same chance."""
    return float(LEAST_MM * (MOST_MM / LEAST_MM) ** size)


@dataclass(frozen=True, eq=False)
class Shell:
    """A vertebra whose cortex is drawn closed, and the places where a gap can open it."""

    grid: VertebraGrid

    @cached_property
    def closed(self) -> VertebraGrid:
        """The vertebra with cortex wherever its marrow would touch the outside; veins keep their foramina."""
        grid = self.grid
        loose = _around(grid)
        rim = (grid.part > 0) & grid.is_tissue(*INSIDE) & ndimage.binary_dilation(loose)
        tissue = grid.tissue.copy()
        tissue[rim] = Tissue.CORTEX
        return replace(grid, tissue=tissue, breaches_can_be_seen=True)

    @cached_property
    def _nearest_marrow(self) -> tuple[np.ndarray, np.ndarray]:
        """Distance of every voxel from the body's marrow, in mm, and the index of the nearest marrow voxel."""
        grid = self.closed
        marrow = grid.body() & grid.is_tissue(*INSIDE)
        distance, index = ndimage.distance_transform_edt(~marrow, return_indices=True)
        return distance * grid.spacing_mm, index

    def _facing(self, *, to_discs: bool) -> Bool[np.ndarray, "k j i"]:
        """Voxels that touch a disc, or tissue other than a disc."""
        grid = self.closed
        outside = grid.is_tissue(*DISCS) & (grid.part == 0) if to_discs else _around(grid) & ~grid.is_tissue(*DISCS)
        return np.asarray(ndimage.binary_dilation(outside))

    def _places(self, *, to_discs: bool) -> Int64[np.ndarray, "n 3"]:
        """Voxels of the body's surface that face the asked side alone and have marrow close behind them."""
        grid = self.closed
        surface = (grid.part == Part.BODY) & (grid.tissue == Tissue.CORTEX) & self._facing(to_discs=to_discs)
        surface &= ~self._facing(to_discs=not to_discs)
        return np.argwhere(surface & (self._nearest_marrow[0] <= SHELL_MM))

    @cached_property
    def _lists(self) -> dict[bool, np.ndarray]:
        return {to_discs: self._places(to_discs=to_discs) for to_discs in (False, True)}

    def opened(self, gaps: tuple[GapDraw, ...]) -> VertebraGrid:
        """The closed vertebra with these gaps as tunnels from its surface to the marrow behind."""
        grid = self.closed
        tissue, hu = grid.tissue.copy(), grid.hu.copy()
        cortex = (grid.part > 0) & (grid.tissue == Tissue.CORTEX)
        for gap in gaps:
            places = self._lists[gap.to_discs]
            if gap.present and len(places):
                centre = places[int(gap.place * len(places))]
                tunnel = self._tunnel(centre, 0.5 * gap.diameter_mm) & cortex & ~self._facing(to_discs=not gap.to_discs)
                tissue[tunnel], hu[tunnel] = Tissue.TRABECULAR, OPEN_HU
        return replace(grid, tissue=tissue, hu=hu)

    def _tunnel(self, centre_kji: Int64[np.ndarray, "3"], radius_mm: float) -> Bool[np.ndarray, "k j i"]:
        """Voxels about the line from a surface voxel to the marrow nearest to it, as thin as the grid allows."""
        inner = np.array([axis[tuple(centre_kji)] for axis in self._nearest_marrow[1]])
        radius = max(radius_mm / self.grid.spacing_mm, LINE_VOXELS)
        axis = (inner - centre_kji).astype(float)
        length = float(np.linalg.norm(axis))
        offset = np.moveaxis(np.indices(self.grid.tissue.shape), 0, -1) - centre_kji
        along = np.clip(offset @ axis / length, 0.0, length)
        near = np.linalg.norm(offset - along[..., None] * axis / length, axis=-1) <= radius
        return np.asarray(near)


def _around(grid: VertebraGrid) -> Bool[np.ndarray, "k j i"]:
    """Tissue outside the bone that cement can flow into, veins aside."""
    return grid.is_tissue(*AROUND) & (grid.part == 0) & ~grid.is_tissue(*VEINS)
