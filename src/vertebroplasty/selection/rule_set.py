"""The rules of one screening made ready: every rule's answer as a number, and the verdict from those numbers.

This is the part of a screening that runs on every patient; why each rule answers as it does is formed elsewhere, from
the same findings, and only where somebody reads it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from operator import getitem

from vertebroplasty.selection.expression import Numbered, numbered
from vertebroplasty.selection.findings.register import FINDINGS
from vertebroplasty.selection.kleene import NUMBERS
from vertebroplasty.selection.rules import Guideline, Rule, canonical_names, load_guidelines
from vertebroplasty.selection.situation import Situation
from vertebroplasty.selection.strictness import RANKS, Effect, Verdict

__all__ = ["RuleSet", "rule_set"]

VERDICTS = tuple(Verdict)
MILDEST = RANKS[Verdict.INDICATED]
WITHOUT_CONTRAINDICATION = (
    RANKS[Verdict.NOT_INDICATED],  # every indication answers no
    RANKS[Verdict.INSUFFICIENT_DATA],  # one is unknown, none answers yes
    RANKS[Verdict.INDICATED],
)


class _Numbers(dict[str, int]):
    """Answers by name, each finding looked at when a rule first asks for it."""

    __slots__ = ("situation",)

    def __init__(self, situation: Situation) -> None:
        self.situation = situation

    def __missing__(self, name: str) -> int:
        number = self[name] = NUMBERS[FINDINGS[name](self.situation).answer]
        return number


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RuleSet:
    """The guidelines of one screening with their rules in order; `deciders` are the rules that can move the verdict.

    `ranks` holds for each rule the rank of the verdict it brings where it answers no, unknown and yes; an indication
    that answers yes brings none by itself, so `indications` holds their places.
    """

    guidelines: tuple[Guideline, ...]
    rules: tuple[Rule, ...]
    deciders: tuple[Rule, ...]
    decider_ids: frozenset[str]
    conditions: tuple[tuple[str, Numbered], ...]
    ranks: tuple[tuple[int, int, int], ...]
    indications: tuple[int, ...]

    def numbers(self, situation: Situation) -> tuple[int, ...]:
        """Every rule's answer on one level as a number, in the order of the rules."""
        known = _Numbers(situation)
        numbers = []
        for name, condition in self.conditions:
            number = known[name] = condition(known)
            numbers.append(number)
        return tuple(numbers)

    def verdict(self, numbers: Sequence[int]) -> Verdict:
        """The strictest of what fired; unknown deciding rules and unknown indications hold it at insufficient data."""
        indicated = max([numbers[place] for place in self.indications], default=0)
        rank = min(map(getitem, self.ranks, numbers))
        return VERDICTS[min(rank, WITHOUT_CONTRAINDICATION[indicated])]

    def setting_aside(self, ids: Iterable[str], numbers: Sequence[int]) -> tuple[int, ...]:
        """The answers as they would be, had the rules named answered no."""
        aside = frozenset(ids)
        return tuple(0 if rule.id in aside else number for rule, number in zip(self.rules, numbers, strict=True))


def rule_set(named: Iterable[str] = ()) -> RuleSet:
    """The rules that a screening evaluates where these guidelines are named, in whatever order and spelling.

    Raises:
        WrongUsage: no guideline of that name.
    """
    return _ready(canonical_names(named))


@cache
def _ready(named: frozenset[str]) -> RuleSet:
    guidelines = load_guidelines(named)
    rules = tuple(rule for guideline in guidelines for rule in guideline.rules)
    deciders = tuple(rule for guideline in guidelines if guideline.decides for rule in guideline.rules if rule.decides)
    ids = frozenset(rule.id for rule in deciders)
    return RuleSet(
        guidelines=guidelines,
        rules=rules,
        deciders=deciders,
        decider_ids=ids,
        conditions=tuple((rule.id, numbered(rule.tree)) for rule in rules),
        ranks=tuple(_ranks(rule, decides=rule.id in ids) for rule in rules),
        indications=tuple(
            place for place, rule in enumerate(rules) if rule.effect is Effect.INDICATED and rule.id in ids
        ),
    )


def _ranks(rule: Rule, *, decides: bool) -> tuple[int, int, int]:
    """Ranks of the verdicts that a no, an unknown and a yes bring."""
    if not decides:
        return (MILDEST, MILDEST, MILDEST)
    unknown = RANKS[Verdict.INSUFFICIENT_DATA] if rule.deciding else MILDEST
    return (MILDEST, unknown, MILDEST if rule.effect.verdict is None else RANKS[rule.effect.verdict])
