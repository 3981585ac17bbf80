"""What may be pooled: results of one definition, one comparison and one time, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import asin, pi, sin, sqrt

from vertebroplasty.errors import Refused
from vertebroplasty.registry.literature.effects import CONFIDENCE_SPAN, Effect
from vertebroplasty.registry.literature.evidence import effects
from vertebroplasty.registry.literature.heterogeneity import BetweenStudies, Heterogeneity
from vertebroplasty.registry.literature.meta_analysis import Estimate, MetaAnalysis, meta_analysis
from vertebroplasty.registry.literature.naming import called
from vertebroplasty.registry.literature.results import Result, require_same_definition

__all__ = ["PooledProportion", "effect_differences", "pool_effects", "pool_proportions", "poolable"]

PERCENT = 100.0  # [exact] per cent
MUST_AGREE = {
    "measure": "The measures differ",
    "definition": "The outcome definitions differ",
    "unit": "The units differ",
    "sign": "The sign conventions differ",
    "control": "The comparisons differ",
    "time": "The times differ",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledProportion:
    """Several proportions of one definition pooled with random effects, in per cent.

    The interval is the adjusted one, the right one for few series.  `prediction_percent` is where the true percentage
    of a further series is expected; None for fewer than 3 series.  `shares` are the weights, which sum to 1.
    """

    results: tuple[Result, ...]
    percent: float
    ci_low_percent: float
    ci_high_percent: float
    prediction_percent: tuple[float, float] | None
    shares: tuple[float, ...]
    heterogeneity: Heterogeneity


def effect_differences(one: Effect, other: Effect) -> tuple[str, ...]:
    """Why two published effects cannot be pooled, a sentence for each reason; empty where they can."""
    found = [
        f"{words}: {getattr(one, field)} against {getattr(other, field)}."
        for field, words in MUST_AGREE.items()
        if getattr(one, field) != getattr(other, field)
    ]
    if one.study == other.study:
        found.append(f"Both are results of the same patients, of {one.source}.")
    return tuple(found)


def poolable() -> tuple[tuple[Effect, ...], ...]:
    """Every group of two or more effects of the evidence table that answer the same question and can be pooled."""
    groups: list[list[Effect]] = []
    for each in effects():
        if _objection(each) or each.span != CONFIDENCE_SPAN:
            continue
        home = next((group for group in groups if not any(effect_differences(each, other) for other in group)), None)
        if home is None:
            groups.append([each])
        else:
            home.append(each)
    return tuple(tuple(group) for group in groups if len(group) > 1)


def pool_effects(chosen: Sequence[Effect], *, method: BetweenStudies = BetweenStudies.PAULE_MANDEL) -> MetaAnalysis:
    """Pool published differences between groups, if they are results of the same question.

    Raises:
        Refused: an effect is a review's own pooled figure, was not read in its source, has no filed definition, is
            printed twice differently or lacks its interval; or two of them differ in definition, comparison or time.
    """
    for each in chosen:
        reason = _objection(each)
        if reason:
            raise Refused(f"{each.id} is not pooled: {reason}; leave it out.", where=each.id)
    for one, other in combinations(chosen, 2):
        found = effect_differences(one, other)
        if found:
            raise Refused(f"{one.id} and {other.id} are not pooled. {' '.join(found)}", where=other.id)
    return meta_analysis([_estimate(each) for each in chosen], method=method)


def _objection(effect: Effect) -> str:
    """Why an effect is never pooled, whatever the others are; empty where nothing speaks against it."""
    reasons = {
        "it is itself the pooled figure of a review": effect.pooled,
        "nobody has read it in its source": not effect.verified,
        "no outcome definition is filed for it": effect.definition is None,
        "it is printed differently elsewhere": bool(effect.conflicts_with),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _estimate(effect: Effect) -> Estimate:
    error = effect.standard_error  # refuses an effect without a 95 % interval
    if effect.value is None:
        raise Refused(f"The effect {effect.id} has no printed value: it cannot be pooled.", where=effect.id)
    return Estimate(label=f"{called(effect.source)}, {effect.time}", value=effect.value, standard_error=error)


def pool_proportions(
    results: Sequence[Result], *, method: BetweenStudies = BetweenStudies.PAULE_MANDEL
) -> PooledProportion:
    """Pool proportions of one definition with random effects on the scale of arcsin √p.

    On this scale the variance is 1 / (4 n) whatever the proportion is: rare events do not shift the weights, as they
    do with logits, and none of n needs no added half.  The way back is sin², which unlike that of Freeman and Tukey's
    double arcsine needs no invented common n.

    Raises:
        Refused: fewer than two results, or results whose definition, denominator, modality or time differ.
    """
    require_same_definition(results)
    angles = [
        Estimate(label=each.label, value=asin(sqrt(each.k / each.n)), standard_error=0.5 / sqrt(each.n))
        for each in results
    ]
    found = meta_analysis(angles, method=method)
    limits = found.prediction
    return PooledProportion(
        results=tuple(results),
        percent=_percent(found.random.value),
        ci_low_percent=_percent(found.adjusted.low),
        ci_high_percent=_percent(found.adjusted.high),
        prediction_percent=None if limits is None else (_percent(limits[0]), _percent(limits[1])),
        shares=found.random.shares,
        heterogeneity=found.heterogeneity,
    )


def _percent(angle: float) -> float:
    """Back from arcsin √p; an angle past the end of the scale stands for none or all."""
    return PERCENT * sin(min(max(angle, 0.0), pi / 2)) ** 2
