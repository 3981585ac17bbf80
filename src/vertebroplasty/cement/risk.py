"""How likely is a leak: the injection repeated with what is uncertain drawn anew each time.

Drawn are the permeability of the bone, the viscosity of the marrow, the consistency of the cement and the error of the
hand that places the needle.  What the model itself leaves out is not in these numbers.
"""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from vertebroplasty.anatomy.grid import VertebraGrid
from vertebroplasty.cement.injection import inject
from vertebroplasty.cement.leak import BONY_SITES, LeakSite
from vertebroplasty.cement.permeability import AXIAL_PERMEABILITY, BedParameters
from vertebroplasty.cement.result import Injection, StopReason
from vertebroplasty.errors import Refused
from vertebroplasty.geometry.frame import unit
from vertebroplasty.geometry.needle_path import NeedlePath

__all__ = ["Chance", "Driver", "Risk", "VolumeAtRisk", "risk"]

PERMEABILITY_FACTOR = 5.0  # [choice] 95 % of bones lie within this factor of the mean permeability
CONSISTENCY_FACTOR = 2.0  # [choice] 95 % of batches lie within this factor of the class's consistency
TWO_SIDED_95 = 1.959964  # [exact] standard normal quantile of 97.5 %
MARROW_LEAST, MARROW_MOST = 0.044, 0.142  # [Davis2011] Pa·s, range of human yellow marrow
HAND_MM = 1.0  # [choice] standard deviation of the entry on each of two axes
HAND_DEG = 1.5  # [choice] standard deviation of the direction in each of two planes
LEVEL = 0.95  # [choice] confidence of the intervals
CHANCES = (0.05, 0.10)  # [choice] probabilities of a leak whose volumes are given
FEWEST_RUNS = 2  # [exact] below, no rank correlation exists


@dataclass(frozen=True, slots=True, kw_only=True)
class Chance:
    """Share of runs in which cement came to a place, its exact 95 % interval, and how much (median, 95th centile)."""

    site: LeakSite | None  # None: the canal, by bone or vein
    probability: float
    ci_low: float
    ci_high: float
    ml_p50: float
    ml_p95: float


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeAtRisk:
    """Injected volume by which so large a share of runs had leaked at a site; None if that never came to pass."""

    site: LeakSite
    threshold: float
    volume_ml: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """Rank correlation (Spearman) of what was drawn with the volume leaked; None where nothing varied."""

    parameter: str
    rank_correlation: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """What repeated injections came to; `refused` of them had a tip outside cancellous bone and are not counted."""

    runs: int
    refused: int
    seed: int
    in_canal: Chance
    sites: tuple[Chance, ...]
    volume_at_risk: tuple[VolumeAtRisk, ...]
    drivers: tuple[Driver, ...]
    stop_reasons: dict[StopReason, int]
    not_assessed: tuple[LeakSite, ...]


def risk(grid: VertebraGrid, path: NeedlePath, *, runs: int = 200, seed: int = 0, **options: Any) -> Risk:
    """Repeat an injection with drawn parameters; `options` are those of `inject`.

    Each run has its own stream of random numbers, so that the first hundred of two hundred are the same hundred.

    Raises:
        Refused: fewer than two runs, or no run had its needle's tip in cancellous bone.
    """
    if runs < FEWEST_RUNS:
        raise Refused(f"At least {FEWEST_RUNS} runs are needed, not {runs}.", where="--runs")
    found: list[Injection] = []
    drawn: list[dict[str, float]] = []
    last: Refused | None = None
    for number in range(runs):
        values, parameters, needle = _drawn(np.random.default_rng([seed, number]), path)
        try:
            found.append(inject(grid, needle, parameters=parameters, **options))
        except Refused as refusal:
            if refusal.where != "--tip":
                raise
            last = refusal
            continue
        drawn.append(values)
    if not found and last is not None:
        raise last
    return _summary(grid, found, drawn, runs=runs, seed=seed)


def _drawn(rng: np.random.Generator, path: NeedlePath) -> tuple[dict[str, float], BedParameters, NeedlePath]:
    """One draw: values by name, the parameters made of them, and the needle as placed."""
    normal = rng.standard_normal(6)
    permeability = AXIAL_PERMEABILITY * PERMEABILITY_FACTOR ** (normal[0] / TWO_SIDED_95)
    consistency = CONSISTENCY_FACTOR ** (normal[1] / TWO_SIDED_95)
    marrow = rng.uniform(MARROW_LEAST, MARROW_MOST)
    needle = _misplaced(path, normal[2:4] * HAND_MM, normal[4:6] * HAND_DEG)
    values = {
        "permeability": permeability,
        "cement-consistency": consistency,
        "marrow-viscosity": marrow,
        "needle-error": float(np.linalg.norm(needle.tip_lps_mm - path.tip_lps_mm)),
    }
    parameters = BedParameters(axial_permeability_m2=permeability, marrow_pa_s=marrow, consistency_factor=consistency)
    return values, parameters, needle


def _misplaced(path: NeedlePath, shift_mm: Float[np.ndarray, "2"], turn_deg: Float[np.ndarray, "2"]) -> NeedlePath:
    """The needle with its entry shifted across its direction and its direction turned, at the same length."""
    ahead = path.direction_lps
    across = unit(np.cross(ahead, np.eye(3)[np.argmin(np.abs(ahead))]))
    other = np.cross(ahead, across)
    entry = path.entry_lps_mm + shift_mm[0] * across + shift_mm[1] * other
    slope = np.tan(np.radians(turn_deg))
    direction = unit(ahead + slope[0] * across + slope[1] * other)
    return replace(path, entry_lps_mm=entry, tip_lps_mm=entry + path.length_mm * direction)


def _summary(
    grid: VertebraGrid, found: list[Injection], drawn: list[dict[str, float]], *, runs: int, seed: int
) -> Risk:
    """Chances, volumes at risk and drivers of all runs."""
    assessed = [site for site in LeakSite if grid.breaches_can_be_seen or site not in BONY_SITES]
    volumes = {site: np.array([_volume(run, site) for run in found]) for site in assessed}
    leaked = np.sum(list(volumes.values()), axis=0)
    return Risk(
        runs=runs,
        refused=runs - len(found),
        seed=seed,
        in_canal=_chance(None, np.array([run.in_canal_ml for run in found])),
        sites=tuple(_chance(site, volumes[site]) for site in assessed),
        volume_at_risk=tuple(_at_risk(found, site, share) for site in assessed for share in CHANCES),
        drivers=tuple(
            Driver(parameter=name, rank_correlation=_rank_correlation([each[name] for each in drawn], leaked))
            for name in drawn[0]
        ),
        stop_reasons=dict(Counter(run.stop_reason for run in found)),
        not_assessed=() if grid.breaches_can_be_seen else BONY_SITES,
    )


def _volume(run: Injection, site: LeakSite) -> float:
    """Cement of one run at a site."""
    return sum(leak.volume_ml for leak in run.leaks if leak.site is site)


def _chance(site: LeakSite | None, volumes_ml: Float[np.ndarray, "runs"]) -> Chance:
    """Share of runs with cement at a site, with the Clopper-Pearson interval."""
    from scipy.stats import binomtest

    hits = int(np.count_nonzero(volumes_ml > 0))
    interval = binomtest(hits, volumes_ml.size).proportion_ci(LEVEL)
    low, high = float(interval.low), float(interval.high)
    p50, p95 = np.percentile(volumes_ml, [50, 95])
    return Chance(
        site=site,
        probability=hits / volumes_ml.size,
        ci_low=low,
        ci_high=high,
        ml_p50=float(p50),
        ml_p95=float(p95),
    )


def _injected_at(run: Injection, t_s: float) -> float:
    """Volume that had left the tip by a time, read between the samples."""
    samples = [e for e in run.events if e["event"] in ("inject-start", "sample")]
    return float(np.interp(t_s, [e["t_s"] for e in samples], [e["injected_ml"] for e in samples]))


def _at_risk(found: list[Injection], site: LeakSite, share: float) -> VolumeAtRisk:
    """Smallest injected volume by which at least `share` of the runs had leaked at a site."""
    firsts = sorted(_injected_at(run, leak.first_time_s) for run in found for leak in run.leaks if leak.site is site)
    needed = int(np.ceil(share * len(found)))
    return VolumeAtRisk(site=site, threshold=share, volume_ml=firsts[needed - 1] if len(firsts) >= needed else None)


def _rank_correlation(values: list[float], leaked_ml: Float[np.ndarray, "runs"]) -> float | None:
    """Spearman's coefficient, or None where one side does not vary."""
    from scipy.stats import spearmanr

    if np.ptp(values) == 0.0 or np.ptp(leaked_ml) == 0.0:
        return None
    return float(spearmanr(values, leaked_ml).statistic)
