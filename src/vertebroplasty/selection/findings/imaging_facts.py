"""Findings that the patient file and the CT may both answer: fragment, canal, posterior wall.

Where the two disagree the stricter decides, and the clause shows both.
"""

from collections.abc import Callable, Mapping

from vertebroplasty.selection.coded_values import WallReading
from vertebroplasty.selection.kleene import Answer, of_bool
from vertebroplasty.selection.measured import MeasuredFindings
from vertebroplasty.selection.situation import Fact, Situation

__all__ = [
    "CANAL_LIMIT_PERCENT",
    "IMAGING_FACTS",
    "measured_above",
    "measured_canal_answer",
    "measured_fragment",
    "stated_plus_minus_percent",
    "with_least_plus_minus",
]

CANAL_LIMIT_PERCENT = 20.0  # [S4] compromise strictly above this counts
LEAST_PLUS_MINUS_PERCENT = 3.0  # [choice] no measured percentage is taken as surer than 3 points
RETROPULSION_MM = 3.0  # [choice] a measured wall is called retropulsed only above this


def with_least_plus_minus(plus_minus_percent: float | None) -> float:
    """The ± a measured percentage is taken with, in percentage points; never less than 3."""
    return max(plus_minus_percent or 0.0, LEAST_PLUS_MINUS_PERCENT)


def stated_plus_minus_percent(measured: MeasuredFindings) -> float:
    """The ± a measured canal compromise is taken with, in percentage points."""
    return with_least_plus_minus(measured.canal_plus_minus_percent)


def measured_above(value_percent: float | None, plus_minus_percent: float, limit_percent: float) -> Answer:
    """Whether a measured percentage lies above a limit; unknown where its ± reaches the limit."""
    if value_percent is None:
        return Answer.UNKNOWN
    if value_percent - plus_minus_percent > limit_percent:
        return Answer.YES
    return Answer.NO if value_percent + plus_minus_percent < limit_percent else Answer.UNKNOWN


def measured_canal_answer(measured: MeasuredFindings) -> Answer:
    """Whether the CT alone shows more canal compromise than the limit."""
    return measured_above(measured.canal_compromise_percent, stated_plus_minus_percent(measured), CANAL_LIMIT_PERCENT)


def measured_fragment(measured: MeasuredFindings) -> Answer:
    """Whether the CT alone shows a retropulsed fragment."""
    value = measured.retropulsion_mm
    return of_bool(None if value is None else value > RETROPULSION_MM)


def _canal_compromise_above_limit(s: Situation) -> Fact:
    reader, measured = s.findings.canal_compromise_percent, s.measured
    by_ct = measured_canal_answer(measured)
    clauses = []
    if reader is not None:
        clauses.append(f"a reader gives canal compromise as {reader:g} %")
    if measured.canal_compromise_percent is not None:
        plus_minus = stated_plus_minus_percent(measured)
        clauses.append(f"the CT measures {measured.canal_compromise_percent:.1f} ± {plus_minus:.1f} %")
    phrase = " and ".join(clauses)
    if reader is not None:
        by_reader = of_bool(reader > CANAL_LIMIT_PERCENT)
        return Fact(Answer.YES if by_ct is Answer.YES else by_reader, phrase)
    if by_ct is not Answer.UNKNOWN:
        return Fact(by_ct, phrase)
    if measured.canal_compromise_percent is not None:
        phrase += f", which leaves {CANAL_LIMIT_PERCENT:g} % open: a reader's measurement is needed"
    else:
        phrase = "canal compromise is not stated"
    return Fact(Answer.UNKNOWN, phrase, (s.path("canal_compromise_percent"),))


def _retropulsed_fragment(s: Situation) -> Fact:
    by_reader, by_ct = of_bool(s.findings.retropulsed_fragment), measured_fragment(s.measured)
    clauses = []
    if by_reader is not Answer.UNKNOWN:
        clauses.append(f"a reader sees {'a' if by_reader is Answer.YES else 'no'} retropulsed fragment")
    if by_ct is not Answer.UNKNOWN:
        clauses.append(f"the CT measures {s.measured.retropulsion_mm:.1f} mm of retropulsion")
    phrase = " and ".join(clauses)
    if Answer.YES in (by_reader, by_ct):
        return Fact(Answer.YES, phrase)
    if Answer.NO in (by_reader, by_ct):
        return Fact(Answer.NO, phrase)
    return Fact(Answer.UNKNOWN, "a retropulsed fragment is not stated", (s.path("retropulsed_fragment"),))


def _posterior_wall_assessed(s: Situation) -> Fact:
    if s.measured.posterior_wall_intact is not None:
        state = "intact" if s.measured.posterior_wall_intact else "breached"
        return Fact(Answer.YES, f"this CT shows the posterior wall {state}")
    imaging, reading = s.findings.imaging_before, s.findings.posterior_wall
    if imaging is None:
        return Fact(Answer.UNKNOWN, "MRI or CT before is not stated", (s.path("imaging_before"),))
    if not imaging:
        return Fact(Answer.NO, "neither MRI nor CT was done before")
    names = " and ".join(sorted(method.value.upper() for method in imaging))
    if reading is None:
        phrase = f"{names} was done, but its reading of the posterior wall is not stated"
        return Fact(Answer.UNKNOWN, phrase, (s.path("posterior_wall"),))
    state = "intact" if reading is WallReading.INTACT else "breached"
    return Fact(Answer.YES, f"a reader of {names} calls the posterior wall {state}")


IMAGING_FACTS: Mapping[str, Callable[[Situation], Fact]] = {
    "retropulsed_fragment": _retropulsed_fragment,
    "canal_compromise_above_limit": _canal_compromise_above_limit,
    "posterior_wall_assessed": _posterior_wall_assessed,
}
