"""Why each rule answers as it does: the same conditions as the fast answers, with the findings that decided them."""

from collections.abc import Iterable
from functools import cache

from vertebroplasty.selection.expression import Judged, judge, judged_fact
from vertebroplasty.selection.findings.register import FINDINGS
from vertebroplasty.selection.rules import Rule
from vertebroplasty.selection.situation import Situation

__all__ = ["explained"]


def explained(rules: Iterable[Rule], situation: Situation) -> dict[str, Judged]:
    """Every rule's answer for one level with its reason, in order; later rules may build on earlier ones.

    A rule outside its scope answers no because of the scope.
    """
    answers: dict[str, Judged] = {}

    @cache
    def finding(name: str) -> Judged:
        return judged_fact(FINDINGS[name](situation))

    def lookup(name: str) -> Judged:
        return answers[name] if name in answers else finding(name)

    for rule in rules:
        answers[rule.id] = judge(rule.tree, lookup)
    return answers
