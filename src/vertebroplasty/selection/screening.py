"""The answer of a screening: the verdict at once, and every reason, question and sentence when somebody reads it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from vertebroplasty.selection.consequence import open_verdicts
from vertebroplasty.selection.entries import CouldBecome, GuidelineVersion, Missing, RuleAnswer
from vertebroplasty.selection.evidence_claims import EvidenceClaim, osteoporotic_fracture_evidence
from vertebroplasty.selection.explanation import explained
from vertebroplasty.selection.expression import Judged
from vertebroplasty.selection.findings.register import FINDINGS
from vertebroplasty.selection.first_line import first_line
from vertebroplasty.selection.kleene import ANSWERS, Answer
from vertebroplasty.selection.missing_inputs import missing_inputs
from vertebroplasty.selection.overrides import Override
from vertebroplasty.selection.patient import Patient
from vertebroplasty.selection.rule_set import RuleSet
from vertebroplasty.selection.rules import Rule
from vertebroplasty.selection.screening_warnings import screening_warnings
from vertebroplasty.selection.situation import Situation
from vertebroplasty.selection.strictness import Verdict, stricter

__all__ = ["NO_LEVEL", "CouldBecome", "GuidelineVersion", "LevelScreening", "Missing", "RuleAnswer", "Screening"]

OSTEOPOROTIC_INDICATION = "I01"
NO_LEVEL = "Insufficient data: no level is stated."


@dataclass(frozen=True, kw_only=True)
class LevelScreening:
    """One level's verdict, why, and what could still change it.

    `numbers` are the rules' answers in the order of the rules (no 0, unknown 1, yes 2).  `verdict_after_overrides` is
    None where no rule that fired was overridden.  `without_file`: no patient file was given.  All else is formed from
    these on first reading, and is the same whenever it is read.
    """

    situation: Situation = field(repr=False)
    rule_set: RuleSet = field(repr=False)
    numbers: tuple[int, ...]
    verdict: Verdict
    verdict_after_overrides: Verdict | None
    overrides: tuple[Override, ...]
    without_file: bool

    @property
    def level(self) -> str:
        """The level's name."""
        return self.situation.level

    @cached_property
    def answers(self) -> Mapping[str, Answer]:
        """Each rule's answer by its id."""
        rules = self.rule_set.rules
        return {rule.id: ANSWERS[number] for rule, number in zip(rules, self.numbers, strict=True)}

    @cached_property
    def rules(self) -> tuple[RuleAnswer, ...]:
        """Every rule with its answer and the reason."""
        return tuple(
            RuleAnswer(
                id=rule.id,
                sentence=rule.sentence,
                answer=self.answers[rule.id],
                because=self._explained[rule.id].because,
                effect=rule.effect,
                guideline=rule.guideline,
                sources=rule.sources,
                verified=rule.verified,
                decides=rule.id in self.rule_set.decider_ids,
                note=rule.note,
            )
            for rule in self.rule_set.rules
        )

    @cached_property
    def could_become(self) -> tuple[CouldBecome, ...]:
        """The verdicts that unknown rules leave open, the strictest first."""
        return open_verdicts(self.rule_set.deciders, self._explained, with_fired=self.without_file)

    @cached_property
    def missing(self) -> tuple[Missing, ...]:
        """What to find out; it begins with what would change the verdict soonest."""
        return missing_inputs(self.rule_set.deciders, self._explained, self.verdict)

    @property
    def ask_first(self) -> Missing | None:
        """The one question whose answer would change the verdict soonest; None where no answer can change it."""
        stricter_left = any(stricter(entry.verdict, self.verdict) for entry in self.could_become)
        undecided = stricter_left or self.verdict is Verdict.INSUFFICIENT_DATA
        return self.missing[0] if undecided and self.missing else None

    @cached_property
    def tasks(self) -> tuple[str, ...]:
        """What to arrange before the procedure, each once."""
        tasks = (rule.task for rule in self.rule_set.rules if rule.task and self._asks(rule))
        return tuple(dict.fromkeys(tasks))

    @cached_property
    def first_line(self) -> str:
        """The verdict for people, with what it could still become."""
        return first_line(
            self.verdict,
            self.could_become,
            self.missing,
            self.rule_set.rules,
            self.rule_set.deciders,
            self._explained,
            asking={rule.id for rule in self.rule_set.rules if self._asks(rule)},
            without_file=self.without_file,
        )

    @cached_property
    def _explained(self) -> Mapping[str, Judged]:
        return explained(self.rule_set.rules, self.situation)

    def _asks(self, rule: Rule) -> bool:
        """Whether a rule's task is to be done: the rule answers yes, and nothing says that it was done."""
        done = bool(rule.task_unless) and FINDINGS[rule.task_unless](self.situation).answer is Answer.YES
        return self.answers[rule.id] is Answer.YES and not done


@dataclass(frozen=True, kw_only=True)
class Screening:
    """All levels from the skull down: `verdict` is that of the strictest level; overrides never change it."""

    patient: Patient | None = field(repr=False)
    rule_set: RuleSet = field(repr=False)
    overrides: tuple[Override, ...]
    levels: tuple[LevelScreening, ...]
    verdict: Verdict
    verdict_after_overrides: Verdict | None

    @property
    def first_line(self) -> str:
        """The first line of the strictest level, the first from the skull down."""
        if not self.levels:
            return NO_LEVEL
        head = next(level for level in self.levels if level.verdict is self.verdict)
        return f"{head.level}: {head.first_line}" if len(self.levels) > 1 else head.first_line

    @cached_property
    def evidence(self) -> tuple[EvidenceClaim, ...]:
        """What trials say, shown beside any indication of an osteoporotic fracture."""
        return osteoporotic_fracture_evidence() if any(map(_indicated_osteoporotic, self.levels)) else ()

    @property
    def guidelines(self) -> tuple[GuidelineVersion, ...]:
        """The rule sets that were evaluated."""
        return tuple(
            GuidelineVersion(id=guideline.id, version=guideline.version, decides=guideline.decides)
            for guideline in self.rule_set.guidelines
        )

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know before using the verdict."""
        applied = {override.rule for level in self.levels for override in level.overrides}
        idle = tuple(override for override in self.overrides if override.rule not in applied)
        return screening_warnings(self.patient, [level.situation for level in self.levels], idle)

    @property
    def sources(self) -> tuple[str, ...]:
        """Citation keys of the rules and of the evidence shown."""
        keys = {key for rule in self.rule_set.rules for key in rule.sources}
        return tuple(sorted(keys | {claim.source for claim in self.evidence}))


def _indicated_osteoporotic(level: LevelScreening) -> bool:
    fires = level.answers[OSTEOPOROTIC_INDICATION] is Answer.YES
    return fires and Verdict.INDICATED in (level.verdict, level.verdict_after_overrides)
