"""How much bone surrounds a needle: millimetres from its surface to the outer bone surface, by direction."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, UInt8

from vertebroplasty.anatomy.grid import Tissue
from vertebroplasty.anatomy.sampling import Field
from vertebroplasty.anatomy.surroundings import behind_the_body
from vertebroplasty.anatomy.vertebra import Vertebra
from vertebroplasty.geometry.frame import unit
from vertebroplasty.geometry.needle_path import NeedlePath
from vertebroplasty.needle.planned_path import Clearance
from vertebroplasty.needle.reach import BEFORE_BONE_MM, foramen_field, outside_approach

__all__ = [
    "OUTSIDE_PROBE_MM",
    "PAST_ENTRY_MM",
    "STEP_MM",
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
PLATE_COSINE = np.sqrt(0.5)  # [exact] a ray within 45 degrees of the axis goes to an endplate
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


class _Fan(NamedTuple):
    """Bone from every shaft point along rays around it: lengths, the rays' angles and LPS directions, what they meet.

    The rays stand across the shaft and tilted along it; their angle runs from medial towards superior.  `behind` holds
    the `Tissue` that a ray comes out in, soft where it ends in bone.
    """

    lengths: Float[np.ndarray, "n r"]
    angles: Float[np.ndarray, "r"]
    rays: Float[np.ndarray, "r 3"]
    behind: UInt8[np.ndarray, "n r"]


def _fan(vertebra: Vertebra, shaft: Shaft) -> _Fan:
    turn = 2 * np.pi * np.arange(RAYS) / RAYS
    across = np.cos(turn)[:, None] * shaft.medial + np.sin(turn)[:, None] * shaft.superior
    tilts = np.radians(TILTS_DEG)
    rays = np.concatenate([np.cos(tilt) * across + np.sin(tilt) * shaft.direction for tilt in tilts])
    starts = np.repeat(shaft.points, len(rays), axis=0)
    directions = np.tile(rays, (len(shaft.points), 1))
    length = ray_lengths(bone_field(vertebra), starts, directions)
    exits = starts + (length + OUTSIDE_PROBE_MM)[:, None] * directions
    behind = behind_the_body(vertebra, vertebra.frame.to_local(exits))
    behind[length >= REACH_MM] = int(Tissue.SOFT)
    shape = (-1, len(rays))
    return _Fan(length.reshape(shape), np.tile(turn, len(tilts)), rays, behind.reshape(shape))


def clearance_of(vertebra: Vertebra, path: NeedlePath) -> Clearance:
    """Clearance of one needle in each direction: the shortest of the rays in its quarter around the shaft.

    Rays end where the bone's surface is, so the value does not suffer from a coarse distance field along the middle of
    a narrow pedicle.  For approaches outside the pedicle lateral, superior and inferior count within the body only.
    """
    shaft = shaft_of(vertebra, path)
    field, radius = bone_field(vertebra), shaft.radius_mm
    fan = _fan(vertebra, shaft)
    outside = field.at(shaft.points)
    lengths = np.where(outside[:, None] > 0, -outside[:, None], fan.lengths)
    local = vertebra.frame.to_local(shaft.points)
    in_body = local[:, 1] > vertebra.posterior_wall.anterior_at(local[:, 2])
    values: dict[str, float | None] = {}
    for number, name in enumerate(DIRECTIONS):
        counted = in_body if outside_approach(path.approach) and name != "medial" else np.ones(len(in_body), bool)
        values[name] = _smallest(lengths[counted][:, _quarter(fan.angles, number)], radius)
    upright = fan.rays @ vertebra.frame.superior
    ahead = ray_lengths(field, shaft.points[-1:], shaft.direction[None])[0]
    canal, foramen = _to_nerves(vertebra, path, fan, lengths)
    return Clearance(
        **values,
        canal=canal,
        foramen=foramen,
        upper_endplate=_smallest(lengths[in_body][:, upright > PLATE_COSINE], radius),
        lower_endplate=_smallest(lengths[in_body][:, upright < -PLATE_COSINE], radius),
        anterior=float(ahead if outside[-1] < 0 else -outside[-1]),
    )


def _to_nerves(
    vertebra: Vertebra, path: NeedlePath, fan: _Fan, lengths: Float[np.ndarray, "n r"]
) -> tuple[float | None, float | None]:
    """Clearance to canal and foramina: through bone, and beside the pedicle from 30 mm before the bone on."""
    radius = path.gauge.outer_mm / 2
    foramina = (fan.behind == Tissue.FORAMEN_LEFT) | (fan.behind == Tissue.FORAMEN_RIGHT)
    canal, foramen = _smallest(lengths[fan.behind == Tissue.CANAL], radius), _smallest(lengths[foramina], radius)
    field = foramen_field(vertebra) if outside_approach(path.approach) else None
    if field is None:
        return canal, foramen
    way = np.arange(-BEFORE_BONE_MM, path.length_mm, STEP_MM)[:, None] * path.direction_lps + path.entry_lps_mm
    near = float(field.at(way).min()) - radius
    return canal, near if foramen is None else min(near, foramen)


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
