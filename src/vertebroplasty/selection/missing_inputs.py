"""What is still to find out, in the order in which an answer would change the verdict soonest."""

import math
from collections.abc import Iterable, Mapping

from vertebroplasty.selection.consequence import open_rules
from vertebroplasty.selection.entries import Missing
from vertebroplasty.selection.expression import Judged
from vertebroplasty.selection.questions import question_for
from vertebroplasty.selection.rules import Rule
from vertebroplasty.selection.strictness import Verdict, stricter

__all__ = ["missing_inputs"]


def missing_inputs(rules: Iterable[Rule], answers: Mapping[str, Judged], verdict: Verdict) -> tuple[Missing, ...]:
    """The inputs the verdict waits for: first what changes it with the fewest answers, the strictest first."""
    keys: dict[str, tuple[bool, float, int]] = {}
    waiting: dict[str, list[str]] = {}
    for rule in open_rules(rules, answers):
        brings = rule.effect.verdict or Verdict.INDICATED
        idle = verdict is not Verdict.INSUFFICIENT_DATA and not stricter(brings, verdict)
        judged = answers[rule.id]
        for path in dict.fromkeys(path for fact in judged.facts for path in fact.missing):
            key = (idle, judged.to_yes.get(path, math.inf), brings.rank)
            keys[path] = min(key, keys.get(path, key))
            waiting.setdefault(path, []).append(rule.id)
    return tuple(
        Missing(input=path, question=question_for(path).question, would_change=tuple(waiting[path]))
        for path in sorted(keys, key=lambda path: keys[path])
    )
