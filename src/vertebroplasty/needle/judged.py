"""Judge one straight needle in one vertebra: angles, C-arm views, skin, clearance, grade, checks on the way."""

import numpy as np
from jaxtyping import Float

from vertebroplasty.anatomy.vertebra import Vertebra
from vertebroplasty.geometry.c_arm_view import angles_of_direction
from vertebroplasty.geometry.needle_path import NeedlePath
from vertebroplasty.needle.corridor import clearance_of, medial_sign, pedicle_breach_mm
from vertebroplasty.needle.hand_error import breach_probability
from vertebroplasty.needle.planned_path import CArmAngles, PlannedPath

__all__ = ["LEAST_CLEARANCE_MM", "gertzbein_robbins", "judged"]

LEAST_CLEARANCE_MM = 1.0  # [choice] below, a path is refused
SKIN_HU = -300.0  # [choice] below: air
SKIN_RUN_MM = 3.0  # [choice] air so thick behind the back is outside the patient
SKIN_STEP_MM = 0.5  # [choice] between samples on the way back to the skin
GRADES = ((0.0, "A"), (2.0, "B"), (4.0, "C"), (6.0, "D"))  # [GR-secondary] a breach below the next bound, mm


def gertzbein_robbins(breach_mm: float) -> str:
    """Gertzbein-Robbins grade of a pedicle breach: A none, B below 2, C below 4, D below 6, E from 6 mm."""
    if breach_mm <= 0:
        return "A"
    return next((grade for bound, grade in GRADES[1:] if breach_mm < bound), "E")


def judged(vertebra: Vertebra, path: NeedlePath, *, rank: int, why: str) -> PlannedPath:
    """Everything that is said about one path."""
    local = vertebra.frame.direction_to_local(path.direction_lps)
    convergence = np.degrees(np.arctan2(medial_sign(path.side) * local[0], local[1]))
    skin = _skin(vertebra, path)
    clearance = clearance_of(vertebra, path)
    if skin is None:
        why += " The scan holds no skin behind the entry: the depth from the skin is unknown."
    return PlannedPath(
        rank=rank,
        path=path,
        skin_lps_mm=skin,
        depth_from_skin_mm=None if skin is None else float(np.linalg.norm(path.tip_lps_mm - skin)),
        convergence_deg=float(convergence),
        cranio_caudal_deg=float(np.degrees(np.arcsin(np.clip(local[2], -1.0, 1.0)))),
        clearance_mm=clearance,
        breach_probability=breach_probability(vertebra, path),
        gertzbein_robbins=gertzbein_robbins(pedicle_breach_mm(vertebra, path)),
        c_arm=_views(vertebra, path),
        checkpoints=_checkpoints(vertebra, path),
        why=why,
    )


def _views(vertebra: Vertebra, path: NeedlePath) -> dict[str, CArmAngles]:
    """Down the barrel (detector on the hub's side), true AP (detector behind) and true lateral (detector left)."""
    frame = vertebra.frame
    towards = {"barrel": -path.direction_lps, "ap": -frame.anterior, "lateral": -frame.right}
    angles = {name: angles_of_direction(direction) for name, direction in towards.items()}
    return {name: CArmAngles(lao_deg=lao, cranial_deg=cranial) for name, (lao, cranial) in angles.items()}


def _skin(vertebra: Vertebra, path: NeedlePath) -> Float[np.ndarray, "3"] | None:
    """Where the line, followed back from the entry, first meets air; None if the scan ends before."""
    ct = vertebra.level.ct
    longest = float(np.sum(np.array(ct.hu.shape[::-1]) * ct.affine.spacing_mm))
    back = np.arange(0.0, longest, SKIN_STEP_MM)
    hu = ct.sample(path.entry_lps_mm - back[:, None] * path.direction_lps)
    measured = np.flatnonzero(~np.isfinite(hu))
    hu = hu[: measured[0]] if measured.size else hu
    run = int(np.ceil(SKIN_RUN_MM / SKIN_STEP_MM))
    if len(hu) < run:
        return None
    air = np.lib.stride_tricks.sliding_window_view(hu < SKIN_HU, run).all(axis=1)
    if not air.any():
        return None
    return path.entry_lps_mm - back[int(np.argmax(air))] * path.direction_lps


def _checkpoints(vertebra: Vertebra, path: NeedlePath) -> tuple[str, ...]:
    """Where the tip is at known depths, and the rule that keeps it out of the canal."""
    entry = vertebra.frame.to_local(path.entry_lps_mm)
    direction = vertebra.frame.direction_to_local(path.direction_lps)
    wall = vertebra.posterior_wall
    to_wall = _depth_at(
        path, wall.at_zero_mm + wall.slope * entry[2] - entry[1], direction[1] - wall.slope * direction[2]
    )
    sentences = ["0 mm: bone at the entry."]
    pedicle = vertebra.pedicles.get(path.side) if path.approach == "transpedicular" else None
    medial = medial_sign(path.side)
    to_medial = None
    if pedicle is not None:
        aside = medial * float(pedicle.isthmus_mm[0] - entry[0])
        where = "lateral" if aside > 0 else "medial"
        sentences = [f"0 mm: bone at the entry; AP shows the tip {abs(aside):.0f} mm {where} to the pedicle's centre."]
        to_isthmus = _depth_at(path, (pedicle.isthmus_mm - entry) @ pedicle.axis, direction @ pedicle.axis)
        if to_isthmus is not None:
            sentences.append(f"{to_isthmus:.0f} mm: isthmus of the pedicle.")
        edge = float(pedicle.isthmus_mm[0]) + medial * pedicle.width_mm / 2
        to_medial = _depth_at(path, edge - entry[0], direction[0])
    if to_wall is not None and pedicle is None:
        sentences.append(f"{to_wall:.0f} mm: lateral shows the tip at the posterior wall.")
    elif to_wall is not None:
        sentences.append(
            f"{to_wall:.0f} mm: lateral shows the tip at the posterior wall; only from here on may AP show it "
            "medial to the pedicle's medial edge."
        )
    if to_medial is not None:
        order = "after" if to_wall is not None and to_medial >= to_wall else "before"
        sentences.append(
            f"{to_medial:.0f} mm: AP shows the tip at the pedicle's medial edge, {order} the posterior wall."
        )
    sentences.append(f"{path.length_mm:.0f} mm: tip at its place in the anterior part of the body.")
    return tuple(sorted(sentences, key=lambda sentence: int(sentence.split(" mm")[0])))


def _depth_at(path: NeedlePath, distance: float, rate: float) -> float | None:
    """Depth from the entry at which the needle has covered a distance at a rate per mm; None if not on its way."""
    if abs(rate) < np.finfo(np.float32).eps:
        return None
    depth = float(distance / rate)
    return depth if 0.0 <= depth <= path.length_mm else None
