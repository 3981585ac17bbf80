"""How much bone surrounds a needle: millimetres from its surface to the outer bone surface, by direction."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from vertebroplasty.anatomy.grid import Tissue
from vertebroplasty.anatomy.sampling import Field
from vertebroplasty.anatomy.surroundings import behind_the_body
from vertebroplasty.anatomy.vertebra import Vertebra
from vertebroplasty.geometry.frame import unit
from vertebroplasty.geometry.needle_path import NeedlePath
from vertebroplasty.needle.planned_path import Clearance

__all__ = [
    "PAST_ENTRY_MM",
    "STEP_MM",
    "TILTS_DEG",
    "Shaft",
    "bone_field",
    "clearance_of",
    "medial_sign",
    "pedicle_breach_mm",
    "ray_lengths",
    "rim_of",
    "shaft_of",
]

PAST_ENTRY_MM = 5.0  # [choice] clearance counts from here: at the entry itself a needle touches the surface
STEP_MM = 0.5  # [choice] between the points of a shaft
RAYS = 48  # [choice] directions around the shaft, 7.5 degrees apart
TILTS_DEG = (-30.0, 0.0, 30.0)  # [choice] of the rays along the shaft: a surface 15 degrees off reads 3 % too far
RIM_POINTS = 12  # [choice] points around the needle's surface
REACH_MM = 40.0  # [choice] clearances beyond this do not matter
CLOSE_MM = 0.02  # [choice] a ray has arrived this near the surface
TRACE_STEPS = 60  # [choice] at most so many steps of a ray
OUTSIDE_PROBE_MM = 1.0  # [choice] what lies behind a surface is read so far outside it
DIRECTIONS = ("medial", "superior", "lateral", "inferior")  # in this order round the shaft, a quarter turn each


@dataclass(frozen=True, eq=False)
class Shaft:
    """Points of a needle inside the patient from 5 mm past its entry to its tip, with axes across it; all LPS."""

    points: Float[np.ndarray, "n 3"]
    direction: Float[np.ndarray, "3"]
    medial: Float[np.ndarray, "3"]
    superior: Float[np.ndarray, "3"]
    radius_mm: float


def medial_sign(side: str) -> float:
    """Sign of the local right axis that leads from this side to the midline."""
    return 1.0 if side == "left" else -1.0


def bone_field(vertebra: Vertebra) -> Field:
    """Signed distance to the outer bone surface as a field in LPS, negative in bone."""
    return Field(vertebra.distance_mm, vertebra.distance_affine)


def shaft_of(vertebra: Vertebra, path: NeedlePath) -> Shaft:
    """The needle's shaft where clearance counts."""
    direction = path.direction_lps
    start = min(PAST_ENTRY_MM, path.length_mm - STEP_MM)
    places = np.linspace(start, path.length_mm, max(2, int(np.ceil((path.length_mm - start) / STEP_MM)) + 1))
    medial = medial_sign(path.side) * vertebra.frame.right
    medial = unit(medial - (medial @ direction) * direction)
    superior = vertebra.frame.superior
    superior = unit(superior - (superior @ direction) * direction - (superior @ medial) * medial)
    points = path.entry_lps_mm + places[:, None] * direction
    return Shaft(points, direction, medial, superior, path.gauge.outer_mm / 2)


def ray_lengths(
    field: Field,
    starts: Float[np.ndarray, "n 3"],
    directions: Float[np.ndarray, "n 3"],
    *,
    reach_mm: float = REACH_MM,
) -> Float[np.ndarray, "n"]:
    """How far each ray runs through bone; a step is the distance to the nearest surface, so none is missed."""
    travelled = np.zeros(len(starts))
    going = np.ones(len(starts), bool)
    for _ in range(TRACE_STEPS):
        at = np.flatnonzero(going)
        if not at.size:
            break
        depth = -field.at(starts[at] + travelled[at, None] * directions[at])
        travelled[at] += np.maximum(depth, 0.0)
        going[at] = (depth > CLOSE_MM) & (travelled[at] < reach_mm)
    return np.minimum(travelled, reach_mm)


def _faces_canal(vertebra: Vertebra, exits_lps_mm: Float[np.ndarray, "n 3"]) -> Bool[np.ndarray, "n"]:
    """Whether the surface at these points borders the canal."""
    return behind_the_body(vertebra, vertebra.frame.to_local(exits_lps_mm)) == Tissue.CANAL


def _fan(
    vertebra: Vertebra, shaft: Shaft
) -> tuple[Float[np.ndarray, "n r"], Float[np.ndarray, "r"], Bool[np.ndarray, "n r"]]:
    """Bone from every shaft point along rays around it, the rays' angles, and which of them end at the canal.

    The rays stand across the shaft and tilted along it; their angle runs from medial towards superior.
    """
    turn = 2 * np.pi * np.arange(RAYS) / RAYS
    across = np.cos(turn)[:, None] * shaft.medial + np.sin(turn)[:, None] * shaft.superior
    tilts = np.radians(TILTS_DEG)
    rays = np.concatenate([np.cos(tilt) * across + np.sin(tilt) * shaft.direction for tilt in tilts])
    starts = np.repeat(shaft.points, len(rays), axis=0)
    directions = np.tile(rays, (len(shaft.points), 1))
    length = ray_lengths(bone_field(vertebra), starts, directions)
    at_canal = _faces_canal(vertebra, starts + (length + OUTSIDE_PROBE_MM)[:, None] * directions) & (length < REACH_MM)
    return length.reshape(-1, len(rays)), np.tile(turn, len(tilts)), at_canal.reshape(-1, len(rays))


def clearance_of(vertebra: Vertebra, path: NeedlePath) -> Clearance:
    """Clearance of one needle in each direction: the shortest of the rays in its quarter around the shaft.

    Rays end where the bone's surface is, so the value does not suffer from a coarse distance field along the middle of
    a narrow pedicle.  For approaches outside the pedicle lateral, superior and inferior count within the body only.
    """
    shaft = shaft_of(vertebra, path)
    field = bone_field(vertebra)
    lengths, angle, at_canal = _fan(vertebra, shaft)
    outside = field.at(shaft.points)
    lengths = np.where(outside[:, None] > 0, -outside[:, None], lengths)
    local = vertebra.frame.to_local(shaft.points)
    in_body = local[:, 1] > vertebra.posterior_wall.anterior_at(local[:, 2])
    values: dict[str, float | None] = {}
    for number, name in enumerate(DIRECTIONS):
        counted = in_body if path.approach != "transpedicular" and name != "medial" else np.ones(len(in_body), bool)
        values[name] = _smallest(lengths[counted][:, _quarter(angle, number)], shaft.radius_mm)
    ahead = ray_lengths(field, shaft.points[-1:], shaft.direction[None])[0]
    return Clearance(
        **values,
        canal=_smallest(lengths[at_canal], shaft.radius_mm),
        anterior=float(ahead if outside[-1] < 0 else -outside[-1]),
    )


def _quarter(angle: Float[np.ndarray, "n"], number: int) -> Bool[np.ndarray, "n"]:
    """Angles in the given quarter turn, both borders included."""
    turned = (angle - number * np.pi / 2 + np.pi) % (2 * np.pi) - np.pi
    return np.abs(turned) <= np.pi / 4 + 1e-9


def _smallest(of: Float[np.ndarray, "..."], radius_mm: float) -> float | None:
    """The smallest value less the needle's radius; None without any value."""
    return float(of.min() - radius_mm) if of.size else None


def rim_of(shaft: Shaft) -> Float[np.ndarray, "r 3"]:
    """Offsets from the needle's axis to points around its surface."""
    turn = 2 * np.pi * np.arange(RIM_POINTS)[:, None] / RIM_POINTS
    return shaft.radius_mm * (np.cos(turn) * shaft.medial + np.sin(turn) * shaft.superior)


def pedicle_breach_mm(vertebra: Vertebra, path: NeedlePath) -> float:
    """How far the needle's surface leaves the bone behind the body, mm; 0 if it stays within."""
    shaft = shaft_of(vertebra, path)
    local = vertebra.frame.to_local(shaft.points)
    behind = local[:, 1] <= vertebra.posterior_wall.anterior_at(local[:, 2])
    if not behind.any():
        return 0.0
    surface = shaft.points[behind][:, None] + rim_of(shaft)
    return max(0.0, float(bone_field(vertebra).at(surface).max()))
