"""Pain and disability over time: the mean change at each visit from all patients seen, and how many were not seen.

Patients come back for some visits and miss others.  The mixed model uses every visit that took place and expects each
patient's values to resemble each other; that its means hold for all rests on visits being missed for reasons the
recorded values explain.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Integer

from vertebroplasty.errors import Refused
from vertebroplasty.registry.statistics.confidence import Estimate, estimate, student_quantile, unknown_estimate
from vertebroplasty.registry.statistics.mixed_model import MixedFit, fit_mixed_model
from vertebroplasty.registry.statistics.proportions import Denominator, Proportion, proportion

__all__ = ["RepeatedMeasures", "Window", "WindowChange", "repeated_measures"]

FEWEST_PATIENTS = 10  # [choice] patients without whom no model is fitted
FEWEST_IN_WINDOW = 3  # [choice] values without which a window's mean is not estimated
MISSING_AT_RANDOM = (
    "The means hold for all patients only if visits were missed at random given the values recorded; the share missing "
    "stands beside each mean."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One follow-up window: its name, its day after the procedure, and how many patients were due in it."""

    name: str
    days: float
    due: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowChange:
    """The mean change from baseline in one window: by the model, and as the plain mean of those seen."""

    window: str
    values: int
    missing: Proportion
    plain_mean_change: float | None
    mean_change: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedMeasures:
    """Change from baseline in every window, with the model and its assumption in words."""

    name: str
    patients: int
    values: int
    without_baseline: int
    baseline_mean: float | None
    windows: tuple[WindowChange, ...]
    model: str
    why_unknown: str
    assumption: str


def repeated_measures(
    *,
    name: str,
    patient: np.ndarray,
    window: Integer[np.ndarray, "visits"],
    value: Float[np.ndarray, "visits"],
    baseline: Float[np.ndarray, "visits"],
    windows: Sequence[Window],
) -> RepeatedMeasures:
    """The mean change from baseline in each window by a linear mixed model, one row a visit.

    `window` numbers the entries of `windows` from 0; `baseline` repeats the patient's own value in each row.  NaN marks
    what was not recorded.  The windows are categories, the baseline is a covariate held at its mean over patients, and
    each patient has an intercept, and a slope in time where that fit converges.  Intervals take Student's t with the
    number of patients minus two degrees of freedom.

    Raises:
        Refused: columns of unequal length, an unknown window, two values of one patient in one window, two baselines of
            one patient, or more patients seen than were due.
    """
    code, y, base = np.asarray(window), np.asarray(value, dtype=float), np.asarray(baseline, dtype=float)
    who = np.unique(np.asarray(patient), return_inverse=True)[1]
    _check(name, who, code, y, base, windows)
    seen = ~np.isnan(y)
    usable = seen & ~np.isnan(base)
    without = int(np.unique(who[seen & np.isnan(base)]).size)
    counts = np.bincount(code[seen], minlength=len(windows))
    modelled = np.bincount(code[usable], minlength=len(windows)) >= FEWEST_IN_WINDOW
    rows = usable & modelled[code]
    who, code, change, base = who[rows], code[rows], (y - base)[rows], base[rows]
    first = np.unique(who, return_index=True)[1]
    fit, why = _fit(who, code, change, base, first, windows)
    found = tuple(
        _window(w, i, int(counts[i]), change[code == i], fit, np.flatnonzero(modelled), why, first.size)
        for i, w in enumerate(windows)
    )
    return RepeatedMeasures(
        name=name,
        patients=int(first.size),
        values=int(rows.sum()),
        without_baseline=without,
        baseline_mean=float(base[first].mean()) if first.size else None,
        windows=found,
        model="none" if fit is None else fit.description,
        why_unknown=why,
        assumption=MISSING_AT_RANDOM,
    )


def _check(
    name: str, who: np.ndarray, code: np.ndarray, y: np.ndarray, base: np.ndarray, windows: Sequence[Window]
) -> None:
    """Rows that cannot be meant are refused before anything is fitted."""
    if not who.shape == code.shape == y.shape == base.shape or not windows:
        raise Refused(f"{name}: each visit needs a patient, a window, a value and a baseline.", where=name)
    if code.size and not (code.min() >= 0 and code.max() < len(windows)):
        raise Refused(f"{name}: a visit names a window that is not listed.", where=name)
    seen = ~np.isnan(y)
    pairs = who[seen] * len(windows) + code[seen]
    if np.unique(pairs).size != pairs.size:
        raise Refused(f"{name}: a patient has two values in one window; keep one.", where=name)
    known = ~np.isnan(base)
    if np.unique(np.column_stack((who[known], base[known])), axis=0).shape[0] != np.unique(who[known]).size:
        raise Refused(f"{name}: a patient has two different baselines; keep one.", where=name)


def _fit(
    who: np.ndarray,
    code: np.ndarray,
    change: np.ndarray,
    base: np.ndarray,
    first: np.ndarray,
    windows: Sequence[Window],
) -> tuple[MixedFit | None, str]:
    """The model, or the reason why there is none."""
    if first.size < FEWEST_PATIENTS:
        return None, f"Fewer than {FEWEST_PATIENTS} patients have a baseline and a later value."
    if np.unique(who).size == who.size:
        return None, "No patient has two values: there is nothing repeated to model."
    there = np.unique(code)
    design = (code[:, None] == there[None, :]).astype(float)
    centred = base - base[first].mean()
    if np.ptp(base) > 0.0:
        design = np.column_stack((design, centred))
    days = np.array([w.days for w in windows], dtype=float)[code]
    fit = fit_mixed_model(change, design, who, days)
    return fit, "" if fit is not None else "The mixed model did not converge; no mean is given."


def _window(
    window: Window,
    number: int,
    values: int,
    changes: np.ndarray,
    fit: MixedFit | None,
    modelled: np.ndarray,
    why: str,
    patients: int,
) -> WindowChange:
    """One window's line."""
    if fit is None:
        mean = unknown_estimate(why)
    elif number not in modelled:
        mean = unknown_estimate(f"Fewer than {FEWEST_IN_WINDOW} values with a baseline in this window.")
    else:
        place = int(np.searchsorted(modelled, number))
        mean = estimate(fit.coefficients[place], fit.standard_errors[place], student_quantile(patients - 2))
    return WindowChange(
        window=window.name,
        values=values,
        missing=proportion(f"missing at {window.name}", window.due - values, window.due, Denominator.PATIENT),
        plain_mean_change=float(changes.mean()) if changes.size else None,
        mean_change=mean,
    )
