"""From the rules' answers to the rules the verdict waits for, and the verdicts that these leave open."""

from collections.abc import Iterable, Mapping

from vertebroplasty.selection.entries import CouldBecome
from vertebroplasty.selection.expression import Judged
from vertebroplasty.selection.kleene import Answer
from vertebroplasty.selection.rules import Rule
from vertebroplasty.selection.strictness import Effect, Verdict

__all__ = ["open_rules", "open_verdicts"]


def open_rules(rules: Iterable[Rule], answers: Mapping[str, Judged]) -> list[Rule]:
    """Unknown rules the verdict waits for: the deciding ones, and the indications while none answers yes."""
    rules = tuple(rules)
    indicated = any(rule.effect is Effect.INDICATED and answers[rule.id].answer is Answer.YES for rule in rules)
    return [
        rule
        for rule in rules
        if answers[rule.id].answer is Answer.UNKNOWN
        and (rule.deciding or (rule.effect is Effect.INDICATED and not indicated))
    ]


def open_verdicts(rules: Iterable[Rule], answers: Mapping[str, Judged], *, with_fired: bool) -> tuple[CouldBecome, ...]:
    """Each verdict still open with its unknown rules; with `with_fired` also what the CT alone fired.

    An open indication leaves two verdicts open: indicated where it holds, and not indicated where it does not.
    Where a guideline that was named says that its conditions are not met, the first of the two is closed.
    """
    rules = tuple(rules)
    waiting = open_rules(rules, answers)
    if with_fired:
        waiting += [rule for rule in rules if answers[rule.id].answer is Answer.YES]
    by_verdict: dict[Verdict, list[str]] = {}
    for rule in waiting:
        if rule.effect.verdict is not None:
            by_verdict.setdefault(rule.effect.verdict, []).append(rule.id)
    if open_indications := by_verdict.get(Verdict.INDICATED):
        by_verdict[Verdict.NOT_INDICATED] = [*open_indications, *by_verdict.get(Verdict.NOT_INDICATED, ())]
    if any(rule.effect is Effect.NOT_INDICATED and answers[rule.id].answer is Answer.YES for rule in rules):
        by_verdict.pop(Verdict.INDICATED, None)
    order = sorted(by_verdict, key=lambda verdict: verdict.rank)
    return tuple(CouldBecome(verdict=verdict, rules=tuple(by_verdict[verdict])) for verdict in order)
