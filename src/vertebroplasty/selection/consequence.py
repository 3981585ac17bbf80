"""From the rules' answers to the verdict, and to the verdicts that unknown answers leave open."""

from collections.abc import Iterable, Mapping

from vertebroplasty.selection.expression import Judged
from vertebroplasty.selection.kleene import Answer
from vertebroplasty.selection.rules import Rule
from vertebroplasty.selection.screening import CouldBecome
from vertebroplasty.selection.strictness import Effect, Verdict, strictest

__all__ = ["open_rules", "open_verdicts", "verdict_of"]


def verdict_of(rules: Iterable[Rule], answers: Mapping[str, Judged]) -> Verdict:
    """The strictest of what fired; unknown deciding rules and unknown indications hold it at insufficient data."""
    rules = tuple(rules)
    indications = [answers[rule.id].answer for rule in rules if rule.effect is Effect.INDICATED]
    if Answer.YES in indications:
        verdicts = [Verdict.INDICATED]
    else:
        verdicts = [Verdict.INSUFFICIENT_DATA if Answer.UNKNOWN in indications else Verdict.NOT_INDICATED]
    for rule in rules:
        answer = answers[rule.id].answer
        if answer is Answer.YES and rule.effect.verdict is not None:
            verdicts.append(rule.effect.verdict)
        if answer is Answer.UNKNOWN and rule.deciding:
            verdicts.append(Verdict.INSUFFICIENT_DATA)
    return strictest(verdicts)


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
    """Each verdict still open with its unknown rules; with `with_fired` also what the CT alone fired."""
    rules = tuple(rules)
    waiting = open_rules(rules, answers)
    if with_fired:
        waiting += [rule for rule in rules if answers[rule.id].answer is Answer.YES]
    by_verdict: dict[Verdict, list[str]] = {}
    for rule in waiting:
        if rule.effect.verdict is not None:
            by_verdict.setdefault(rule.effect.verdict, []).append(rule.id)
    if open_indications := by_verdict.get(Verdict.INDICATED):
        by_verdict[Verdict.NOT_INDICATED] = open_indications
    order = sorted(by_verdict, key=lambda verdict: verdict.rank)
    return tuple(CouldBecome(verdict=verdict, rules=tuple(by_verdict[verdict])) for verdict in order)
