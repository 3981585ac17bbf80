"""How likely is a leak: the injection repeated with what is uncertain drawn anew each time.

Drawn are the permeability of the bone, the viscosity of the marrow, the consistency of the cement, the error of the
hand that places the needle, the operator's reaction time and, where the CT is too coarse to show them, gaps in the
cortex.  What the model itself leaves out is not in these numbers.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import inf

import numpy as np

from vertebroplasty.anatomy.grid import VertebraGrid
from vertebroplasty.cement.leak import BONY_SITES, SITES, LeakSite
from vertebroplasty.cement.risk_run import Outcome
from vertebroplasty.cement.risk_sampling import Sample
from vertebroplasty.cement.risk_statistics import percentiles, rank_correlation, volume_at_share, wilson
from vertebroplasty.errors import Refused
from vertebroplasty.geometry.needle_path import NeedlePath

__all__ = ["CANAL", "THRESHOLDS", "Basis", "Chance", "Driver", "Risk", "VolumeAtRisk", "summary"]

THRESHOLDS = (0.05, 0.10, 0.25)  # [choice] chances of a leak whose volumes are given
CANAL = "canal"  # epidural and basivertebral-vein together
CANAL_SITES = (LeakSite.EPIDURAL, LeakSite.BASIVERTEBRAL_VEIN)
SOURCES: tuple[str, ...] = ("Davis2011", "Baroud2004", "Li2021", "IVC2021")
NOT_MODELLED: tuple[str, ...] = (
    "The spread of permeability, consistency, needle error and reaction time is a choice; their links are not known.",
    "The hand's error is drawn for the needle that is placed first; one moved later goes where it was told to.",
    "Every run obeys the stop rules, so a chance is that of a leak before the injection is stopped.",
    "Sampled gaps are never narrower than 1.7 voxels of the grid; their size is a choice and their rate is published.",
    "Leaks into thin veins are smaller on a coarser grid; the share of runs that leak changes little.",
    "That thicker cement leaks less, as published, does not come out of it: choose no viscosity by this simulation.",
)


class Basis(StrEnum):
    """What the chance of a leak at a site rests on."""

    THIS_CT = "this-ct"
    PUBLISHED_RATE = "published-rate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chance:
    """Share of runs in which cement came to a place, its 95 % interval (Wilson), and how much over all runs.

    `seen` is the share of runs in which so much came there that it was seen.
    """

    site: str
    basis: Basis
    probability: float
    ci_low: float
    ci_high: float
    ml_p50: float
    ml_p95: float
    seen: float


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeAtRisk:
    """Injected volume by which so large a share of runs had leaked at a place; None if that never came to pass."""

    site: str
    threshold: float
    volume_ml: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """Rank correlation (Spearman) of what was drawn with the volume leaked; None with the reason."""

    parameter: str
    rank_correlation: float | None
    beyond_chance: bool
    why_none: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """What repeated injections came to; `refused` counts runs in which nothing could be injected, by the reason.

    All chances are shares of the runs that could be injected; `not_assessed` are sites whose gaps this CT cannot show.
    """

    runs: int
    refused: dict[str, int]
    seed: int
    in_canal: Chance
    sites: tuple[Chance, ...]
    volume_at_risk: tuple[VolumeAtRisk, ...]
    drivers: tuple[Driver, ...]
    stop_reasons: dict[str, int]
    not_assessed: tuple[LeakSite, ...]


def summary(
    grid: VertebraGrid, path: NeedlePath, samples: Sequence[Sample], outcomes: Mapping[int, Outcome], *, seed: int
) -> Risk:
    """Chances, volumes at risk and drivers of finished runs, whatever order they finished in.

    Raises:
        Refused: no run could be injected.
    """
    ordered = [outcomes[index] for index in range(len(samples))]
    done = [index for index, outcome in enumerate(ordered) if outcome.refusal is None]
    if not done:
        raise Refused(ordered[0].refusal or "No run could be injected.", where="--tip")
    runs = [ordered[index] for index in done]
    hidden = () if grid.breaches_can_be_seen else BONY_SITES
    canal = _chance(CANAL, _basis(LeakSite.EPIDURAL, hidden), runs, CANAL_SITES)
    drawn = [samples[index].values(path, grid) for index in done]
    if not hidden:
        drawn = [values | dict.fromkeys(("gap-to-canal-or-beside", "gap-to-disc"), 0.0) for values in drawn]
    return Risk(
        runs=len(samples),
        refused=dict(sorted(Counter(run.refusal for run in ordered if run.refusal is not None).items())),
        seed=seed,
        in_canal=canal,
        sites=tuple(_chance(site.value, _basis(site, hidden), runs, (site,)) for site in SITES),
        volume_at_risk=_volumes_at_risk(runs),
        drivers=_drivers(drawn, np.array([sum(run.site_ml.values()) for run in runs])),
        stop_reasons=dict(sorted(Counter(run.stop_reason for run in runs).items())),
        not_assessed=hidden,
    )


def _basis(site: LeakSite, hidden: Sequence[LeakSite]) -> Basis:
    return Basis.PUBLISHED_RATE if site in hidden else Basis.THIS_CT


def _chance(name: str, basis: Basis, runs: list[Outcome], sites: Sequence[LeakSite]) -> Chance:
    """Share of runs with cement at a place made of one site or two."""
    volumes = np.array([sum(run.site_ml.get(site.value, 0.0) for site in sites) for run in runs])
    hits = int(np.count_nonzero(volumes > 0))
    low, high = wilson(hits, volumes.size)
    p50, p95 = percentiles(volumes)
    return Chance(
        site=name,
        basis=basis,
        probability=hits / volumes.size,
        ci_low=low,
        ci_high=high,
        ml_p50=p50,
        ml_p95=p95,
        seen=sum(any(site.value in run.seen for site in sites) for run in runs) / len(runs),
    )


def _volumes_at_risk(runs: list[Outcome]) -> tuple[VolumeAtRisk, ...]:
    """Of the canal and of every site, at every threshold."""
    places = {CANAL: CANAL_SITES} | {site.value: (site,) for site in SITES}
    firsts = {
        name: [min(run.first_ml.get(site.value, inf) for site in sites) for run in runs]
        for name, sites in places.items()
    }
    return tuple(
        VolumeAtRisk(site=name, threshold=share, volume_ml=volume_at_share(first, share))
        for name, first in firsts.items()
        for share in THRESHOLDS
    )


def _drivers(drawn: list[dict[str, float]], leaked_ml: np.ndarray) -> tuple[Driver, ...]:
    """Every parameter, the one that matters most first."""
    found = []
    for name in drawn[0]:
        coefficient, beyond, why = rank_correlation(np.array([values[name] for values in drawn]), leaked_ml)
        found.append(Driver(parameter=name, rank_correlation=coefficient, beyond_chance=beyond, why_none=why))
    return tuple(sorted(found, key=lambda driver: -abs(driver.rank_correlation or 0.0)))
