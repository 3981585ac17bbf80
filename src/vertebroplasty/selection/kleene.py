"""Yes, no and unknown, combined so that an unknown is never taken for a no."""

from enum import StrEnum

__all__ = ["Answer", "both", "negated", "of_bool"]


class Answer(StrEnum):
    """What a rule or a finding answers (Kleene's strong three-valued logic)."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def of_bool(value: bool | None) -> Answer:
    """True is yes, False is no, None is unknown."""
    if value is None:
        return Answer.UNKNOWN
    return Answer.YES if value else Answer.NO


def negated(answer: Answer) -> Answer:
    """The opposite; the opposite of unknown is unknown."""
    if answer is Answer.UNKNOWN:
        return answer
    return Answer.NO if answer is Answer.YES else Answer.YES


def both(left: Answer, right: Answer) -> Answer:
    """And: one no makes it no, whatever the other; otherwise one unknown leaves it unknown."""
    if Answer.NO in (left, right):
        return Answer.NO
    return Answer.UNKNOWN if Answer.UNKNOWN in (left, right) else Answer.YES
