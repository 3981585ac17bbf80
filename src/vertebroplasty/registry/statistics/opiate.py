"""Pain relief told by the fall of opiate doses: how many in each class, and what goes with a better class."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Integer

from vertebroplasty.errors import Refused
from vertebroplasty.registry.statistics.confidence import Estimate, unknown_estimate
from vertebroplasty.registry.statistics.proportional_odds import fit_proportional_odds, odds_ratio_at_cuts
from vertebroplasty.registry.statistics.proportions import Denominator, Proportion, proportion
from vertebroplasty.selection.scores.opiate_relief import WORDS, ReliefClass, relief_class

__all__ = [
    "CovariateEffect",
    "ReliefOdds",
    "ReliefTable",
    "indicators",
    "relief_classes",
    "relief_odds",
    "relief_table",
]

UNKNOWN_CLASS = 0  # [exact] stands for a class that is not known or does not apply
FEWEST_PER_COVARIATE = 10  # [choice] records outside the commonest class for each covariate


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliefTable:
    """Each class out of those evaluated, satisfactory relief (class 3 or 4), and who is not in the table."""

    classes: tuple[Proportion, ...]
    satisfactory: Proportion
    in_a_gap: int
    worse: int
    opioid_naive: int
    unknown: int
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CovariateEffect:
    """The odds ratio of a better class for one unit more of a covariate, and the same at each cut between classes.

    Where the cuts disagree, one common odds ratio is a poor summary.
    """

    covariate: str
    odds_ratio: Estimate
    at_cuts: tuple[Estimate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliefOdds:
    """The proportional-odds model of the classes; without numbers, and with the reason, where it cannot be fitted."""

    n: int
    incomplete: int
    effects: tuple[CovariateEffect, ...]
    why_unknown: str


def relief_classes(
    reduction_percent: Float[np.ndarray, "patients"],
) -> tuple[Integer[np.ndarray, "patients"], Bool[np.ndarray, "patients"]]:
    """The survey's class (1 to 4) of each reduction of opiates in percent, 0 for NaN; and which fell into a gap.

    Raises:
        Refused: a reduction above 100 %.
    """
    column = np.asarray(reduction_percent, dtype=float)
    distinct, place = np.unique(column[~np.isnan(column)], return_inverse=True)
    found = [relief_class(float(percent)) for percent in distinct]
    classes, gaps = np.full(column.size, UNKNOWN_CLASS), np.zeros(column.size, dtype=bool)
    classes[~np.isnan(column)] = np.array([int(f.relief_class) for f in found], dtype=np.int64)[place]
    gaps[~np.isnan(column)] = np.array([f.gap_percent is not None for f in found], dtype=bool)[place]
    return classes, gaps


def relief_table(
    reduction_percent: Float[np.ndarray, "patients"], opioid_naive: Bool[np.ndarray, "patients"]
) -> ReliefTable:
    """The table of classes; patients without opiates before have nothing to reduce and are counted apart.

    Raises:
        Refused: columns of unequal length, or a reduction above 100 %.
    """
    column, naive = np.asarray(reduction_percent, dtype=float), np.asarray(opioid_naive, dtype=bool)
    if column.shape != naive.shape:
        raise Refused("Each patient needs a reduction of opiates and whether opiates were taken before.")
    column = np.where(naive, np.nan, column)
    classes, gaps = relief_classes(column)
    counts = np.bincount(classes, minlength=max(ReliefClass) + 1)
    n, good = int(counts[1:].sum()), int(counts[ReliefClass.VERY_GOOD :].sum())
    unknown = int(counts[UNKNOWN_CLASS]) - int(naive.sum())
    return ReliefTable(
        classes=tuple(proportion(WORDS[c], int(counts[c]), n, Denominator.EVALUATED) for c in ReliefClass),
        satisfactory=proportion("satisfactory relief", good, n, Denominator.EVALUATED),
        in_a_gap=int(gaps.sum()),
        worse=int(np.count_nonzero(column < 0.0)),
        opioid_naive=int(naive.sum()),
        unknown=unknown,
        sentence=(
            f"{n} evaluated; {int(naive.sum())} took no opiates before and {unknown} are not known. {int(gaps.sum())} "
            "fell between the published classes and were placed by policy."
        ),
    )


def indicators(name: str, labels: np.ndarray) -> dict[str, np.ndarray]:
    """Columns of 0 and 1 for each label but the commonest, which is the reference named in each column's title."""
    values, counts = np.unique(np.asarray(labels), return_counts=True)
    reference = values[int(np.argmax(counts))]
    return {
        f"{name} {value} against {reference}": (labels == value).astype(float) for value in values if value != reference
    }


def relief_odds(
    classes: Integer[np.ndarray, "patients"], covariates: Mapping[str, Float[np.ndarray, "patients"]]
) -> ReliefOdds:
    """What goes with a better class of relief: a proportional-odds model on covariates such as aetiology and volume.

    Records with class 0 or a covariate NaN are counted as incomplete.  Source: McCullagh 1980.

    Raises:
        Refused: no covariate, or columns of unequal length.
    """
    grade = np.asarray(classes)
    if not covariates or any(np.shape(column) != grade.shape for column in covariates.values()):
        raise Refused("The classes of relief need at least one covariate, with a value for each patient.")
    design = np.column_stack([np.asarray(column, dtype=float) for column in covariates.values()])
    complete = (grade != UNKNOWN_CLASS) & ~np.isnan(design).any(axis=1)
    grade, design = grade[complete], design[complete]
    n = int(grade.size)
    why = _why_not(grade, design)
    odds: tuple[Estimate, ...] = ()
    if not why:
        odds, why = fit_proportional_odds(grade, design)
    if why:
        odds = (unknown_estimate(why),) * design.shape[1]
    cuts = () if why else odds_ratio_at_cuts(grade, design)
    return ReliefOdds(
        n=n,
        incomplete=int(complete.size) - n,
        effects=tuple(
            CovariateEffect(covariate=name, odds_ratio=odds[i], at_cuts=tuple(cut[i] for cut in cuts))
            for i, name in enumerate(covariates)
        ),
        why_unknown=why,
    )


def _why_not(grade: np.ndarray, design: np.ndarray) -> str:
    """The reason why no model can be fitted; empty where one can be tried."""
    counts = np.bincount(grade) if grade.size else np.zeros(1, dtype=int)
    apart = int(grade.size - counts.max())
    if apart < FEWEST_PER_COVARIATE * design.shape[1]:
        return (
            f"{apart} patients outside the commonest class are too few for {design.shape[1]} covariates: "
            f"{FEWEST_PER_COVARIATE} for each are needed."
        )
    if np.any(np.ptp(design, axis=0) == 0.0):
        return "A covariate has the same value in every patient."
    return ""
