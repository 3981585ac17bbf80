"""The parts a screening is told in: one rule's answer, one verdict still open, one input to find out."""

from dataclasses import dataclass

from vertebroplasty.selection.kleene import Answer
from vertebroplasty.selection.strictness import Effect, Verdict

__all__ = ["CouldBecome", "GuidelineVersion", "Missing", "RuleAnswer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleAnswer:
    """One rule's answer on one level; `because` is the reason in one sentence.

    `decides` tells whether the rule's answer can move the verdict in this screening: not a caution's, and not that of
    a guideline that is only shown.  `note` says where the sources disagree; empty where they do not.
    """

    id: str
    sentence: str
    answer: Answer
    because: str
    effect: Effect
    guideline: str
    sources: tuple[str, ...]
    verified: bool
    decides: bool
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CouldBecome:
    """A verdict that rules still unknown leave open."""

    verdict: Verdict
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """One input to find out: its path in the patient file, the question, and the rules that wait for it."""

    input: str
    question: str
    would_change: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GuidelineVersion:
    """A rule set that was evaluated, and whether it could decide."""

    id: str
    version: str
    decides: bool
