"""Judge one straight needle in one vertebra: angles, C-arm views, skin, clearance, grade, risk in a shaky hand."""

import numpy as np

from vertebroplasty.anatomy.vertebra import Vertebra
from vertebroplasty.geometry.needle_path import NeedlePath
from vertebroplasty.needle.checkpoints import checkpoint_table, checkpoints
from vertebroplasty.needle.corridor import clearance_of, medial_sign, pedicle_breach_mm
from vertebroplasty.needle.hand_error import HandError, hand_risk
from vertebroplasty.needle.planned_path import PlannedPath
from vertebroplasty.needle.skin import skin_behind
from vertebroplasty.needle.standard_poses import c_arm_angles

__all__ = ["HUB_MM", "gertzbein_robbins", "judged"]

HUB_MM = 10.0  # [choice] of shaft between skin and hub; lengths on sale are the maker's, none is taken for granted
GRADES = ((0.0, "A"), (2.0, "B"), (4.0, "C"), (6.0, "D"))  # [GR-secondary] a breach below the next bound, mm


def gertzbein_robbins(breach_mm: float) -> str:
    """Gertzbein-Robbins grade of a pedicle breach: A none, B below 2, C below 4, D below 6, E from 6 mm."""
    if breach_mm <= 0:
        return "A"
    return next((grade for bound, grade in GRADES[1:] if breach_mm < bound), "E")


def judged(
    vertebra: Vertebra, path: NeedlePath, *, rank: int, why: str, hand: HandError, role: str = "own"
) -> PlannedPath:
    """Everything that is said about one path."""
    local = vertebra.frame.direction_to_local(path.direction_lps)
    convergence = np.degrees(np.arctan2(medial_sign(path.side) * local[0], local[1]))
    skin = skin_behind(vertebra.level.ct, path)
    depth = None if skin is None else float(np.linalg.norm(path.tip_lps_mm - skin))
    risk = hand_risk(vertebra, path, hand)
    if skin is None:
        why += " The scan holds no skin behind the entry: the depth from the skin is unknown."
    return PlannedPath(
        rank=rank,
        path=path,
        skin_lps_mm=skin,
        depth_from_skin_mm=depth,
        convergence_deg=float(convergence),
        cranio_caudal_deg=float(np.degrees(np.arcsin(np.clip(local[2], -1.0, 1.0)))),
        clearance_mm=clearance_of(vertebra, path),
        breach_probability=risk.probability,
        breach_plus_minus=risk.plus_minus,
        breach_by_wall=risk.by_wall,
        breach_into=risk.into,
        plausible_clearance_mm=risk.plausible_mm,
        needle_length_mm=None if depth is None else depth + HUB_MM,
        gertzbein_robbins=gertzbein_robbins(pedicle_breach_mm(vertebra, path)),
        c_arm=c_arm_angles(vertebra.frame, path),
        checkpoints=checkpoints(vertebra, path),
        checkpoint_table=checkpoint_table(vertebra, path),
        role=role,
        why=why,
    )
