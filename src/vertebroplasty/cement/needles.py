"""The needles of one vertebra: which are in place, which one feeds the bed, and the tracks that others left behind.

A needle's steel closes the voxels it takes.  Where a needle was drawn out or moved away, its track within the bone is
an open channel, its hole in the cortex included; cement that leaves through the hole leaks into the needle's track.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Bool

from vertebroplasty.anatomy.grid import Tissue, VertebraGrid
from vertebroplasty.cement.leak import (
    SITES,
    LeakSite,
    Links,
    links,
    near_posterior_wall,
    site_codes,
    with_gaps,
)  # fmt: skip
from vertebroplasty.cement.marrow_flow import Field, MarrowFlow, begin
from vertebroplasty.cement.permeability import CLEFT_PERMEABILITY, PorousBed
from vertebroplasty.cement.tip import needle_steel, tip_source
from vertebroplasty.errors import Refused
from vertebroplasty.geometry.needle_path import NeedlePath

__all__ = ["FIRST", "Needles"]

FIRST = 1  # [exact] number of the needle that is in place when the injection begins
FULL_WITHIN = 1e-9  # [choice] of a voxel's capacity, rounding
TRACK = SITES.index(LeakSite.NEEDLE_TRACK)
Mask = Bool[np.ndarray, "k j i"]


@dataclass(eq=False, kw_only=True)
class Needles:
    """Needles in place by number; `bed` is the bone without any needle, `left` the paths that were left open.

    `column_ml` is the cement that stands in each cannula, known once cement has come out of its tip.
    """

    grid: VertebraGrid
    bed: PorousBed
    placed: dict[int, NeedlePath]
    feeding: tuple[int, ...] = (FIRST,)  # the needle used last, or those pushed together
    left: list[NeedlePath] = field(default_factory=list)
    column_ml: dict[int, float] = field(default_factory=dict)
    changed: bool = False

    def path(self, number: int) -> NeedlePath:
        """The needle of that number.

        Raises:
            Refused: there is none in place.
        """
        if number not in self.placed:
            there = ", ".join(str(n) for n in sorted(self.placed)) or "none"
            raise Refused(
                f"Needle {number} is not in place (in place: {there}): place it with move-needle first.",
                where="--actions",
            )
        return self.placed[number]

    def use(self, *numbers: int) -> None:
        """Feed the bed through this needle, or these together, from now on."""
        for number in numbers:
            self.path(number)
        self.changed |= numbers != self.feeding
        self.feeding = numbers

    def place(self, number: int, path: NeedlePath) -> None:
        """Put a needle in place, or move it, and use it from now on."""
        tip_source(self.grid, path, self.bed.inside)
        if number in self.placed:
            self.left.append(self.placed[number])
        self.placed[number] = path
        self.feeding = (number,)
        self.changed = True

    def take_out(self, number: int) -> NeedlePath:
        """Draw a needle out; its track stays open."""
        path = self.path(number)
        del self.placed[number]
        self.column_ml.pop(number, None)
        self.left.append(path)
        self.changed = True
        return path

    def flow(self) -> MarrowFlow:
        """The bed with the needles in it, before the first drop."""
        grid = self.grid
        bed, tracks = self._opened()
        source = sum(self.sources(bed).values(), np.zeros(bed.inside.shape))
        site = self._sites(bed)
        for path in self.placed.values():
            steel = needle_steel(grid, path)
            bed.inside[steel] = False
            bed.outside[steel] = False
        open_links = _joined(links(grid, bed), tracks & (bed.inside | bed.outside))
        return begin(
            with_gaps(grid, bed, open_links),
            open_links,
            source,
            site=site,
            near_wall=near_posterior_wall(grid, bed, open_links),
            vein=grid.tissue == Tissue.BASIVERTEBRAL_VEIN,
        )

    def sources(self, bed: PorousBed | None = None) -> dict[int, Field]:
        """Share of the flow of each needle in use that enters each voxel; none enters another needle's steel."""
        opened = self._opened()[0] if bed is None else bed
        found = {}
        for number in self.feeding:
            free = opened.inside.copy()
            for other, path in self.placed.items():
                if other != number:
                    free &= ~needle_steel(self.grid, path)
            found[number] = tip_source(self.grid, self.path(number), free)
        return found

    def changed_flow(self, before: MarrowFlow) -> MarrowFlow:
        """The bed with the needles as they are now, holding the cement that it held before."""
        self.changed = False
        fresh = self.flow()
        held = before.content > 0
        capacity = np.where(held, np.maximum(before.capacity, fresh.capacity), fresh.capacity)
        return replace(
            before,
            bed=fresh.bed,
            links=fresh.links,
            reached=fresh.reached,
            source=fresh.source,
            near_wall=fresh.near_wall,
            capacity=capacity,
            full=before.full & (before.content >= capacity * (1.0 - FULL_WITHIN)),
            speed=fresh.speed,  # what another needle drove says nothing about how this one's cement thins
            pressure=np.where(fresh.reached | fresh.bed.outside, before.pressure, 0.0),
            site=np.where(held, before.site, fresh.site),
        )

    def _opened(self) -> tuple[PorousBed, Mask]:
        """The bed with the tracks of needles that are gone, and those tracks."""
        bed, grid = self.bed, self.grid
        tracks = np.zeros_like(bed.inside)
        for path in self.left:
            tracks |= needle_steel(grid, path)
        interior = np.zeros_like(tracks)
        interior[1:-1, 1:-1, 1:-1] = True
        bone = tracks & interior & (grid.part > 0) & ~grid.is_tissue(Tissue.OLD_CEMENT, Tissue.METAL)
        opened = replace(
            bed,
            inside=bed.inside | bone,
            outside=bed.outside.copy(),
            porosity=np.where(bone, 1.0, bed.porosity),
            permeability_m2=np.where(bone, CLEFT_PERMEABILITY, bed.permeability_m2),
        )
        return opened, bone | (tracks & bed.outside)

    def _sites(self, bed: PorousBed) -> np.ndarray:
        """Leak sites, with the track of every needle there is or was."""
        paths = (*self.left, *self.placed.values())
        codes = site_codes(self.grid, bed, paths[0])
        for path in paths[1:]:
            codes[site_codes(self.grid, bed, path) == TRACK] = TRACK
        return codes


def _joined(open_links: Links, tracks: Mask) -> Links:
    """The open faces, with those between voxels of a track."""
    fields = []
    for axis, link in ((2, open_links.i), (1, open_links.j), (0, open_links.k)):
        joined = link.copy()
        here, faces = np.moveaxis(tracks, axis, 0), np.moveaxis(joined, axis, 0)
        faces[:-1] |= here[:-1] & here[1:]
        fields.append(joined)
    return Links(i=fields[0], j=fields[1], k=fields[2])
