"""The answer of a screening: the verdict, every rule's answer and reason, and what is still to find out."""

from dataclasses import dataclass

from vertebroplasty.selection.evidence_claims import EvidenceClaim
from vertebroplasty.selection.kleene import Answer
from vertebroplasty.selection.overrides import Override
from vertebroplasty.selection.strictness import Effect, Verdict

__all__ = ["CouldBecome", "GuidelineVersion", "LevelScreening", "Missing", "RuleAnswer", "Screening"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleAnswer:
    """One rule's answer on one level; `because` is the reason in one sentence."""

    id: str
    sentence: str
    answer: Answer
    because: str
    effect: Effect
    guideline: str
    sources: tuple[str, ...]
    verified: bool


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
class LevelScreening:
    """One level's verdict, why, and what could still change it; `missing` begins with what would change it soonest.

    `verdict_after_overrides` is None where no rule that fired was overridden; `first_line` is the verdict for people.
    """

    level: str
    verdict: Verdict
    verdict_after_overrides: Verdict | None
    could_become: tuple[CouldBecome, ...]
    rules: tuple[RuleAnswer, ...]
    missing: tuple[Missing, ...]
    overrides: tuple[Override, ...]
    tasks: tuple[str, ...]
    first_line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GuidelineVersion:
    """A rule set that was applied."""

    id: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """All levels: `verdict` and `first_line` are those of the strictest level; overrides never change `verdict`."""

    verdict: Verdict
    verdict_after_overrides: Verdict | None
    first_line: str
    levels: tuple[LevelScreening, ...]
    evidence: tuple[EvidenceClaim, ...]
    guidelines: tuple[GuidelineVersion, ...]
    warnings: tuple[str, ...]
    sources: tuple[str, ...]
