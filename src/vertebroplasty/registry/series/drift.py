"""One operator's, or the department's, complications case by case: learning curve and risk-adjusted CUSUM.

For the operator's own eyes; nobody is ranked.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from vertebroplasty.errors import Refused
from vertebroplasty.registry.series.model_data import Procedures
from vertebroplasty.registry.statistics.cusum import Cusum, limit_of_errors, odds_ratio, risk_adjusted_cusum
from vertebroplasty.registry.statistics.experience import (
    FEWEST_CASES,
    LearningCurve,
    case_index,
    learning_curve,
    no_ranking,
)
from vertebroplasty.registry.statistics.logistic import logistic
from vertebroplasty.registry.statistics.opiate import indicators

__all__ = ["CusumPlan", "Drift", "drift", "expected_risk"]

PER_COVARIATE = 10  # [choice] complications, and procedures without, for each covariate of the expected risk
NO_PLAN = "State the acceptable share p0, the share looked for p1, and the errors alpha and beta beforehand."


@dataclass(frozen=True, slots=True, kw_only=True)
class CusumPlan:
    """What the chart is to find: acceptable share, share looked for (as parts of one), and both errors."""

    p0: float
    p1: float
    alpha: float
    beta: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Complications along the cases of `of`; `risk` says how the expected risks were reckoned.

    `never_asked` cases are left out of the CUSUM: nobody asked for adverse events.
    """

    of: str
    cases: int
    never_asked: int
    without_operator: int
    undated: int
    learning: LearningCurve
    cusum: Cusum | str
    risk: str


def drift(done: Procedures, *, operator: str | None, plan: CusumPlan | None) -> Drift | str:
    """Learning curve and CUSUM of complications, in the order of days.

    Args:
        done: every dated procedure.
        operator: whose cases; None: all operators together, each with an own case number.
        plan: without it there is no CUSUM.

    Raises:
        Refused: no procedure of that operator.
    """
    named = done.operator != ""
    chosen = named if operator is None else done.operator == operator
    cases = int(np.count_nonzero(chosen))
    if operator is not None and not cases:
        raise Refused(f"No procedure has the operator {operator}: check the pseudonym.", where="--operator")
    why = no_ranking(cases)
    if why:
        return f"{why} A learning curve needs {FEWEST_CASES} cases of known operators."
    who, complication = done.operator[chosen], done.complication[chosen]
    asked = ~np.isnan(complication)
    index = case_index(who, done.day[chosen])
    chart: Cusum | str = NO_PLAN
    how = "not reckoned"
    if plan is not None:
        risk, how = expected_risk(done, plan.p0)
        ratio, limit = odds_ratio(plan.p0, plan.p1), limit_of_errors(plan.alpha, plan.beta)
        chart = risk_adjusted_cusum(complication[asked], risk[chosen][asked], ratio=ratio, limit=limit)
    return Drift(
        of="the department" if operator is None else operator,
        cases=cases,
        never_asked=int(np.count_nonzero(~asked)),
        without_operator=int(np.count_nonzero(~named)),
        undated=done.undated,
        learning=learning_curve(index, complication, name="complication", operator=who),
        cusum=chart,
        risk=how,
    )


def expected_risk(done: Procedures, p0: float) -> tuple[Float[np.ndarray, "procedures"], str]:
    """The risk of a complication of each procedure by its number of levels and aetiology, on average p0.

    The odds ratios are those of all procedures; with too few complications for them everyone's risk is p0.
    """
    flat, asked = np.full(done.day.size, p0), ~np.isnan(done.complication)
    columns = {name: column for name, column in indicators("aetiology", done.aetiology).items() if np.ptp(column) > 0}
    if np.ptp(done.levels) > 0:
        columns["levels"] = done.levels.astype(float)
    events = float(done.complication[asked].sum())
    rarer = min(events, np.count_nonzero(asked) - events)
    if not columns or rarer < PER_COVARIATE * len(columns):
        return flat, f"p0 for every procedure: {rarer:g} with a complication, or without, are too few to adjust"
    design = np.column_stack((np.ones(done.day.size), *columns.values()))
    fit = logistic(design[asked], done.complication[asked])
    if fit.why_unknown:
        return flat, f"p0 for every procedure: {fit.why_unknown}"
    return _shifted(design @ fit.coefficients, p0), f"adjusted for {', '.join(columns)}; on average p0"


def _shifted(logit: np.ndarray, mean: float) -> Float[np.ndarray, "procedures"]:
    """Probabilities whose odds keep their ratios and whose mean is the one asked for."""
    from scipy.optimize import brentq

    centre = float(np.log(mean / (1.0 - mean)))
    low, high = centre - float(logit.max()), centre - float(logit.min())
    if high > low:
        shift = brentq(lambda by: float(np.mean(1.0 / (1.0 + np.exp(-logit - by)))) - mean, low, high)
    else:
        shift = low
    return 1.0 / (1.0 + np.exp(-logit - shift))
