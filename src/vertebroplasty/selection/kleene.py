"""Yes, no and unknown, combined so that an unknown is never taken for a no.

Answers also stand as numbers, no 0, unknown 1, yes 2: then *and* is the lesser of two and *not* is two minus one.
"""

from collections.abc import Mapping
from enum import StrEnum

__all__ = ["ANSWERS", "NO", "NUMBERS", "UNKNOWN", "YES", "Answer", "both", "negated", "of_bool"]


class Answer(StrEnum):
    """What a rule or a finding answers (Kleene's strong three-valued logic)."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


NO, UNKNOWN, YES = Answer.NO, Answer.UNKNOWN, Answer.YES
ANSWERS = (NO, UNKNOWN, YES)
NUMBERS: Mapping[Answer, int] = {answer: number for number, answer in enumerate(ANSWERS)}


def of_bool(value: bool | None) -> Answer:
    """True is yes, False is no, None is unknown."""
    if value is None:
        return UNKNOWN
    return YES if value else NO


def negated(answer: Answer) -> Answer:
    """The opposite; the opposite of unknown is unknown."""
    return ANSWERS[2 - NUMBERS[answer]]


def both(left: Answer, right: Answer) -> Answer:
    """And: one no makes it no, whatever the other; otherwise one unknown leaves it unknown."""
    return ANSWERS[min(NUMBERS[left], NUMBERS[right])]
