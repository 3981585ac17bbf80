"""Should this level be treated: the rules meet one patient, and the strictest that fires is the verdict."""

from collections.abc import Iterable, Mapping, Sequence

from vertebroplasty.anatomy.levels import level_rank
from vertebroplasty.selection.kleene import NUMBERS, YES
from vertebroplasty.selection.measured import MeasuredFindings
from vertebroplasty.selection.overrides import Override, OverrideRefused, check_overrides
from vertebroplasty.selection.patient import LevelFindings, Patient
from vertebroplasty.selection.rule_set import RuleSet, rule_set
from vertebroplasty.selection.screening import LevelScreening, Screening
from vertebroplasty.selection.situation import Situation
from vertebroplasty.selection.strictness import Verdict, strictest

__all__ = ["Override", "OverrideRefused", "Verdict", "levels_to_screen", "screen"]

NO_PATIENT, NO_FINDINGS, NO_MEASUREMENT = Patient(), LevelFindings(), MeasuredFindings()


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
        guidelines: names of the guidelines to decide beside those that always do.

    Raises:
        OverrideRefused: an override of a rule that cannot be set aside, or without a reason.
        Refused: a name that is no level.
        WrongUsage: an unknown guideline.
    """
    rules = rule_set(guidelines)
    accepted = check_overrides(overrides, rules.deciders)
    known = patient or NO_PATIENT
    named = tuple(sorted(set(levels), key=level_rank)) or levels_to_screen(known, level_measurements)
    screened = tuple(
        _screen_level(
            Situation(
                level=name,
                patient=known,
                findings=known.levels.get(name, NO_FINDINGS),
                measured=level_measurements.get(name, NO_MEASUREMENT),
                product=product,
                required_components=required_components,
            ),
            rules,
            accepted,
            without_file=patient is None,
        )
        for name in named
    )
    return Screening(
        patient=patient,
        rule_set=rules,
        overrides=accepted,
        levels=screened,
        verdict=strictest([level.verdict for level in screened]) if screened else Verdict.INSUFFICIENT_DATA,
        verdict_after_overrides=_after_overrides(screened) if accepted else None,
    )


def levels_to_screen(patient: Patient, measured: Iterable[str] = ()) -> tuple[str, ...]:
    """The levels a patient file plans or describes, from the skull down; without any, those measured."""
    named = {*(patient.planned.levels or ()), *patient.levels} or set(measured)
    return tuple(sorted(named, key=level_rank))


def _screen_level(
    situation: Situation, rules: RuleSet, overrides: Sequence[Override], *, without_file: bool
) -> LevelScreening:
    numbers = rules.numbers(situation)
    verdict, after, applied = Verdict.INSUFFICIENT_DATA if without_file else rules.verdict(numbers), None, overrides
    if overrides:
        fired = {rule.id for rule, number in zip(rules.rules, numbers, strict=True) if number == NUMBERS[YES]}
        applied = [override for override in overrides if override.rule in fired]
        aside = rules.setting_aside([override.rule for override in applied], numbers)
        if applied:
            after = verdict if without_file else rules.verdict(aside)
    return LevelScreening(
        situation=situation,
        rule_set=rules,
        numbers=numbers,
        verdict=verdict,
        verdict_after_overrides=after,
        overrides=tuple(applied),
        without_file=without_file,
    )


def _after_overrides(levels: Sequence[LevelScreening]) -> Verdict | None:
    """The strictest verdict with the overridden rules set aside; None where no override applies."""
    if all(level.verdict_after_overrides is None for level in levels):
        return None
    return strictest(level.verdict_after_overrides or level.verdict for level in levels)
