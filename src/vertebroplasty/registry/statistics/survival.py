"""How soon a new fracture follows, when some patients die first and others are lost from sight.

Kaplan and Meier's estimate treats the dead as if they could still fracture; Aalen and Johansen's does not.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Integer

from vertebroplasty.registry.statistics.confidence import LEVEL, normal_quantile
from vertebroplasty.registry.statistics.life_table import LifeTable, life_table

__all__ = [
    "WHY_KAPLAN_MEIER_OVERESTIMATES",
    "AtTime",
    "BothRisks",
    "Curve",
    "LogRank",
    "aalen_johansen",
    "at_time",
    "kaplan_meier",
    "log_rank",
    "nobody_watched",
    "risk_both_ways",
]

WHY_KAPLAN_MEIER_OVERESTIMATES = (
    "Kaplan-Meier counts a patient who died as one who may still fracture later, so with deaths its risk of fracture "
    "is too high; Aalen-Johansen gives the share of patients who really have the fracture before they die."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A step curve: from each day on, the probability and its 95 % interval (NaN where no interval can be given).

    `what` says whether the probability is that of being free of the event or of having had it; `start` is its value
    before the first day of the table.
    """

    what: str
    start: float
    table: LifeTable
    probability: Float[np.ndarray, "times"]
    low: Float[np.ndarray, "times"]
    high: Float[np.ndarray, "times"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AtTime:
    """A step curve read at one day; None and a reason where nobody was watched so long."""

    what: str
    time_days: float
    at_risk: int
    percent: float | None
    ci_low_percent: float | None
    ci_high_percent: float | None
    why_unknown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BothRisks:
    """The risk of the event by one day, with death as a competing risk and by one minus Kaplan-Meier."""

    aalen_johansen: AtTime
    one_minus_kaplan_meier: AtTime
    deaths: int
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRank:
    """Whether two survival curves differ as a whole, against chance."""

    chi_square: float | None
    p_value: float | None
    why_unknown: str


def _log_log(probability: np.ndarray, spread: np.ndarray, quantile: float) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the interval on the log(−log) scale; `spread` is the standard error of log(−log probability)."""
    with np.errstate(invalid="ignore", over="ignore"):
        one, other = probability ** np.exp(quantile * spread), probability ** np.exp(-quantile * spread)
    return np.minimum(one, other), np.maximum(one, other)


def _no_event_yet(at_risk: np.ndarray, quiet: np.ndarray, level: float) -> np.ndarray:
    """The largest risk still compatible with no event among those watched: the exact interval of none of n."""
    return 1.0 - ((1.0 - level) / 2.0) ** (1.0 / np.maximum(at_risk[quiet], 1))


def kaplan_meier(
    time_days: Float[np.ndarray, "subjects"],
    outcome: Integer[np.ndarray, "subjects"],
    *,
    level: float = LEVEL,
) -> Curve:
    """The probability of being free of the event, death counted as a loss from sight.

    Variance after Greenwood, interval on the log(−log) scale.  Before the first event the interval is the exact one of
    none among those watched; once the curve has reached zero no interval can be given.
    """
    table = life_table(time_days, outcome)
    n, d = table.at_risk.astype(float), table.events.astype(float)
    free = np.cumprod(1.0 - d / n)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(d / (n * (n - d)))
        spread = np.sqrt(greenwood) / np.abs(np.log(free))
    low, high = _log_log(free, spread, normal_quantile(level))
    quiet, ended = np.cumsum(d) == 0, free <= 0.0
    low[quiet], high[quiet] = 1.0 - _no_event_yet(n, quiet, level), 1.0
    low[ended] = high[ended] = np.nan
    return Curve(what="free of the event", start=1.0, table=table, probability=free, low=low, high=high)


def aalen_johansen(
    time_days: Float[np.ndarray, "subjects"],
    outcome: Integer[np.ndarray, "subjects"],
    *,
    level: float = LEVEL,
) -> Curve:
    """The probability of having had the event by each day, with death as a competing risk.

    Source: Aalen and Johansen 1978; variance by the delta method, interval on the log(−log) scale.
    """
    table = life_table(time_days, outcome)
    n, d, gone = (c.astype(float) for c in (table.at_risk, table.events, table.events + table.deaths))
    alive_free = np.cumprod(1.0 - gone / n)
    before = np.concatenate(([1.0], alive_free[:-1]))
    risk = np.cumsum(before * d / n)
    variance = _aalen_johansen_variance(n, d, gone, before, risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt(variance) / (risk * np.abs(np.log(risk)))
    low, high = _log_log(risk, spread, normal_quantile(level))
    quiet, certain = np.cumsum(d) == 0, risk >= 1.0
    low[quiet], high[quiet] = 0.0, _no_event_yet(n, quiet, level)
    low[certain] = high[certain] = np.nan
    return Curve(what="had the event, death competing", start=0.0, table=table, probability=risk, low=low, high=high)


def _aalen_johansen_variance(
    n: np.ndarray, d: np.ndarray, gone: np.ndarray, before: np.ndarray, risk: np.ndarray
) -> np.ndarray:
    """Variance of the cumulative incidence: three sums over the past, opened into running sums so that none repeats."""
    staying = n - gone
    with np.errstate(divide="ignore", invalid="ignore"):
        hazard = np.where(staying > 0.0, gone / (n * staying), 0.0)  # nobody is left: the term has weight zero
    own = before**2 * d * (n - d) / n**3
    cross = before * d / n**2
    squares = risk**2 * np.cumsum(hazard) - 2.0 * risk * np.cumsum(hazard * risk) + np.cumsum(hazard * risk**2)
    mixed = risk * np.cumsum(cross) - np.cumsum(cross * risk)
    return np.maximum(squares + np.cumsum(own) - 2.0 * mixed, 0.0)


def at_time(curve: Curve, day: float) -> AtTime:
    """The curve read at one day after the procedure, in percent, with the number still watched."""
    table = curve.table
    index = int(np.searchsorted(table.time_days, day, side="right")) - 1
    before = int(np.searchsorted(table.time_days, day, side="left"))
    at_risk = int(table.at_risk[before]) if before < table.at_risk.size else 0
    why, value = "", None  # before the first day of the table nothing was seen: no interval either
    if at_risk == 0:
        why = f"Nobody was watched for {day:g} days: the longest is {table.time_days[-1]:g}."
    elif index < 0:
        value = (curve.start, np.nan, np.nan)
    else:
        value = (float(curve.probability[index]), float(curve.low[index]), float(curve.high[index]))
    low, high = (None, None) if value is None or np.isnan(value[1]) else (100.0 * value[1], 100.0 * value[2])
    return AtTime(
        what=curve.what,
        time_days=float(day),
        at_risk=at_risk,
        percent=None if value is None else 100.0 * value[0],
        ci_low_percent=low,
        ci_high_percent=high,
        why_unknown=why,
    )


def nobody_watched(what: str, day: float) -> AtTime:
    """The answer where there is no subject at all."""
    return AtTime(
        what=what,
        time_days=float(day),
        at_risk=0,
        percent=None,
        ci_low_percent=None,
        ci_high_percent=None,
        why_unknown="Nobody was watched.",
    )


def risk_both_ways(
    time_days: Float[np.ndarray, "subjects"], outcome: Integer[np.ndarray, "subjects"], day: float
) -> BothRisks:
    """The risk of the event by a day, told both ways, with a sentence on what the deaths do to it."""
    if np.size(time_days) == 0:
        nobody = nobody_watched("risk of the event", day)
        return BothRisks(aalen_johansen=nobody, one_minus_kaplan_meier=nobody, deaths=0, sentence=nobody.why_unknown)
    incidence = aalen_johansen(time_days, outcome)
    competing = at_time(incidence, day)
    free = at_time(kaplan_meier(time_days, outcome), day)
    turned = AtTime(
        what="one minus Kaplan-Meier, death as loss from sight",
        time_days=free.time_days,
        at_risk=free.at_risk,
        percent=None if free.percent is None else 100.0 - free.percent,
        ci_low_percent=None if free.ci_high_percent is None else 100.0 - free.ci_high_percent,
        ci_high_percent=None if free.ci_low_percent is None else 100.0 - free.ci_low_percent,
        why_unknown=free.why_unknown,
    )
    deaths = int(incidence.table.deaths[incidence.table.time_days <= day].sum())
    if competing.percent is None or turned.percent is None:
        sentence = competing.why_unknown
    else:
        sentence = (
            f"By day {day:g} the risk is {competing.percent:.1f} % with death as a competing risk and "
            f"{turned.percent:.1f} % by one minus Kaplan-Meier, {deaths} having died first. "
            f"{WHY_KAPLAN_MEIER_OVERESTIMATES}"
        )
    return BothRisks(aalen_johansen=competing, one_minus_kaplan_meier=turned, deaths=deaths, sentence=sentence)


def log_rank(
    time_days: Float[np.ndarray, "subjects"],
    outcome: Integer[np.ndarray, "subjects"],
    second_group: np.ndarray,
) -> LogRank:
    """Whether two groups differ in the hazard of the event, death counted as a loss from sight."""
    from scipy.special import chdtrc

    second = np.asarray(second_group, dtype=bool)
    table = life_table(time_days, outcome)
    times = np.asarray(time_days, dtype=float)
    there = np.sort(times[second])
    at_risk = there.size - np.searchsorted(there, table.time_days, side="left")
    struck = np.sort(times[second & (np.asarray(outcome) == 1)])
    right, left = (np.searchsorted(struck, table.time_days, side=side) for side in ("right", "left"))
    n, d = table.at_risk.astype(float), table.events.astype(float)
    share = at_risk / n
    excess = float(np.sum((right - left) - d * share))
    variance = float(np.sum(d * share * (1.0 - share) * (n - d) / np.maximum(n - 1.0, 1.0)))
    if variance <= 0.0:
        return LogRank(chi_square=None, p_value=None, why_unknown="No event fell while both groups were watched.")
    chi_square = excess**2 / variance
    return LogRank(chi_square=chi_square, p_value=float(chdtrc(1, chi_square)), why_unknown="")
