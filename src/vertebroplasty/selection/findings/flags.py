"""Findings that one yes-or-no key of the patient file answers."""

from collections.abc import Callable

from vertebroplasty.selection.kleene import NO, UNKNOWN, YES
from vertebroplasty.selection.situation import Fact, Situation

__all__ = ["level_flag", "patient_flag"]


def level_flag(key: str, *, yes: str, no: str, name: str) -> Callable[[Situation], Fact]:
    """A finding answered by one key of the level; `yes` and `no` are its clauses, `name` what the key is called."""
    if_yes, if_no, if_unknown = Fact(YES, yes), Fact(NO, no), f"{name} is not stated"

    def fact(s: Situation) -> Fact:
        value = getattr(s.findings, key)
        if value is None:
            return Fact(UNKNOWN, if_unknown, (s.path(key),))
        return if_yes if value else if_no

    return fact


def patient_flag(key: str, *, yes: str, no: str, name: str) -> Callable[[Situation], Fact]:
    """A finding answered by one key of the patient."""
    if_yes, if_no, if_unknown = Fact(YES, yes), Fact(NO, no), Fact(UNKNOWN, f"{name} is not stated", (key,))

    def fact(s: Situation) -> Fact:
        value = getattr(s.patient, key)
        if value is None:
            return if_unknown
        return if_yes if value else if_no

    return fact
