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
    "Shaft",
    "bone_field",
    "clearance_of",
    "medial_sign",
    "pedicle_breach_mm",
    "shaft_of",
]

PAST_ENTRY_MM = 5.0  # [choice] clearance counts from here: at the entry itself a needle touches the surface
STEP_MM = 0.5  # [choice] between the points of a shaft
RAYS = 48  # [choice] directions around the shaft, 7.5 degrees apart
REACH_MM = 40.0  # [choice] clearances beyond this do not matter
CLOSE_MM = 0.02  # [choice] a ray has arrived this near the surface
TRACE_STEPS = 60  # [choice] at most so many steps of a ray
GRADIENT_MM = 0.5  # [choice] half the step of central differences
ALONG = 0.8  # [choice] a surface whose normal lies so much along the needle is in front of or behind it, not beside it
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


def _ray_lengths(
    field: Field, starts: Float[np.ndarray, "n 3"], directions: Float[np.ndarray, "n 3"]
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
        going[at] = (depth > CLOSE_MM) & (travelled[at] < REACH_MM)
    return np.minimum(travelled, REACH_MM)


def _outward(field: Field, points: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3"]:
    """Unit vectors towards the nearest surface."""
    steps = GRADIENT_MM * np.eye(3)
    gradient = np.stack([field.at(points + step) - field.at(points - step) for step in steps], axis=-1)
    return gradient / np.maximum(np.linalg.norm(gradient, axis=1, keepdims=True), np.finfo(float).eps)


def _faces_canal(vertebra: Vertebra, exits_lps_mm: Float[np.ndarray, "n 3"]) -> Bool[np.ndarray, "n"]:
    """Whether the surface at these points borders the canal."""
    return behind_the_body(vertebra, vertebra.frame.to_local(exits_lps_mm)) == Tissue.CANAL


def _around(
    vertebra: Vertebra, shaft: Shaft
) -> tuple[Float[np.ndarray, "n r"], Float[np.ndarray, "r"], Bool[np.ndarray, "n r"]]:
    """Bone from every shaft point's axis along rays around it, the rays' angles, and which of them end at the canal."""
    field = bone_field(vertebra)
    angle = 2 * np.pi * np.arange(RAYS) / RAYS
    rays = np.cos(angle)[:, None] * shaft.medial + np.sin(angle)[:, None] * shaft.superior
    starts = np.repeat(shaft.points, RAYS, axis=0)
    directions = np.tile(rays, (len(shaft.points), 1))
    length = _ray_lengths(field, starts, directions)
    at_canal = _faces_canal(vertebra, starts + (length + OUTSIDE_PROBE_MM)[:, None] * directions) & (length < REACH_MM)
    return length.reshape(-1, RAYS), angle, at_canal.reshape(-1, RAYS)


def clearance_of(vertebra: Vertebra, path: NeedlePath) -> Clearance:
    """Clearance of one needle in each direction.

    A direction's value is the smaller of the rays in its quarter around the shaft and of the true distance to the
    nearest surface where that lies in this quarter.  For approaches outside the pedicle lateral, superior and inferior
    count within the body only.
    """
    shaft = shaft_of(vertebra, path)
    field = bone_field(vertebra)
    lengths, angle, at_canal = _around(vertebra, shaft)
    depth = -field.at(shaft.points)
    normal = _outward(field, shaft.points)
    beside = np.abs(normal @ shaft.direction) < ALONG
    nearest_angle = np.arctan2(normal @ shaft.superior, normal @ shaft.medial)
    local = vertebra.frame.to_local(shaft.points)
    in_body = local[:, 1] > vertebra.posterior_wall.anterior_at(local[:, 2])
    values: dict[str, float | None] = {}
    for number, name in enumerate(DIRECTIONS):
        counted = in_body if path.approach != "transpedicular" and name != "medial" else np.ones(len(depth), bool)
        rays = lengths[counted][:, _quarter(angle, number)]
        nearest = depth[counted & beside & _quarter(nearest_angle, number)]
        values[name] = _smallest([rays, nearest], shaft.radius_mm)
    to_surface = shaft.points + (depth + OUTSIDE_PROBE_MM)[:, None] * normal
    values["canal"] = _smallest(
        [lengths[at_canal], depth[beside & _faces_canal(vertebra, to_surface)]], shaft.radius_mm
    )
    ahead = _ray_lengths(field, shaft.points[-1:], shaft.direction[None])[0]
    return Clearance(anterior=float(ahead if depth[-1] > 0 else depth[-1]), **values)


def _quarter(angle: Float[np.ndarray, "n"], number: int) -> Bool[np.ndarray, "n"]:
    """Angles in the given quarter turn, both borders included."""
    turned = (angle - number * np.pi / 2 + np.pi) % (2 * np.pi) - np.pi
    return np.abs(turned) <= np.pi / 4 + 1e-9


def _smallest(of: list[Float[np.ndarray, "..."]], radius_mm: float) -> float | None:
    """The smallest value of several arrays less the needle's radius; None without any value."""
    values = np.concatenate([each.ravel() for each in of])
    return float(values.min() - radius_mm) if values.size else None


def pedicle_breach_mm(vertebra: Vertebra, path: NeedlePath) -> float:
    """How far the needle's surface leaves the bone behind the body, mm; 0 if it stays within."""
    shaft = shaft_of(vertebra, path)
    local = vertebra.frame.to_local(shaft.points)
    behind = local[:, 1] <= vertebra.posterior_wall.anterior_at(local[:, 2])
    if not behind.any():
        return 0.0
    out = bone_field(vertebra).at(shaft.points[behind]) + shaft.radius_mm
    return max(0.0, float(out.max()))
