"""What the treated vertebra does to its neighbours: the load on their endplates before and after cement.

The load is read where disc meets neighbour, from the forces that the deformed disc exerts on the nodes there.  Under
one force the whole endplate bears the same before and after, and what changes is where: published models find more
pressure under the nucleus next to a filled body.  Under one displacement the whole changes with the stiffness.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy import ndimage

from vertebroplasty.errors import Refused
from vertebroplasty.solvers.elasticity import nodal_forces
from vertebroplasty.strength.response import Response
from vertebroplasty.strength.specimen import Matter

__all__ = ["PUBLISHED_RATIOS", "AdjacentChange", "EndplateLoad", "adjacent_change", "endplate_load"]

NUCLEUS_SHARE = 0.4  # [nucleus-share] of a disc's cross-section, within 30 to 50 %
MOST_LOADED = 0.05  # [choice] share of the endplate that counts as its most loaded part
PUBLISHED_RATIOS = {
    "Polikeit2003": 1.17,  # [Polikeit2003] nucleus pressure and endplate load of the neighbour, after over before
    "Baroud2003adj": 1.19,  # [Baroud2003adj] disc pressure next to a filled body, after over before
}
SIDES = {Matter.NEIGHBOUR_ABOVE: "above", Matter.NEIGHBOUR_BELOW: "below"}


@dataclass(frozen=True, slots=True, kw_only=True)
class EndplateLoad:
    """Axial load on the endplate of one neighbour.

    `total_n` is the whole force, `peak_mpa` the mean pressure on the most loaded 5 % of the endplate,
    `nucleus_mpa` the mean pressure under the nucleus, `nucleus_share` that region's share of the force.
    """

    side: str
    total_n: float
    peak_mpa: float
    nucleus_mpa: float
    nucleus_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjacentChange:
    """One neighbour before and after cement: ratios after over before, under one force but for the last.

    `total_at_same_displacement` says by how much more force the same shortening of the stack asks.
    """

    before: EndplateLoad
    after: EndplateLoad
    peak: float
    nucleus_pressure: float
    total_at_same_displacement: float


def endplate_load(response: Response, neighbour: Matter, force_n: float) -> EndplateLoad:
    """The load on a neighbour's endplate when the whole stack bears a force.

    Raises:
        Refused: the stack holds no such neighbour, or no disc meets it.
    """
    if neighbour not in SIDES:
        raise Refused("A neighbour lies above or below: name one of these.")
    load, area, footprint = _nodal_load(response, neighbour)
    scale = force_n / response.reaction_n
    load = load * scale
    pressure = np.divide(load, area, out=np.zeros(load.shape), where=area > 0)
    order = np.argsort(-pressure[area > 0], kind="stable")
    covered = np.cumsum(area[area > 0][order])
    top = order[: int(np.searchsorted(covered, MOST_LOADED * covered[-1])) + 1]
    nucleus = _nucleus(footprint)
    under_nucleus = float((nucleus * load).sum())
    return EndplateLoad(
        side=SIDES[neighbour],
        total_n=float(load.sum()),
        peak_mpa=float(load[area > 0][top].sum() / area[area > 0][top].sum()),
        nucleus_mpa=under_nucleus / float((nucleus * area).sum()),
        nucleus_share=under_nucleus / float(load.sum()),
    )


def adjacent_change(before: Response, after: Response, force_n: float) -> tuple[AdjacentChange, ...]:
    """Every neighbour of the stack before and after cement, under the same force.

    Raises:
        Refused: the two are not one stack under one displacement.
    """
    if before.specimen.matter.shape != after.specimen.matter.shape or before.case.name != after.case.name:
        raise Refused("The stacks before and after differ in shape or load: build both from one grid and case.")
    changes = []
    for neighbour in SIDES:
        if not before.specimen.made_of(neighbour).any():
            continue
        first, second = (endplate_load(response, neighbour, force_n) for response in (before, after))
        changes.append(
            AdjacentChange(
                before=first,
                after=second,
                peak=second.peak_mpa / first.peak_mpa,
                nucleus_pressure=second.nucleus_mpa / first.nucleus_mpa,
                total_at_same_displacement=after.stiffness / before.stiffness,
            )
        )
    return tuple(changes)


def _nodal_load(
    response: Response, neighbour: Matter
) -> tuple[Float[np.ndarray, "jn in"], Float[np.ndarray, "jn in"], Bool[np.ndarray, "j i"]]:
    """Axial force (N) and area (mm²) of every node column where disc meets the neighbour, and the columns of voxels."""
    specimen = response.specimen
    step = 1 if neighbour == Matter.NEIGHBOUR_ABOVE else -1
    disc, bone = specimen.made_of(Matter.DISC), specimen.made_of(neighbour)
    met = np.zeros_like(disc)
    met[:-1] = disc[::step][:-1] & bone[::step][1:]
    footprint = np.asarray(met.any(axis=0))
    if not footprint.any():
        raise Refused(f"No disc meets a neighbour {SIDES[neighbour]}: its endplate bears nothing from here.")
    forces = nodal_forces(
        np.where(disc, specimen.modulus_mpa, np.float32(0)),
        specimen.spacing_mm,
        response.displacement_mm,
        element=specimen.unit_cube,
    )[2]
    shared = _nodes(disc) & _nodes(bone)
    load = -step * np.where(shared, forces, 0.0).sum(axis=0)
    area = _columns_at_nodes(footprint) * (specimen.spacing_mm**2 / 4)
    return load, area, footprint


def _nodes(voxels: Bool[np.ndarray, "k j i"]) -> Bool[np.ndarray, "kn jn in"]:
    """The corners of some voxels."""
    nodes = np.zeros(tuple(n + 1 for n in voxels.shape), np.bool_)
    k, j, i = voxels.shape
    for dk, dj, di in np.ndindex(2, 2, 2):
        nodes[dk : dk + k, dj : dj + j, di : di + i] |= voxels
    return nodes


def _nucleus(footprint: Bool[np.ndarray, "j i"]) -> Float[np.ndarray, "jn in"]:
    """By how much a node lies under the nucleus: the columns furthest from the disc's rim, as many as its share."""
    depth = ndimage.distance_transform_edt(np.pad(footprint, 1))[1:-1, 1:-1]
    deepest = np.sort(depth[footprint])[::-1]
    limit = deepest[min(int(NUCLEUS_SHARE * deepest.size), deepest.size - 1)]
    touching, under = _columns_at_nodes(footprint), _columns_at_nodes(footprint & (depth >= limit))
    return np.divide(under, touching, out=np.zeros(touching.shape), where=touching > 0)


def _columns_at_nodes(columns: Bool[np.ndarray, "j i"]) -> Float[np.ndarray, "jn in"]:
    """How many of the columns touch every node."""
    count = np.zeros(tuple(n + 1 for n in columns.shape))
    for dj, di in np.ndindex(2, 2):
        count[dj : dj + columns.shape[0], di : di + columns.shape[1]] += columns
    return count
