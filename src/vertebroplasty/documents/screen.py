"""The `screen` document: the verdict, every rule with its answer and reason, and what is still to find out."""

from collections.abc import Iterable

from pydantic import Field

from vertebroplasty.documents.common import Document, Part, Provenance
from vertebroplasty.documents.score import ScoreEntry, score_entry
from vertebroplasty.selection import NOT_MODELLED
from vertebroplasty.selection.coded_values import Aetiology
from vertebroplasty.selection.consent import ConsentPoint, consent_points
from vertebroplasty.selection.planned_checks import PlannedCheck, TaskState, planned_checks
from vertebroplasty.selection.scores.sins import sins_of_level
from vertebroplasty.selection.screening import LevelScreening, RuleAnswer, Screening
from vertebroplasty.selection.screening import Missing as MissingInput
from vertebroplasty.selection.strictness import Verdict

__all__ = ["CouldBecome", "Missing", "Override", "RuleEntry", "ScreenDocument", "ScreenedLevel", "screen_document"]

SCORED_BY_SINS = (Aetiology.METASTASIS, Aetiology.MYELOMA)


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
    note: str = Field(description="Where the sources disagree; empty where they do not.")
    decides: bool = Field(description="Whether the answer can move the verdict: not a caution's, nor one only shown.")


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


class CheckEntry(Part):
    """One check around the procedure that the documents ask for."""

    id: str = Field(description="The check's id, for example T14.")
    when: str = Field(description="before-decision, before-procedure, during or after.")
    task: str = Field(description="What is to be done.")
    stress: str = Field(description="What makes it more pressing here; empty if nothing does.")
    state: str = Field(description="not-needed, done, open, to-confirm, perhaps-needed or reminder.")
    because: str = Field(description="Why it is needed or not, and whether it is done.")
    missing: list[str] = Field(description="Paths in patient.json that would settle it.")
    sources: list[str] = Field(description="Citation keys.")
    verified: bool = Field(description="Whether the sources were read.")


class ConsentEntry(Part):
    """One thing to say before the patient agrees."""

    id: str = Field(description="Name of the point.")
    kind: str = Field(description="benefit, alternative, procedure, risk or afterwards.")
    heading: str = Field(description="What it is about.")
    sentence: str = Field(description="What to say.")
    figures: list[str] = Field(description="Published figures side by side, each with what was counted and its source.")
    sources: list[str] = Field(description="Citation keys.")


class ScreenedLevel(Part):
    """The screening of one level."""

    level: str = Field(description="Name of the level.")
    verdict: str = Field(description="The level's verdict; overrides never change it.")
    verdict_after_overrides: str | None = Field(description="The verdict without the overridden rules of this level.")
    first_line: str = Field(description="The verdict for people, naming what it could become.")
    could_become: list[CouldBecome] = Field(
        description="Other verdicts that unknown inputs leave open, the strictest first."
    )
    rules: list[RuleEntry] = Field(description="Every rule with its answer.")
    missing: list[Missing] = Field(description="What to find out, the most decisive first.")
    ask_first: Missing | None = Field(description="The one question that would change the verdict soonest.")
    overrides: list[Override] = Field(description="Rules the user set aside.")
    tasks: list[str] = Field(description="What to arrange before the procedure.")
    checks: list[CheckEntry] = Field(description="Every check before, during and after the procedure with its state.")
    scores: list[ScoreEntry] = Field(description="SINS of a level with metastasis or myeloma; else empty.")
    consent: list[ConsentEntry] = Field(description="What to say before the patient agrees, with published figures.")


class Evidence(Part):
    """One line of evidence shown with an indication."""

    statement: str = Field(description="What was found.")
    source: str = Field(description="Citation key.")
    verified: bool = Field(description="Whether the source was read.")


class GuidelineEntry(Part):
    """A rule set that was applied."""

    id: str = Field(description="Name of the rule set.")
    version: str = Field(description="Its version.")
    decides: bool = Field(description="Whether it could decide, or was only shown.")


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
    return ScreenDocument(
        **head,
        verdict=screening.verdict.value,
        verdict_after_overrides=_value(screening.verdict_after_overrides),
        levels=[_level(level) for level in screening.levels],
        evidence=[Evidence(statement=c.statement, source=c.source, verified=c.verified) for c in screening.evidence],
        guidelines=[GuidelineEntry(id=g.id, version=g.version, decides=g.decides) for g in screening.guidelines],
    )


def _value(verdict: Verdict | None) -> str | None:
    return None if verdict is None else verdict.value


def _level(level: LevelScreening) -> ScreenedLevel:
    situation = level.situation
    findings = situation.findings
    checks = planned_checks(situation)
    return ScreenedLevel(
        level=level.level,
        verdict=level.verdict.value,
        verdict_after_overrides=_value(level.verdict_after_overrides),
        first_line=level.first_line,
        could_become=[CouldBecome(verdict=c.verdict.value, rules=list(c.rules)) for c in level.could_become],
        rules=[_rule(rule) for rule in level.rules],
        missing=[_missing(missing) for missing in level.missing],
        ask_first=None if level.ask_first is None else _missing(level.ask_first),
        overrides=[Override(rule=o.rule, because=o.because) for o in level.overrides],
        tasks=list(dict.fromkeys([*level.tasks, *(_task(check) for check in checks if _is_task(check))])),
        checks=[_check(check) for check in checks],
        scores=[score_entry(sins_of_level(level.level, findings, situation.measured))]
        if findings.aetiology in SCORED_BY_SINS
        else [],
        consent=[_consent(point) for point in consent_points(findings.aetiology, situation.patient.planned)],
    )


def _missing(missing: MissingInput) -> Missing:
    return Missing(input=missing.input, question=missing.question, would_change=list(missing.would_change))


def _is_task(check: PlannedCheck) -> bool:
    """Open before the procedure, or needed and not stated where the patient file has a place for it."""
    return check.state is TaskState.OPEN or (check.state is TaskState.TO_CONFIRM and bool(check.missing))


def _task(check: PlannedCheck) -> str:
    whether = " (Not stated whether done.)" if check.state is TaskState.TO_CONFIRM else ""
    return f"{check.task} {check.stress}".strip() + whether


def _check(check: PlannedCheck) -> CheckEntry:
    return CheckEntry(
        id=check.id,
        when=check.when.value,
        task=check.task,
        stress=check.stress,
        state=check.state.value,
        because=f"{check.applies_because} {check.done_because}",
        missing=list(check.missing),
        sources=list(check.sources),
        verified=check.verified,
    )


def _consent(point: ConsentPoint) -> ConsentEntry:
    return ConsentEntry(
        id=point.id,
        kind=point.kind.value,
        heading=point.heading,
        sentence=point.sentence,
        figures=list(point.figures),
        sources=list(point.sources),
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
        note=rule.note,
        decides=rule.decides,
    )
