"""What is uncertain before an injection, drawn so that every part of its range is met equally often.

A Latin hypercube: with so many runs each range is cut into as many equally likely slices, and each slice is met once.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from scipy.special import ndtri
from scipy.stats import qmc

from vertebroplasty.anatomy.grid import VertebraGrid
from vertebroplasty.cement.permeability import AXIAL_PERMEABILITY, BedParameters
from vertebroplasty.cement.risk_gaps import GapDraw
from vertebroplasty.errors import Refused
from vertebroplasty.geometry.frame import unit
from vertebroplasty.geometry.needle_path import NeedlePath

__all__ = ["FEWEST_RUNS", "MOST_RUNS", "Sample", "draw", "misplaced"]

FEWEST_RUNS = 2  # [exact] below, no rank correlation exists
MOST_RUNS = 100_000  # [choice] more is a mistyped number
PERMEABILITY_FACTOR = 5.0  # [choice] 95 % of bones lie within this factor of the mean permeability
CONSISTENCY_FACTOR = 2.0  # [choice] 95 % of batches lie within this factor of the class's consistency
TWO_SIDED_95 = 1.959964  # [exact] standard normal quantile of 97.5 %
MARROW_LEAST, MARROW_MOST = 0.044, 0.142  # [Davis2011] Pa·s, range of human yellow marrow
HAND_MM = 1.0  # [choice] standard deviation of the entry on each of two axes, as for the planned paths
HAND_DEG = 1.5  # [choice] standard deviation of the direction in each of two planes, as for the planned paths
REACTION_LEAST_S, REACTION_MOST_S = 0.5, 2.0  # [choice] from seeing the leak to a thumb at rest, about the usual 1 s
DIMENSIONS = 13  # [exact] coordinates of one draw, in the order of `_sample`


@dataclass(frozen=True, eq=False, kw_only=True)
class Sample:
    """One draw of everything uncertain; `shift_mm` and `turn_deg` are the hand's errors across the needle."""

    permeability_m2: float
    consistency_factor: float
    marrow_pa_s: float
    bony_gap: GapDraw
    disc_gap: GapDraw
    shift_mm: Float[np.ndarray, "2"]
    turn_deg: Float[np.ndarray, "2"]
    reaction_s: float

    @property
    def bed(self) -> BedParameters:
        """The bone and the cement of this draw."""
        return BedParameters(
            axial_permeability_m2=self.permeability_m2,
            marrow_pa_s=self.marrow_pa_s,
            consistency_factor=self.consistency_factor,
        )

    def values(self, path: NeedlePath, grid: VertebraGrid) -> dict[str, float]:
        """What was drawn, by the name it is reported under; the tip's error by direction, medial and superior."""
        error = misplaced(path, self).tip_lps_mm - path.tip_lps_mm
        medial = 1.0 if path.side == "left" else -1.0
        return {
            "permeability": self.permeability_m2,
            "cement-consistency": self.consistency_factor,
            "marrow-viscosity": self.marrow_pa_s,
            "gap-to-canal-or-beside": self.bony_gap.present_mm,
            "gap-to-disc": self.disc_gap.present_mm,
            "needle-error": float(np.linalg.norm(error)),
            "tip-too-medial": medial * float(error @ grid.frame.right),
            "tip-too-high": float(error @ grid.frame.superior),
            "reaction-time": self.reaction_s,
        }


def draw(runs: int, seed: int) -> tuple[Sample, ...]:
    """As many draws as runs; the same number and seed give the same draws.

    Raises:
        Refused: fewer than two runs, or more than a hundred thousand.
    """
    if not FEWEST_RUNS <= runs <= MOST_RUNS:
        raise Refused(f"--runs is {runs}: give a number from {FEWEST_RUNS} to {MOST_RUNS}.", where="--runs")
    points = qmc.LatinHypercube(DIMENSIONS, rng=seed).random(runs)
    points = np.clip(points, np.finfo(float).eps, 1.0 - np.finfo(float).eps)
    return tuple(_sample(point) for point in points)


def _sample(point: Float[np.ndarray, "13"]) -> Sample:
    """A point of the unit cube as physical values."""
    normal = ndtri(point)
    return Sample(
        permeability_m2=float(AXIAL_PERMEABILITY * PERMEABILITY_FACTOR ** (normal[0] / TWO_SIDED_95)),
        consistency_factor=float(CONSISTENCY_FACTOR ** (normal[1] / TWO_SIDED_95)),
        marrow_pa_s=float(MARROW_LEAST + point[2] * (MARROW_MOST - MARROW_LEAST)),
        bony_gap=GapDraw.to_canal_or_beside(*(float(u) for u in point[3:6])),
        disc_gap=GapDraw.to_disc(*(float(u) for u in (point[6], point[7], point[5]))),
        shift_mm=HAND_MM * normal[8:10],
        turn_deg=HAND_DEG * normal[10:12],
        reaction_s=float(REACTION_LEAST_S + point[12] * (REACTION_MOST_S - REACTION_LEAST_S)),
    )


def misplaced(path: NeedlePath, sample: Sample) -> NeedlePath:
    """The needle as a hand places it: entry shifted across its direction, direction turned, length kept."""
    ahead = path.direction_lps
    across = unit(np.cross(ahead, np.eye(3)[np.argmin(np.abs(ahead))]))
    other = np.cross(ahead, across)
    entry = path.entry_lps_mm + sample.shift_mm[0] * across + sample.shift_mm[1] * other
    slope = np.tan(np.radians(sample.turn_deg))
    direction = unit(ahead + slope[0] * across + slope[1] * other)
    return replace(path, entry_lps_mm=entry, tip_lps_mm=entry + path.length_mm * direction)
