"""Should this level be treated: the rules meet one patient, and the strictest that fires is the verdict."""

from collections.abc import Iterable, Mapping, Sequence

from vertebroplasty.anatomy.levels import level_rank
from vertebroplasty.selection.consequence import open_verdicts, verdict_of
from vertebroplasty.selection.contradictions import level_contradictions, patient_contradictions
from vertebroplasty.selection.evidence_claims import EvidenceClaim, osteoporotic_fracture_evidence
from vertebroplasty.selection.expression import Judged, judged_fact
from vertebroplasty.selection.first_line import first_line
from vertebroplasty.selection.kleene import Answer
from vertebroplasty.selection.measured import MeasuredFindings
from vertebroplasty.selection.missing_inputs import missing_inputs
from vertebroplasty.selection.overrides import Override, OverrideRefused, check_overrides
from vertebroplasty.selection.patient import LevelFindings, Patient
from vertebroplasty.selection.rules import FINDINGS, Rule, answer_rules, load_guidelines
from vertebroplasty.selection.screening import (
    GuidelineVersion,
    LevelScreening,
    RuleAnswer,
    Screening,
)
from vertebroplasty.selection.situation import Situation
from vertebroplasty.selection.strictness import Verdict, strictest

__all__ = ["Override", "OverrideRefused", "Verdict", "levels_to_screen", "screen"]

OSTEOPOROTIC_INDICATION = "I01"
NO_LEVEL = "Insufficient data: the level not stated."


def screen(
    patient: Patient | None,
    level_measurements: Mapping[str, MeasuredFindings],
    *,
    levels: Sequence[str] = (),
    product: str | None,
    required_components: frozenset[str],
    overrides: Iterable[Override] = (),
    guidelines: Iterable[str] = (),
) -> Screening:
    """Screen the levels: every rule answers yes, no or unknown, and the strictest that fires is the verdict.

    Args:
        patient: what is known of the patient; None where no patient file was given, and then the verdict is
            insufficient data whatever the CT shows.
        level_measurements: what the CT shows, by level; a level may be absent.
        levels: the levels asked for; empty takes those the patient file plans or describes, then those measured.
        product: the cement product, None if not chosen.
        required_components: allergens (`Allergen` values) that the product contains.
        overrides: rules set aside, with reasons; `verdict` never changes by them.
        guidelines: names of further rule sets beside the founding documents.

    Raises:
        OverrideRefused: an override of a rule that cannot be set aside, or without a reason.
        Refused: an unknown guideline, or a name that is no level.
    """
    loaded = load_guidelines(guidelines)
    rules = tuple(rule for guideline in loaded for rule in guideline.rules)
    accepted = check_overrides(overrides, rules)
    situations = _situations(patient or Patient(), level_measurements, levels, product, required_components)
    screened = tuple(_screen_level(s, rules, accepted, without_file=patient is None) for s in situations)
    head = min(screened, key=lambda level: level.verdict.rank, default=None)
    evidence = osteoporotic_fracture_evidence() if any(map(_indicated_osteoporotic, screened)) else ()
    return Screening(
        verdict=head.verdict if head else Verdict.INSUFFICIENT_DATA,
        verdict_after_overrides=_after_overrides(screened),
        first_line=_headline(head, several=len(screened) > 1),
        levels=screened,
        evidence=evidence,
        guidelines=tuple(GuidelineVersion(id=guideline.id, version=guideline.version) for guideline in loaded),
        warnings=_warnings(patient, situations, screened, accepted),
        sources=_sources(rules, evidence),
    )


def _situations(
    patient: Patient,
    measured: Mapping[str, MeasuredFindings],
    levels: Sequence[str],
    product: str | None,
    required_components: frozenset[str],
) -> list[Situation]:
    """What the rules may look at, level by level."""
    names = tuple(dict.fromkeys(levels)) or levels_to_screen(patient, measured)
    for name in names:
        level_rank(name)  # refuses what is no level
    return [
        Situation(
            level=name,
            patient=patient,
            findings=patient.levels.get(name, LevelFindings()),
            measured=measured.get(name, MeasuredFindings()),
            product=product,
            required_components=required_components,
        )
        for name in names
    ]


def levels_to_screen(patient: Patient, measured: Iterable[str] = ()) -> tuple[str, ...]:
    """The levels a patient file plans or describes, from the skull down; without any, those measured."""
    named = {*(patient.planned.levels or ()), *patient.levels} or set(measured)
    return tuple(sorted(named, key=level_rank))


def _screen_level(
    situation: Situation, rules: Sequence[Rule], overrides: Sequence[Override], *, without_file: bool
) -> LevelScreening:
    answers = answer_rules(rules, situation)
    yes = [rule for rule in rules if answers[rule.id].answer is Answer.YES]
    verdict = Verdict.INSUFFICIENT_DATA if without_file else verdict_of(rules, answers)
    applied = tuple(override for override in overrides if override.rule in {rule.id for rule in yes})
    after = None
    if applied:
        set_aside = {override.rule for override in applied}
        kept = [rule for rule in rules if rule.id not in set_aside]
        after = Verdict.INSUFFICIENT_DATA if without_file else verdict_of(kept, answers)
    missing = missing_inputs(rules, answers, verdict)
    could_become = open_verdicts(rules, answers, with_fired=without_file)
    return LevelScreening(
        level=situation.level,
        verdict=verdict,
        verdict_after_overrides=after,
        could_become=could_become,
        rules=tuple(_answer(rule, answers[rule.id]) for rule in rules),
        missing=missing,
        overrides=applied,
        tasks=tuple(rule.task for rule in yes if rule.task and not _done(rule, situation)),
        first_line=first_line(verdict, could_become, missing, rules, answers, without_file=without_file),
    )


def _answer(rule: Rule, judged: Judged) -> RuleAnswer:
    return RuleAnswer(
        id=rule.id,
        sentence=rule.sentence,
        answer=judged.answer,
        because=judged.because,
        effect=rule.effect,
        guideline=rule.guideline,
        sources=rule.sources,
        verified=rule.verified,
    )


def _done(rule: Rule, situation: Situation) -> bool:
    return bool(rule.task_unless) and judged_fact(FINDINGS[rule.task_unless](situation)).answer is Answer.YES


def _indicated_osteoporotic(level: LevelScreening) -> bool:
    fires = any(rule.id == OSTEOPOROTIC_INDICATION and rule.answer is Answer.YES for rule in level.rules)
    return fires and Verdict.INDICATED in (level.verdict, level.verdict_after_overrides)


def _after_overrides(levels: Sequence[LevelScreening]) -> Verdict | None:
    if all(level.verdict_after_overrides is None for level in levels):
        return None
    return strictest(level.verdict_after_overrides or level.verdict for level in levels)


def _headline(level: LevelScreening | None, *, several: bool) -> str:
    if level is None:
        return NO_LEVEL
    return f"{level.level}: {level.first_line}" if several else level.first_line


def _warnings(
    patient: Patient | None,
    situations: Sequence[Situation],
    screened: Sequence[LevelScreening],
    overrides: Sequence[Override],
) -> tuple[str, ...]:
    """What a reader must know before using the verdict."""
    sentences: list[str] = []
    if patient is not None and situations:
        names = tuple(situation.level for situation in situations)
        plan = situations[0]
        sentences += patient_contradictions(
            patient, levels=names, product=plan.product, required_components=plan.required_components
        )
        sentences += [f"The patient file says nothing on {name}." for name in names if name not in patient.levels]
    for situation in situations:
        sentences += level_contradictions(situation)
    applied = {override.rule for level in screened for override in level.overrides}
    sentences += [
        f"Overriding {override.rule} changes nothing: it does not fire."
        for override in overrides
        if override.rule not in applied
    ]
    return tuple(dict.fromkeys(sentences))


def _sources(rules: Iterable[Rule], evidence: Iterable[EvidenceClaim]) -> tuple[str, ...]:
    keys = {key for rule in rules for key in rule.sources} | {claim.source for claim in evidence}
    return tuple(sorted(keys))
