"""How often a hand that aims at a planned path would leave the bone, where, and how much bone it usually keeps.

The needle is placed 2048 times with deviations from scrambled Sobol points, in eight independent scrambles: their
scatter gives the stated error of the probability.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float
from scipy.special import ndtri
from scipy.stats import qmc, t

from vertebroplasty.anatomy.grid import Tissue
from vertebroplasty.anatomy.surroundings import behind_the_body
from vertebroplasty.anatomy.vertebra import Vertebra
from vertebroplasty.errors import Refused
from vertebroplasty.geometry.needle_path import NeedlePath
from vertebroplasty.needle.corridor import OUTSIDE_PROBE_MM, PAST_ENTRY_MM, Shaft, bone_field, shaft_of
from vertebroplasty.needle.line_kernels import placed_by_hand
from vertebroplasty.needle.reach import BEFORE_BONE_MM, bone_counts_from, inverse_of, nerve_field, outside_approach

__all__ = ["HandError", "HandRisk", "hand_risk"]

SIGMA_MM = 1.0  # [choice] of the entry on each of two axes across the needle: 2 mm is two sigma
SIGMA_DEG = 1.5  # [choice] of the direction in each of two planes: 3 degrees is two sigma
LARGEST_MM, LARGEST_DEG = 10.0, 15.0  # [choice] a larger sigma is a mistyped one
SCRAMBLES = 8  # [choice] independent scrambles, whose scatter is the error
LOG2_SAMPLES = 8  # [choice] 256 points in each scramble
SEED = 20260101  # [choice] fixed, so that the same plan gives the same number
PLAUSIBLE_PERCENT = 5.0  # [choice] nineteen of twenty placed needles keep at least this clearance
CONFIDENCE = 0.95  # [choice] of the stated error
PLATE_COSINE = np.sqrt(0.5)  # [exact] a surface within 45 degrees of the axis is an endplate
FRONT_MM = 3.0  # [choice] a needle that leaves the body so near its front has left it forwards


@dataclass(frozen=True, slots=True, kw_only=True)
class HandError:
    """Error of a hand: independent normal deviations on two axes at the entry and in two planes; sigmas.

    Raises:
        Refused: a sigma that is not above zero, or beyond 10 mm or 15 degrees.
    """

    sigma_mm: float = SIGMA_MM
    sigma_deg: float = SIGMA_DEG

    def __post_init__(self) -> None:
        for value, largest, option in ((self.sigma_mm, LARGEST_MM, "mm"), (self.sigma_deg, LARGEST_DEG, "deg")):
            if not 0.0 < value <= largest:
                raise Refused(
                    f"--sigma-{option} is {value:g}: give a number above 0 and at most {largest:g}.",
                    where=f"--sigma-{option}",
                )

    @property
    def sentence(self) -> str:
        """The model in words."""
        usual = " (a choice)" if self == HandError() else ""
        return (
            f"Error of a hand: independent normal deviations of {self.sigma_mm:g} mm on two axes at the entry and "
            f"{self.sigma_deg:g}° in two planes{usual}; no correction on the way in."
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class HandRisk:
    """What becomes of a path in a shaky hand.

    `probability` is the share of placed needles whose surface leaves the bone anywhere from 5 mm past the entry to the
    tip, known to ± `plus_minus` (95 %).  `by_wall` splits it by the wall that is breached first, `into` names the
    shares that come out in the canal or a foramen.  `plausible_mm` is the clearance that 95 % of them keep.
    """

    probability: float
    plus_minus: float
    by_wall: dict[str, float]
    into: dict[str, float]
    plausible_mm: float


@lru_cache(maxsize=1)
def _deviations() -> Float[np.ndarray, "n 4"]:
    """Standard normal deviations, scramble after scramble."""
    runs = []
    for number in range(SCRAMBLES):
        points = qmc.Sobol(4, scramble=True, rng=SEED + number).random_base2(LOG2_SAMPLES)
        runs.append(ndtri(np.clip(points, np.finfo(float).eps, 1.0 - np.finfo(float).eps)))
    return np.concatenate(runs)


def hand_risk(vertebra: Vertebra, path: NeedlePath, hand: HandError) -> HandRisk:
    """Place one needle many times and see what becomes of it."""
    shaft = shaft_of(vertebra, path)
    across = np.stack([shaft.medial, shaft.superior])
    deviation = _deviations()
    entries = path.entry_lps_mm + hand.sigma_mm * deviation[:, :2] @ across
    directions = path.direction_lps + np.tan(np.radians(hand.sigma_deg) * deviation[:, 2:]) @ across
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    bone, nerves = bone_field(vertebra), nerve_field(vertebra, path.approach)
    least, where = np.empty(len(entries)), np.empty((len(entries), 3))
    placed_by_hand(
        bone.values,
        inverse_of(bone),
        nerves.values,
        inverse_of(nerves),
        entries,
        directions,
        across,
        bone_counts_from(vertebra, path.approach),
        shaft.radius_mm,
        min(PAST_ENTRY_MM, path.length_mm / 2),
        path.length_mm,
        BEFORE_BONE_MM if outside_approach(path.approach) else 0.0,
        least,
        where,
    )
    probability, plus_minus = _share(least < 0.0)
    by_wall, into = _walls(vertebra, path, shaft, where[least < 0.0])
    count = len(least)
    return HandRisk(
        probability=probability,
        plus_minus=plus_minus,
        by_wall={name: number / count for name, number in by_wall.items()},
        into={name: number / count for name, number in into.items()},
        plausible_mm=float(np.percentile(least, PLAUSIBLE_PERCENT)),
    )


def _share(hit: Float[np.ndarray, "n"]) -> tuple[float, float]:
    """Share of hits and its error: from the scatter of the scrambles, never below that of a single unseen hit."""
    shares = hit.reshape(SCRAMBLES, -1).mean(axis=1)
    error = t.ppf(0.5 + CONFIDENCE / 2, SCRAMBLES - 1) * float(np.std(shares, ddof=1)) / np.sqrt(SCRAMBLES)
    unseen = 1.0 - (1.0 - CONFIDENCE) ** (1.0 / hit.size)
    return float(hit.mean()), max(float(error), unseen)


def _walls(
    vertebra: Vertebra, path: NeedlePath, shaft: Shaft, where_lps_mm: Float[np.ndarray, "n 3"]
) -> tuple[dict[str, int], dict[str, int]]:
    """How many needles leave the bone first through each wall, and into canal and foramina."""
    offset = where_lps_mm - path.entry_lps_mm
    out = offset - (offset @ path.direction_lps)[:, None] * path.direction_lps
    out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), np.finfo(float).tiny)
    local = vertebra.frame.to_local(where_lps_mm)
    up = out @ vertebra.frame.superior
    in_body = local[:, 1] > vertebra.posterior_wall.anterior_at(local[:, 2])
    aside, above = out @ shaft.medial, out @ shaft.superior
    wall = np.where(
        np.abs(above) > np.abs(aside),
        np.where(above > 0, "superior", "inferior"),
        np.where(aside > 0, "medial", "lateral"),
    )
    plates = in_body & (np.abs(up) > PLATE_COSINE)
    wall = np.where(plates, np.where(up > 0, "upper-endplate", "lower-endplate"), wall)
    wall = np.where(local[:, 1] > vertebra.anterior_wall.anterior_at(local[:, 2]) - FRONT_MM, "anterior", wall)
    if outside_approach(path.approach):
        touching = nerve_field(vertebra, path.approach).at(where_lps_mm) <= shaft.radius_mm
        wall = np.where(touching, "canal-or-foramen", wall)
    behind = behind_the_body(vertebra, vertebra.frame.to_local(where_lps_mm + OUTSIDE_PROBE_MM * out))
    foramina = np.isin(behind, [int(Tissue.FORAMEN_LEFT), int(Tissue.FORAMEN_RIGHT)]) & ~in_body
    names, counts = np.unique(wall, return_counts=True)
    into = {"canal": int(np.sum((behind == Tissue.CANAL) & ~in_body)), "foramen": int(np.sum(foramina))}
    return {str(name): int(number) for name, number in zip(names, counts, strict=True)}, into
