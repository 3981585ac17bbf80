"""Findings on the vertebral body that a reader and the CT may both answer: loss of height, cleft, lytic holes.

Where the two disagree the stricter decides, and the clause shows both.
"""

from collections.abc import Callable, Mapping

from vertebroplasty.selection.coded_values import SinsLesion
from vertebroplasty.selection.findings.imaging_facts import measured_above, with_least_plus_minus
from vertebroplasty.selection.kleene import Answer, of_bool
from vertebroplasty.selection.situation import Fact, Situation

__all__ = ["BODY_FACTS"]

COLLAPSE_PERCENT = 200.0 / 3.0  # [BMC2010-collapse] less than a third of the height is left
UNVERIFIED_COLLAPSE_PERCENT = 70.0  # [CIRSE-2017] as remembered


def _collapse_above(limit_percent: float) -> Callable[[Situation], Fact]:
    def fact(s: Situation) -> Fact:
        reader, value = s.findings.height_loss_percent, s.measured.height_loss_percent
        plus_minus = with_least_plus_minus(s.measured.height_loss_plus_minus_percent)
        by_ct = measured_above(value, plus_minus, limit_percent)
        clauses = []
        if reader is not None:
            clauses.append(f"a reader gives the loss of height as {reader:g} %")
        if value is not None:
            clauses.append(f"the CT measures a loss of height of {value:.1f} ± {plus_minus:.1f} %")
        phrase = " and ".join(clauses)
        if reader is not None:
            return _with_cleft(s, Answer.YES if by_ct is Answer.YES else of_bool(reader > limit_percent), phrase)
        if by_ct is not Answer.UNKNOWN:
            return _with_cleft(s, by_ct, phrase)
        phrase = f"{phrase}, which leaves the limit open" if phrase else "the loss of height is not stated"
        return Fact(Answer.UNKNOWN, phrase, (s.path("height_loss_percent"),))

    return fact


def _with_cleft(s: Situation, answer: Answer, phrase: str) -> Fact:
    """Severe collapse with a cleft has been treated: the cleft is named where the collapse is."""
    if answer is not Answer.YES or not (s.findings.cleft or s.measured.cleft):
        return Fact(answer, phrase)
    who = " and ".join(["a reader"] * bool(s.findings.cleft) + ["the CT"] * bool(s.measured.cleft))
    verb = "see" if s.findings.cleft and s.measured.cleft else "sees"
    return Fact(answer, f"{phrase}; {who} {verb} a cleft, and collapsed bodies with a cleft have been treated")


def _osteolysis(s: Situation) -> Fact:
    """Bone loss: a reader's holes or lytic lesion and the CT's holes; a disagreement is not counted as bone loss."""
    holes, lesion, by_ct = s.findings.lytic_holes, s.findings.sins.lesion, s.measured.lytic_holes
    answers = [of_bool(holes), of_bool(by_ct), of_bool(None if lesion is None else lesion is not SinsLesion.BLASTIC)]
    clauses = []
    if holes is not None:
        clauses.append(f"a reader sees {'lytic holes' if holes else 'no lytic hole'}")
    if lesion is not None:
        clauses.append(f"a reader calls the lesion {lesion.value}")
    if by_ct is not None:
        clauses.append(f"the CT shows {'lytic holes' if by_ct else 'no lytic hole'}")
    phrase = " and ".join(clauses)
    if Answer.NO in answers:
        return Fact(Answer.NO, phrase)
    if Answer.YES in answers:
        return Fact(Answer.YES, phrase)
    return Fact(Answer.UNKNOWN, "loss of bone is not stated", (s.path("lytic_holes"),))


BODY_FACTS: Mapping[str, Callable[[Situation], Fact]] = {
    "collapse_above_two_thirds": _collapse_above(COLLAPSE_PERCENT),
    "collapse_above_seventy_percent": _collapse_above(UNVERIFIED_COLLAPSE_PERCENT),
    "osteolysis": _osteolysis,
}
