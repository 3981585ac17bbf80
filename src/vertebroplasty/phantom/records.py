"""The numbers of a synthetic spine as the compiled functions read them: one record per level, one for the trunk."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Shaped

from vertebroplasty.errors import Refused
from vertebroplasty.phantom.poses import Pose
from vertebroplasty.phantom.shape import BACK_STRETCH, SIDES, WAIST, WIDEST, Breach, LevelShape

__all__ = ["Trunk", "breach_point", "level_records", "trunk_record"]

MAX_BREACHES = 6  # [choice] holes one level may have
PROCESS_MM = 4.5  # [choice] radius of a transverse process
FACET_MM = 3.3  # [choice] radius of an articular process
SCREW_BEHIND_MM = 18.0  # [choice] a screw begins so far behind the isthmus
SCREW_DEPTH = 0.75  # [choice] and ends so far in front of it, as a share of the body's depth
BESIDE_MM = 60.0  # [choice] beyond this beside the bodies' centres there is no spine
BEHIND_MM = 60.0  # [choice] beyond this behind the posterior walls there is no spine
BEFORE_MM = 6.0  # [choice] beyond this in front of the bodies there is no spine
NOWHERE_MM = 1e6  # [choice] where things are put that a level does not have

_NUMBERS = (
    *("half_depth", "rim_half_width", "half_height", "waist", "widest", "back_stretch"),
    *("upper_front", "upper_back", "upper_dip", "lower_front", "lower_back", "lower_dip"),
    *("bulge", "bulge_half_width", "bulge_half_height", "bulge_centre", "canal_width", "canal_ap"),
    *("cortex", "cortex_hu", "trabecular_hu", "arch_hu", "vein_radius", "vein_height"),
)
LEVEL_RECORD = np.dtype(
    [(name, np.float64) for name in _NUMBERS]
    + [
        ("origin", np.float64, (3,)),
        ("axes", np.float64, (3, 3)),
        ("convergence", np.float64, (2,)),
        ("tilt", np.float64, (2,)),
        ("isthmus", np.float64, (2, 3)),
        ("pedicle_half", np.float64, (2, 2)),
        ("breach", np.float64, (MAX_BREACHES, 7)),
        ("n_breaches", np.int64),
        ("hole", np.float64, (5,)),
        ("cleft", np.float64, (7,)),
        ("cement", np.float64, (5,)),
        ("screw", np.float64, (8,)),
        ("rods", np.float64, (2, 3, 7)),
    ]
)
TRUNK_RECORD = np.dtype(
    [(name, np.float64) for name in ("centre_right", "centre_anterior", "half_right", "half_anterior")]
    + [(name, np.float64) for name in ("aorta_right", "aorta_anterior", "aorta_radius", "aorta_hu")]
    + [("present", np.bool_), ("spine", np.float64, (4,))]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    """An elliptic trunk with skin, fat, muscle and aorta around the spine; everything beyond it is air.

    `skin_behind_mm` is the distance from the hindmost posterior wall to the skin of the back.
    """

    width_mm: float = 208.0
    depth_mm: float = 176.0
    skin_behind_mm: float = 60.0
    aorta_left_mm: float = 12.0
    aorta_diameter_mm: float = 18.0
    aorta_hu: float = 45.0


def breach_point(shape: LevelShape, breach: Breach) -> tuple[Float[np.ndarray, "3"], Float[np.ndarray, "3"]]:
    """Local centre of a hole on the body's surface, and the axis through the shell."""
    first, second = breach.at_mm
    match breach.toward:
        case "disc-above":
            return np.array([first, second, shape.plates_mm(first, second)[0]]), np.array([0.0, 0.0, 1.0])
        case "disc-below":
            return np.array([first, second, shape.plates_mm(first, second)[1]]), np.array([0.0, 0.0, -1.0])
        case "canal":
            wall = shape.wall_mm - shape.wall_bulge_mm(first, second)
            return np.array([first, wall, second]), np.array([0.0, -1.0, 0.0])
        case "front":
            return np.array([first, _front_mm(shape, first, second), second]), np.array([0.0, 1.0, 0.0])
        case side:
            sign = 1.0 if side == "right" else -1.0
            return np.array([sign * shape.edge_mm(first, second), first, second]), np.array([sign, 0.0, 0.0])


def _front_mm(shape: LevelShape, right_mm: float, superior_mm: float) -> float:
    """Anterior coordinate of the front of the body, by bisection of its outline."""
    near, far = 0.0, 0.5 * shape.depth_mm
    for _ in range(50):
        middle = 0.5 * (near + far)
        near, far = (middle, far) if shape.edge_mm(middle, superior_mm) > abs(right_mm) else (near, middle)
    return near


def _damage(record: np.void, shape: LevelShape) -> None:
    """Fill in the holes, cleft, cement and screw of one level."""
    if len(shape.breaches) > MAX_BREACHES:
        raise Refused(f"A level may have {MAX_BREACHES} holes in its shell: leave some out.", where="breaches")
    for n, breach in enumerate(shape.breaches):
        point, axis = breach_point(shape, breach)
        record["breach"][n] = (*point, *axis, 0.5 * breach.diameter_mm)
    record["n_breaches"] = len(shape.breaches)
    record["cleft"] = (NOWHERE_MM, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0)
    if shape.cleft is not None:
        record["cleft"] = (*shape.cleft.centre_mm, *shape.cleft.half_axes_mm, shape.cleft.hu)
    if shape.lytic_hole is not None:
        record["hole"] = (*shape.lytic_hole.centre_mm, shape.lytic_hole.radius_mm, shape.lytic_hole.hu)
    if shape.old_cement is not None:
        record["cement"] = (*shape.old_cement.centre_mm, shape.old_cement.radius_mm, shape.old_cement.hu)
    if shape.screw is not None:
        side, screw = shape.screw.side, shape.screw
        axis, isthmus = shape.pedicle(side).axis(side), shape.isthmus_mm(side)
        ends = (*(isthmus - SCREW_BEHIND_MM * axis), *(isthmus + SCREW_DEPTH * shape.depth_mm * axis))
        record["screw"] = (*ends, 0.5 * screw.diameter_mm, screw.hu)


def _processes(shape: LevelShape, side: str) -> Float[np.ndarray, "3 7"]:
    """Transverse, upper and lower articular process of one side: both ends and a radius; right counts outwards."""
    half, wall, top = 0.5 * shape.canal_width_mm, shape.wall_mm, float(shape.isthmus_mm(side)[2])
    back, upper, lower = wall - shape.canal_ap_mm, shape.upper_mm[2] + 2.0, shape.lower_mm[2] - 2.0
    return np.array(
        [
            (half + 5.0, wall - 13.0, top, half + 30.0, wall - 17.0, top + 2.0, PROCESS_MM),
            (half + 5.0, wall - 13.5, top, half + 6.0, wall - 14.5, upper, FACET_MM),
            (half - 1.0, back, top - 6.0, half - 1.0, back, lower, FACET_MM),
        ]
    )


def level_record(shape: LevelShape, pose: Pose) -> np.void:
    """One level's numbers."""
    record = np.zeros(1, LEVEL_RECORD)[0]
    record["half_depth"], record["rim_half_width"] = 0.5 * shape.depth_mm, shape.rim_half_width_mm
    record["half_height"], record["waist"] = shape.half_height_mm, WAIST
    record["widest"], record["back_stretch"] = WIDEST, BACK_STRETCH
    record["upper_front"], _, record["upper_back"] = shape.upper_mm
    record["lower_front"], _, record["lower_back"] = shape.lower_mm
    record["upper_dip"] = shape.upper_share * shape.dip_mm
    record["lower_dip"] = (1.0 - shape.upper_share) * shape.dip_mm
    record["bulge"], record["bulge_centre"] = shape.bulge_mm, shape.bulge_centre_mm
    record["bulge_half_width"], record["bulge_half_height"] = shape.bulge_half_width_mm, shape.bulge_half_height_mm
    record["canal_width"], record["canal_ap"] = shape.canal_width_mm, shape.canal_ap_mm
    record["cortex"], record["cortex_hu"] = shape.cortex_mm, shape.cortex_hu
    record["trabecular_hu"], record["arch_hu"] = shape.trabecular_hu, shape.arch_hu
    record["vein_radius"] = 0.5 * shape.basivertebral_mm
    record["vein_height"] = 0.5 * (shape.upper_mm[2] + shape.lower_mm[2])
    record["origin"], record["axes"] = pose.origin, pose.axes
    for n, side in enumerate(SIDES):
        pedicle = shape.pedicle(side)
        record["convergence"][n], record["tilt"][n] = np.radians((pedicle.convergence_deg, pedicle.tilt_deg))
        record["isthmus"][n] = np.abs(shape.isthmus_mm(side)) * (1.0, -1.0, np.sign(shape.isthmus_mm(side)[2]))
        record["rods"][n] = _processes(shape, side)
        record["pedicle_half"][n] = 0.5 * pedicle.width_mm, 0.5 * pedicle.height_mm
    _damage(record, shape)
    return record


def level_records(shapes: tuple[LevelShape, ...], poses: list[Pose]) -> Shaped[np.ndarray, "n"]:
    """All levels' numbers, from the top down."""
    return np.array([level_record(shape, pose) for shape, pose in zip(shapes, poses, strict=True)], LEVEL_RECORD)


def trunk_record(trunk: Trunk | None, shapes: tuple[LevelShape, ...], poses: list[Pose]) -> Shaped[np.ndarray, "1"]:
    """The trunk's numbers, placed behind and in front of the whole chain; without a trunk muscle fills everything."""
    record = np.zeros(1, TRUNK_RECORD)
    walls, fronts, sides = [], [], []
    for shape, pose in zip(shapes, poses, strict=True):
        for z in (max(shape.upper_mm), min(shape.lower_mm)):
            walls.append((pose.origin + np.array([0.0, shape.wall_mm, z]) @ pose.axes)[1])
            fronts.append((pose.origin + np.array([0.0, -shape.wall_mm, z]) @ pose.axes)[1])
            sides.append((pose.origin + np.array([0.0, 0.0, z]) @ pose.axes)[0])
    record["spine"] = (
        *(min(sides) - BESIDE_MM, max(sides) + BESIDE_MM),
        *(min(walls) - BEHIND_MM, max(fronts) + BEFORE_MM),
    )
    if trunk is None:
        return record
    record["present"] = True
    record["half_right"], record["half_anterior"] = 0.5 * trunk.width_mm, 0.5 * trunk.depth_mm
    record["centre_anterior"] = min(walls) - trunk.skin_behind_mm + 0.5 * trunk.depth_mm
    record["aorta_right"], record["aorta_radius"] = -trunk.aorta_left_mm, 0.5 * trunk.aorta_diameter_mm
    record["aorta_anterior"] = max(fronts) + 0.5 * trunk.aorta_diameter_mm + 2.0
    record["aorta_hu"] = trunk.aorta_hu
    return record
