"""What AP and lateral must show on the way in: sentences at the landmarks, and the medial-wall rule depth by depth."""

from dataclasses import dataclass

import numpy as np

from vertebroplasty.anatomy.vertebra import Vertebra
from vertebroplasty.geometry.needle_path import NeedlePath
from vertebroplasty.needle.corridor import medial_sign
from vertebroplasty.needle.planned_path import CheckPoint

__all__ = ["checkpoint_table", "checkpoints"]

EVERY_MM = 5.0  # [choice] between rows of the table
MERGE_MM = 1.0  # [choice] a landmark so near a row takes its place
ON_IT_MM = 0.5  # [choice] nearer than this, the tip is shown at the landmark


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """Depths at which the tip passes the landmarks; None where it does not."""

    isthmus_mm: float | None
    wall_mm: float | None
    medial_mm: float | None


def _depth_at(path: NeedlePath, distance: float, rate: float) -> float | None:
    """Depth from the entry at which the needle has covered a distance at a rate per mm; None if not on its way."""
    if abs(rate) < np.finfo(np.float32).eps:
        return None
    depth = float(distance / rate)
    return depth if 0.0 <= depth <= path.length_mm else None


def _way(vertebra: Vertebra, path: NeedlePath) -> _Way:
    entry = vertebra.frame.to_local(path.entry_lps_mm)
    direction = vertebra.frame.direction_to_local(path.direction_lps)
    wall = vertebra.posterior_wall
    to_wall = _depth_at(
        path, wall.at_zero_mm + wall.slope * entry[2] - entry[1], direction[1] - wall.slope * direction[2]
    )
    pedicle = vertebra.pedicles.get(path.side)
    if pedicle is None:
        return _Way(isthmus_mm=None, wall_mm=to_wall, medial_mm=None)
    through = path.approach == "transpedicular"
    medial = medial_sign(path.side)
    edge = float(pedicle.isthmus_mm[0]) + medial * pedicle.width_mm / 2
    to_isthmus = _depth_at(path, (pedicle.isthmus_mm - entry) @ pedicle.axis, direction @ pedicle.axis)
    return _Way(
        isthmus_mm=to_isthmus if through else None,
        wall_mm=to_wall,
        medial_mm=_depth_at(path, edge - entry[0], direction[0]),
    )


def checkpoints(vertebra: Vertebra, path: NeedlePath) -> tuple[str, ...]:
    """Where the tip is at known depths, and the rule that keeps it out of the canal."""
    way = _way(vertebra, path)
    pedicle = vertebra.pedicles.get(path.side) if path.approach == "transpedicular" else None
    said = [(0.0, "bone at the entry.")]
    if pedicle is not None:
        entry = vertebra.frame.to_local(path.entry_lps_mm)
        aside = medial_sign(path.side) * float(pedicle.isthmus_mm[0] - entry[0])
        where = "lateral" if aside > 0 else "medial"
        said = [(0.0, f"bone at the entry; AP shows the tip {abs(aside):.0f} mm {where} to the pedicle's centre.")]
    if way.isthmus_mm is not None:
        said.append((way.isthmus_mm, "isthmus of the pedicle."))
    if way.wall_mm is not None:
        text = "lateral shows the tip at the posterior wall"
        rule = "; only from here on may AP show it medial to the pedicle's medial edge" if pedicle is not None else ""
        said.append((way.wall_mm, f"{text}{rule}."))
    if way.medial_mm is not None and pedicle is not None:
        order = "after" if way.wall_mm is not None and way.medial_mm >= way.wall_mm else "before"
        said.append((way.medial_mm, f"AP shows the tip at the pedicle's medial edge, {order} the posterior wall."))
    part = "middle" if path.approach == "anterolateral" else "anterior part"
    said.append((path.length_mm, f"tip at its place in the {part} of the body."))
    said.sort(key=lambda each: each[0])
    return tuple(f"{depth:.0f} mm: {text}" for depth, text in said)


def checkpoint_table(vertebra: Vertebra, path: NeedlePath) -> tuple[CheckPoint, ...]:
    """Every 5 mm, at the posterior wall, at the pedicle's medial edge and at the end: where the tip must be seen.

    The medial-wall rule: AP must not show the tip medial to the pedicle's medial edge before lateral shows it past the
    posterior wall.
    """
    way = _way(vertebra, path)
    marks = [depth for depth in (way.wall_mm, way.medial_mm, path.length_mm) if depth is not None]
    regular = [
        depth
        for depth in np.arange(0.0, path.length_mm, EVERY_MM).tolist()
        if min(abs(depth - mark) for mark in marks) >= MERGE_MM
    ]
    return tuple(_row(vertebra, path, depth) for depth in sorted({*regular, *marks}))


def _row(vertebra: Vertebra, path: NeedlePath, depth_mm: float) -> CheckPoint:
    local = vertebra.frame.to_local(path.entry_lps_mm + depth_mm * path.direction_lps)
    past_wall = float(local[1] - vertebra.posterior_wall.anterior_at(local[2]))
    lateral = _stands(past_wall, "at the posterior wall", "in front of the posterior wall", "behind the posterior wall")
    pedicle = vertebra.pedicles.get(path.side)
    if pedicle is None:
        return CheckPoint(
            depth_mm=depth_mm, ap="unknown: no pedicle was found on this side", lateral=lateral, rule="not assessable"
        )
    medial = medial_sign(path.side)
    edge = float(pedicle.isthmus_mm[0]) + medial * pedicle.width_mm / 2
    past_edge = medial * float(local[0] - edge)
    ap = _stands(
        past_edge, "at the pedicle's medial edge", "medial to the pedicle's medial edge",
        "lateral to the pedicle's medial edge",
    )  # fmt: skip
    return CheckPoint(depth_mm=depth_mm, ap=ap, lateral=lateral, rule=_rule(past_wall, past_edge))


def _stands(past_mm: float, on_it: str, beyond: str, short: str) -> str:
    if abs(past_mm) < ON_IT_MM:
        return on_it
    return f"{abs(past_mm):.0f} mm {beyond if past_mm > 0 else short}"


def _rule(past_wall_mm: float, past_edge_mm: float) -> str:
    if past_wall_mm >= -ON_IT_MM:
        return "past the posterior wall: AP may show the tip medial to the medial edge"
    if past_edge_mm > ON_IT_MM:
        return "STOP: medial to the medial edge before the posterior wall, the tip may be in the canal"
    return "stay lateral to the medial edge until lateral shows the posterior wall"
