"""A body loaded through its discs, alone or between its neighbours: spinal segments as specimens.

Only the column of bodies and discs bears load here: arches, facet joints, ligaments and muscles are left out.  A disc
is one linear material; its nucleus holds no pressure of its own, so that what cement does to a neighbour through the
disc comes out smaller than in models with a fluid nucleus.
"""

import numpy as np
from jaxtyping import Bool, Float

from vertebroplasty.anatomy.grid import Tissue, VertebraGrid
from vertebroplasty.anatomy.vertebra import Part
from vertebroplasty.errors import Refused
from vertebroplasty.strength.body_specimen import Matters
from vertebroplasty.strength.caps import add_caps
from vertebroplasty.strength.material import CEMENT_MPA, BoneLaw
from vertebroplasty.strength.specimen import Matter, Specimen

__all__ = ["DISC_MPA", "disc_specimen", "stack_specimen"]

DISC_MPA = 10.0  # [choice] of a whole disc, within the published 5 to 50 MPa
SOFTEST_DISC_MPA, STIFFEST_DISC_MPA = 5.0, 50.0  # [disc-modulus] published range
HELD_SHARE = 0.5  # [choice] of an outer neighbour's height that its cap may embed, as specimens are potted
CONTACT_MM = 3.0  # [choice] a gap between a disc and the next body that is closed with disc; wider ones stay open
NO_DISC = "No disc lies {side} the body of {level} on this grid: it cannot be loaded through discs."
NO_NEIGHBOUR = "This grid of {level} holds no neighbour: build a stack's grid first."

Mask = Bool[np.ndarray, "k j i"]


def disc_specimen(
    grid: VertebraGrid,
    density_mg_per_ml: Float[np.ndarray, "k j i"],
    *,
    law: BoneLaw,
    fill: Float[np.ndarray, "k j i"] | None = None,
    cement_mpa: float = CEMENT_MPA,
    disc_mpa: float = DISC_MPA,
) -> Specimen:
    """The body with the discs above and below it between caps; arguments as in `body_specimen`.

    Raises:
        Refused: no body, a disc that is missing or whose modulus is beyond the published range, or an impossible fill.
    """
    _check_disc(disc_mpa)
    discs = _discs(grid)
    matters = Matters.of(grid, density_mg_per_ml, law=law, fill=fill, cement_mpa=cement_mpa)
    matters = matters.with_matter(discs, Matter.DISC, disc_mpa)
    own = add_caps(grid.body(), grid.spacing_mm)
    column = grid.body() | discs
    caps = add_caps(column, grid.spacing_mm, onto=discs, reach_mm=_extent_mm(column, grid.spacing_mm))
    return matters.capped(caps, own.height_mm)


def stack_specimen(
    grid: VertebraGrid,
    density_mg_per_ml: Float[np.ndarray, "k j i"],
    *,
    law: BoneLaw,
    fill: Float[np.ndarray, "k j i"] | None = None,
    cement_mpa: float = CEMENT_MPA,
    disc_mpa: float = DISC_MPA,
) -> Specimen:
    """Two or three bodies with the discs between them, the outer ones potted in caps; arguments as in `body_specimen`.

    Where the grid holds one neighbour only, the treated body itself is potted on the other side.

    Raises:
        Refused: the grid holds no neighbour, a disc's modulus is beyond the published range, or an impossible fill.
    """
    _check_disc(disc_mpa)
    matters = Matters.of(grid, density_mg_per_ml, law=law, fill=fill, cement_mpa=cement_mpa)
    column, outer = grid.body(), np.zeros_like(grid.body())
    reach = HELD_SHARE * _extent_mm(column, grid.spacing_mm)
    for part, disc, kind in (
        (grid.above, Tissue.DISC_ABOVE, Matter.NEIGHBOUR_ABOVE),
        (grid.below, Tissue.DISC_BELOW, Matter.NEIGHBOUR_BELOW),
    ):
        if part is None:
            continue
        bone = (part == Part.BODY) & ~grid.body()
        between = _in_contact(grid.is_tissue(disc) & ~bone, bone, grid, up=kind == Matter.NEIGHBOUR_ABOVE)
        matters = matters.with_matter(between, Matter.DISC, disc_mpa).with_matter(bone, kind, None)
        column, outer = column | between | bone, outer | bone
    if grid.above is None and grid.below is None:
        raise Refused(NO_NEIGHBOUR.format(level=grid.level))
    if grid.above is None or grid.below is None:
        outer = outer | grid.body()
    own = add_caps(grid.body(), grid.spacing_mm)
    return matters.capped(add_caps(column, grid.spacing_mm, onto=outer, reach_mm=reach), own.height_mm)


def _check_disc(disc_mpa: float) -> None:
    if not SOFTEST_DISC_MPA <= disc_mpa <= STIFFEST_DISC_MPA:
        raise Refused(
            f"A disc of {disc_mpa:g} MPa is beyond the published {SOFTEST_DISC_MPA:g} to {STIFFEST_DISC_MPA:g} MPa: "
            "choose within.",
            where="--disc-mpa",
        )


def _discs(grid: VertebraGrid) -> Mask:
    """Both discs.

    Raises:
        Refused: one of them is missing.
    """
    for side, kind in (("above", Tissue.DISC_ABOVE), ("below", Tissue.DISC_BELOW)):
        if not grid.is_tissue(kind).any():
            raise Refused(NO_DISC.format(side=side, level=grid.level), where="--case")
    return grid.is_tissue(Tissue.DISC_ABOVE, Tissue.DISC_BELOW)


def _extent_mm(mask: Mask, spacing_mm: float) -> float:
    """Extent along k from the lowest to the highest voxel."""
    layers = np.flatnonzero(mask.any(axis=(1, 2)))
    return float(layers[-1] - layers[0] + 1) * spacing_mm if layers.size else 0.0


def _in_contact(disc: Mask, bone: Mask, grid: VertebraGrid, *, up: bool) -> Mask:
    """A disc grown along k until it meets the neighbour's body, where only a small gap is left."""
    step = 1 if up else -1
    disc, bone, own = disc[::step], bone[::step], grid.body()[::step]
    level = np.arange(disc.shape[0])[:, None, None]
    end = np.where(disc, level, -1).max(axis=0)
    meets = np.where(bone & (level > end), level, disc.shape[0]).min(axis=0)
    near = (end >= 0) & ((meets - end - 1) * grid.spacing_mm <= CONTACT_MM)
    grown = disc | (near & (level > end) & (level < meets) & ~own)
    return np.asarray(grown[::step])
