"""Does more cement bring more relief: the rank correlation, its interval, and whether it is too small to matter.

A correlation that differs from zero by chance only has not been shown to be absent.  It is called equivalent to none
when its whole 95 % interval lies within ±0.2, related when the interval leaves out zero, and undecided otherwise.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

import numpy as np
from jaxtyping import Float

from vertebroplasty.errors import Refused
from vertebroplasty.registry.statistics.confidence import LEVEL, normal_quantile

__all__ = ["BOUND", "Association", "Verdict", "volume_and_relief"]

BOUND = 0.2  # [choice] a rank correlation nearer to zero than this is too weak to matter
FEWEST = 10  # [choice] pairs without which no correlation is stated
BOOTSTRAPS = 2000  # [choice] resamples: the ends of a 95 % interval are then the 50th from either side
LARGEST_BOOTSTRAP = 2000  # [choice] pairs beyond which the interval is taken from the formula, by then as good


class Verdict(StrEnum):
    """What the interval allows to say."""

    EQUIVALENT = "equivalent to none"
    RELATED = "related"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Association:
    """Spearman's coefficient with its 95 % interval, the verdict against the bound, and the sentence to print."""

    n: int
    without_pair: int
    adjusted_for: str
    rho: float | None
    ci_low: float | None
    ci_high: float | None
    interval: str
    bound: float
    verdict: Verdict
    sentence: str


def volume_and_relief(
    volume_ml: Float[np.ndarray, "records"],
    relief: Float[np.ndarray, "records"],
    *,
    seed: int,
    aetiology: np.ndarray | None = None,
    bound: float = BOUND,
) -> Association:
    """The rank correlation of injected volume with relief, NaN for what was not recorded, plain or within aetiologies.

    With `aetiology` (one label a record) it is the partial rank correlation: both ranks minus their mean in each
    aetiology.  The interval is the bootstrap's percentile interval up to 2000 pairs and Bonett and Wright's formula
    beyond.  Intervals of 95 % are stricter than the usual test of equivalence, which takes 90 %.

    Raises:
        Refused: columns of unequal length, or a bound outside 0 to 1.
    """
    x, y = np.asarray(volume_ml, dtype=float), np.asarray(relief, dtype=float)
    if x.shape != y.shape or (aetiology is not None and len(aetiology) != x.size):
        raise Refused("Volume, relief and aetiology need one value for each record.")
    if not 0.0 < bound < 1.0:
        raise Refused(f"An equivalence bound of {bound:g} is impossible: take one between 0 and 1.")
    paired = ~(np.isnan(x) | np.isnan(y))
    x, y = x[paired], y[paired]
    groups = np.zeros(x.size, dtype=np.int64)
    if aetiology is not None:
        groups = np.unique(np.asarray(aetiology)[paired], return_inverse=True)[1]
    adjusted = "nothing" if aetiology is None else f"aetiology ({int(groups.max(initial=-1)) + 1} groups)"
    rho = _rank_correlation(x, y, groups) if x.size >= FEWEST else None
    if rho is None:
        low, high, how = None, None, "none"
    elif x.size <= LARGEST_BOOTSTRAP:
        low, high = _bootstrap(x, y, groups, seed)
        how = f"percentile bootstrap, {BOOTSTRAPS} resamples, seed {seed}"
    else:
        low, high = _bonett_wright(rho, x.size - int(groups.max()))
        how = "Bonett-Wright"
    verdict, sentence = _verdict(rho, low, high, int(x.size), bound)
    return Association(
        n=int(x.size),
        without_pair=int(paired.size - paired.sum()),
        adjusted_for=adjusted,
        rho=rho,
        ci_low=low,
        ci_high=high,
        interval=how,
        bound=bound,
        verdict=verdict,
        sentence=sentence,
    )


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks with ties at their mean rank."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return (last - (count - 1) / 2.0)[place]


def _rank_correlation(x: np.ndarray, y: np.ndarray, groups: np.ndarray) -> float | None:
    """Pearson's coefficient of the ranks, each minus its group's mean; None where one of them does not vary."""
    first, second = (_within(_ranks(values), groups) for values in (x, y))
    scale = sqrt(float(first @ first) * float(second @ second))
    least = x.size * np.finfo(float).eps
    return None if scale <= least else float(first @ second) / scale


def _within(ranks: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Ranks minus the mean of their group."""
    count = np.bincount(groups)
    return ranks - (np.bincount(groups, ranks) / np.maximum(count, 1))[groups]


def _bootstrap(x: np.ndarray, y: np.ndarray, groups: np.ndarray, seed: int) -> tuple[float | None, float | None]:
    """The percentile interval over resampled pairs; None where too many resamples do not vary."""
    generator = np.random.default_rng(seed)
    found = []
    for _ in range(BOOTSTRAPS):
        drawn = generator.integers(0, x.size, x.size)
        rho = _rank_correlation(x[drawn], y[drawn], groups[drawn])
        if rho is not None:
            found.append(rho)
    if len(found) < LEVEL * BOOTSTRAPS:
        return None, None
    tail = (1.0 - LEVEL) / 2.0
    low, high = np.quantile(found, [tail, 1.0 - tail])
    return float(low), float(high)


def _bonett_wright(rho: float, n: int) -> tuple[float, float]:
    """The interval on Fisher's scale; `n` is lowered by one for each group mean taken out beyond the first."""
    half = normal_quantile() * sqrt((1.0 + rho**2 / 2.0) / (n - 3))
    centre = np.arctanh(rho)
    return float(np.tanh(centre - half)), float(np.tanh(centre + half))


def _verdict(rho: float | None, low: float | None, high: float | None, n: int, bound: float) -> tuple[Verdict, str]:
    """The verdict and its sentence."""
    if rho is None or low is None or high is None:
        return Verdict.UNDECIDED, f"Undecided: {n} pairs are too few, or one of the two hardly varies."
    told = f"Spearman's rho is {rho:.2f} (95 % interval {low:.2f} to {high:.2f}, {n} pairs)"
    if -bound < low and high < bound:
        return Verdict.EQUIVALENT, f"Equivalent to no relation within ±{bound:g}: {told}."
    if low > 0.0 or high < 0.0:
        way = "more relief" if rho > 0 else "less relief"
        return Verdict.RELATED, f"Related, larger volumes going with {way}: {told}."
    return Verdict.UNDECIDED, f"Undecided, n too small: {told} leaves both none and more than ±{bound:g} possible."
