"""The `screen` document: the verdict, every rule with its answer and reason, and what is still to find out."""

from collections.abc import Iterable

from pydantic import Field

from vertebroplasty.documents.common import Document, Part, Provenance
from vertebroplasty.selection import NOT_MODELLED
from vertebroplasty.selection.screening import LevelScreening, RuleAnswer, Screening

__all__ = ["CouldBecome", "Missing", "Override", "RuleEntry", "ScreenDocument", "ScreenedLevel", "screen_document"]


class RuleEntry(Part):
    """One rule's answer."""

    id: str = Field(description="The rule's id, for example R02.")
    sentence: str = Field(description="What the rule asks.")
    answer: str = Field(description="yes, no or unknown.")
    because: str = Field(description="The reason for the answer.")
    effect: str = Field(description="The verdict the rule leads to when it answers yes.")
    guideline: str = Field(description="The rule set it belongs to.")
    sources: list[str] = Field(description="Citation keys.")
    verified: bool = Field(description="Whether the source was read.")


class CouldBecome(Part):
    """A verdict that unknown inputs leave open."""

    verdict: str = Field(description="The verdict that is still possible.")
    rules: list[str] = Field(description="The rules that could lead to it.")


class Missing(Part):
    """One thing to find out."""

    input: str = Field(description="Path of the input in patient.json.")
    question: str = Field(description="The question to answer.")
    would_change: list[str] = Field(description="Rules that wait for it.")


class Override(Part):
    """A rule set aside by the user, with the reason."""

    rule: str = Field(description="The rule's id.")
    because: str = Field(description="The user's reason.")


class ScreenedLevel(Part):
    """The screening of one level."""

    level: str = Field(description="Name of the level.")
    verdict: str = Field(description="The level's verdict; overrides never change it.")
    first_line: str = Field(description="The verdict for people, naming what it could become.")
    could_become: list[CouldBecome] = Field(
        description="Other verdicts that unknown inputs leave open, the strictest first."
    )
    rules: list[RuleEntry] = Field(description="Every rule with its answer.")
    missing: list[Missing] = Field(description="What to find out, the most decisive first.")
    overrides: list[Override] = Field(description="Rules the user set aside.")
    tasks: list[str] = Field(description="What to arrange before the procedure.")


class Evidence(Part):
    """One line of evidence shown with an indication."""

    statement: str = Field(description="What was found.")
    source: str = Field(description="Citation key.")
    verified: bool = Field(description="Whether the source was read.")


class GuidelineEntry(Part):
    """A rule set that was applied."""

    id: str = Field(description="Name of the rule set.")
    version: str = Field(description="Its version.")


class ScreenDocument(Document):
    """What `screen` answers."""

    verdict: str = Field(description="The strictest verdict of all levels.")
    verdict_after_overrides: str | None = Field(description="The verdict without the overridden rules, printed second.")
    levels: list[ScreenedLevel] = Field(description="One entry a level.")
    evidence: list[Evidence] = Field(description="Trials that speak about the indication.")
    guidelines: list[GuidelineEntry] = Field(description="Rule sets that were applied.")


def screen_document(screening: Screening, provenance: Provenance, *, warnings: Iterable[str] = ()) -> ScreenDocument:
    """Fill the document from a screening."""
    head = provenance.head(
        "screen",
        sources=screening.sources,
        warnings=[*warnings, *screening.warnings],
        not_modelled=NOT_MODELLED,
        unknown=(),
    )
    after = screening.verdict_after_overrides
    return ScreenDocument(
        **head,
        verdict=screening.verdict.value,
        verdict_after_overrides=None if after is None else after.value,
        levels=[_level(level) for level in screening.levels],
        evidence=[Evidence(statement=c.statement, source=c.source, verified=c.verified) for c in screening.evidence],
        guidelines=[GuidelineEntry(id=g.id, version=g.version) for g in screening.guidelines],
    )


def _level(level: LevelScreening) -> ScreenedLevel:
    return ScreenedLevel(
        level=level.level,
        verdict=level.verdict.value,
        first_line=level.first_line,
        could_become=[CouldBecome(verdict=c.verdict.value, rules=list(c.rules)) for c in level.could_become],
        rules=[_rule(rule) for rule in level.rules],
        missing=[Missing(input=m.input, question=m.question, would_change=list(m.would_change)) for m in level.missing],
        overrides=[Override(rule=o.rule, because=o.because) for o in level.overrides],
        tasks=list(level.tasks),
    )


def _rule(rule: RuleAnswer) -> RuleEntry:
    return RuleEntry(
        id=rule.id,
        sentence=rule.sentence,
        answer=rule.answer.value,
        because=rule.because,
        effect=rule.effect.value,
        guideline=rule.guideline,
        sources=list(rule.sources),
        verified=rule.verified,
    )
