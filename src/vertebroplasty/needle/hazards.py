"""What a tip or shaft had better avoid in a broken body: clefts, a destroyed posterior wall, fractures to the disc."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy import ndimage

from vertebroplasty.anatomy.cortex import found_cortex
from vertebroplasty.anatomy.sampling import Field
from vertebroplasty.anatomy.signed_distance import signed_distance
from vertebroplasty.anatomy.spots import FoundSpot, found_clefts, found_holes
from vertebroplasty.anatomy.vertebra import Vertebra
from vertebroplasty.geometry.frame import Affine
from vertebroplasty.needle.line_kernels import least_along
from vertebroplasty.needle.reach import inverse_of

__all__ = ["Hazards", "avoids", "hazards_of", "least_on_lines"]

FROM_DISC_GAP_MM = 5.0  # [choice] between a tip and a gap in an endplate: cement leaves there first
FROM_WALL_GAP_MM = 2.0  # [choice] between a needle's surface and a gap in the posterior wall
NEAR_WALL_MM = 4.0  # [choice] a lytic hole that comes so near the posterior wall has weakened it
BEYOND_CLEFT_MM = 1.0  # [choice] a tip further than this past a cleft has gone through its far wall


@dataclass(frozen=True, eq=False, kw_only=True)
class Hazards:
    """What was measured on this level that a needle should keep away from, and the sentences that say so.

    `cleft` is a signed distance, negative in the cleft; `wall` the distance to gaps and lytic holes at the posterior
    wall; `disc_lps_mm` the points of gaps in the endplates.
    """

    cleft: Field | None
    wall: Field | None
    disc_lps_mm: Float[np.ndarray, "n 3"]
    toward_upper: bool
    toward_lower: bool

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is avoided, in words."""
        said = []
        if self.cleft is not None:
            said.append("The tip stays out of the far wall of the cleft.")
        if self.wall is not None:
            said.append(f"The damaged posterior wall is passed at {FROM_WALL_GAP_MM:g} mm or more.")
        if len(self.disc_lps_mm):
            said.append(f"The tip keeps {FROM_DISC_GAP_MM:g} mm from the gap in the endplate.")
        return tuple(said)


def hazards_of(vertebra: Vertebra) -> Hazards:
    """What the CT shows of clefts, lytic posterior wall and gaps in endplates and posterior wall."""
    breaches = found_cortex(vertebra).breaches
    disc = {
        name: [each.points_lps_mm for each in breaches if each.spot.toward == name]
        for name in ("disc-above", "disc-below")
    }
    points = [*disc["disc-above"], *disc["disc-below"]]
    return Hazards(
        cleft=_cleft(vertebra),
        wall=_weak_wall(vertebra, [each.points_lps_mm for each in breaches if each.spot.toward == "canal"]),
        disc_lps_mm=np.concatenate(points) if points else np.empty((0, 3)),
        toward_upper=bool(disc["disc-above"]),
        toward_lower=bool(disc["disc-below"]),
    )


def _mask_of(vertebra: Vertebra, spots: tuple[FoundSpot, ...]) -> Bool[np.ndarray, "k j i"] | None:
    """All spots together on the crop around the bone; None without one."""
    masks = [spot.mask for spot in spots if spot.mask.shape == vertebra.distance_mm.shape and spot.mask.any()]
    return np.any(masks, axis=0) if masks else None


def _cleft(vertebra: Vertebra) -> Field | None:
    mask = _mask_of(vertebra, found_clefts(vertebra))
    if mask is None:
        return None
    return Field(signed_distance(mask, vertebra.distance_affine.spacing_mm[::-1]), vertebra.distance_affine)


def _weak_wall(vertebra: Vertebra, gaps_lps_mm: list[Float[np.ndarray, "n 3"]]) -> Field | None:
    """Distance to gaps in the posterior wall and to lytic holes that reach it."""
    affine: Affine = vertebra.distance_affine
    weak = np.zeros(vertebra.distance_mm.shape, bool)
    holes = _mask_of(vertebra, found_holes(vertebra))
    if holes is not None:
        at = np.argwhere(holes)
        local = vertebra.frame.to_local(affine.to_world(at[:, ::-1]))
        near = local[:, 1] < vertebra.posterior_wall.anterior_at(local[:, 2]) + NEAR_WALL_MM
        weak[tuple(at[near].T)] = True
    for points in gaps_lps_mm:
        index = np.round(affine.to_index(points)).astype(int)[:, ::-1]
        index = index[np.all((index >= 0) & (index < weak.shape), axis=1)]
        weak[tuple(index.T)] = True
    if not weak.any():
        return None
    away = ndimage.distance_transform_edt(~weak, sampling=affine.spacing_mm[::-1])
    return Field(np.asarray(away - affine.spacing_mm.mean() / 2, np.float32), affine)


def least_on_lines(
    field: Field,
    tips_lps_mm: Float[np.ndarray, "n 3"],
    directions_lps: Float[np.ndarray, "n 3"],
    starts_mm: Float[np.ndarray, "n"],
) -> Float[np.ndarray, "n"]:
    """The least value of a field along each needle from `starts_mm` before its tip to the tip."""
    out = np.empty(len(tips_lps_mm))
    least_along(
        np.ascontiguousarray(field.values),
        inverse_of(field),
        np.ascontiguousarray(tips_lps_mm),
        np.ascontiguousarray(directions_lps),
        np.ascontiguousarray(starts_mm, dtype=np.float64),
        out,
    )
    return out


def avoids(
    hazards: Hazards,
    tips_lps_mm: Float[np.ndarray, "n 3"],
    directions_lps: Float[np.ndarray, "n 3"],
    lengths_mm: Float[np.ndarray, "n"],
    radius_mm: float,
) -> Bool[np.ndarray, "n"]:
    """Which needles keep away from everything that was found."""
    keep = np.ones(len(tips_lps_mm), bool)
    if hazards.cleft is not None:
        crosses = least_on_lines(hazards.cleft, tips_lps_mm, directions_lps, lengths_mm) < 0.0
        keep &= ~(crosses & (hazards.cleft.at(tips_lps_mm) > BEYOND_CLEFT_MM))
    if hazards.wall is not None:
        near = least_on_lines(hazards.wall, tips_lps_mm, directions_lps, lengths_mm) - radius_mm
        keep &= near >= FROM_WALL_GAP_MM
    if len(hazards.disc_lps_mm):
        unique, back = np.unique(np.round(tips_lps_mm, 6), axis=0, return_inverse=True)
        gap = np.linalg.norm(unique[:, None] - hazards.disc_lps_mm[None], axis=2).min(axis=1)
        keep &= gap[np.reshape(back, -1)] >= FROM_DISC_GAP_MM
    return keep
