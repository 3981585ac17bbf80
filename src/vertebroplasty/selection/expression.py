"""Conditions of rules as they stand in the guideline files: names joined by `and`, `or`, `not` and brackets.

The text is parsed, never executed; every other construct is refused when a guideline file is read.
"""

import ast
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import itemgetter

from vertebroplasty.errors import Refused
from vertebroplasty.selection.kleene import Answer, both, negated
from vertebroplasty.selection.situation import Fact

__all__ = ["Judged", "Numbered", "conjunction", "judge", "judged_fact", "names_in", "numbered", "parse"]

Numbered = Callable[[Mapping[str, int]], int]  # a condition, from the numbers of the names to its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A condition's answer, the findings that decided it, and how near each open question is to turning it.

    `to_yes` gives, for each missing input, how many inputs must be answered, that one included, before the condition
    can answer yes; `cost_yes` is the smallest such number (0: already yes, infinite: already no).  `to_no` likewise.
    """

    answer: Answer
    facts: tuple[Fact, ...]
    cost_yes: float
    cost_no: float
    to_yes: Mapping[str, float] = field(default_factory=dict)
    to_no: Mapping[str, float] = field(default_factory=dict)

    @property
    def because(self) -> str:
        """The deciding findings as one sentence."""
        text = "; ".join(dict.fromkeys(fact.phrase for fact in self.facts if fact.phrase))
        return f"{text[:1].upper()}{text[1:]}."

    def opposite(self) -> "Judged":
        """The negation: the same findings decide it."""
        return Judged(
            answer=negated(self.answer),
            facts=self.facts,
            cost_yes=self.cost_no,
            cost_no=self.cost_yes,
            to_yes=self.to_no,
            to_no=self.to_yes,
        )


def judged_fact(fact: Fact) -> Judged:
    """One finding as a condition of its own."""
    open_inputs = dict.fromkeys(fact.missing, 1.0) if fact.answer is Answer.UNKNOWN else {}
    cost = {Answer.YES: (0.0, math.inf), Answer.NO: (math.inf, 0.0), Answer.UNKNOWN: (1.0, 1.0)}[fact.answer]
    return Judged(
        answer=fact.answer, facts=(fact,), cost_yes=cost[0], cost_no=cost[1], to_yes=open_inputs, to_no=open_inputs
    )


def conjunction(left: Judged, right: Judged) -> Judged:
    """Both conditions: a no is explained by the first no, an unknown by every unknown, a yes by all."""
    answer = both(left.answer, right.answer)
    deciding = [part for part in (left, right) if part.answer is answer]
    if answer is Answer.NO:
        deciding = deciding[:1]
    to_yes = {path: cost + right.cost_yes for path, cost in left.to_yes.items()}
    for path, cost in right.to_yes.items():
        to_yes[path] = min(cost + left.cost_yes, to_yes.get(path, math.inf))
    to_no = dict(left.to_no)
    for path, cost in right.to_no.items():
        to_no[path] = min(cost, to_no.get(path, math.inf))
    return Judged(
        answer=answer,
        facts=tuple(fact for part in deciding for fact in part.facts),
        cost_yes=left.cost_yes + right.cost_yes,
        cost_no=min(left.cost_no, right.cost_no),
        to_yes=to_yes,
        to_no=to_no,
    )


def parse(text: str) -> ast.expr:
    """The condition as a tree.

    Raises:
        Refused: anything but names, `and`, `or`, `not` and brackets.
    """
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):
        raise Refused(f"The condition '{text}' is not names joined by and, or, not.", where="guidelines") from None
    for node in ast.walk(tree):
        if not isinstance(node, (ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.Name, ast.Load)):
            raise Refused(f"The condition '{text}' is not names joined by and, or, not.", where="guidelines")
    return tree


def names_in(tree: ast.expr) -> frozenset[str]:
    """The findings and rules that a condition mentions."""
    return frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))


def judge(tree: ast.expr, lookup: Callable[[str], Judged]) -> Judged:
    """Answer a parsed condition by Kleene's logic; `lookup` answers each name."""
    match tree:
        case ast.Name(id=name):
            return lookup(name)
        case ast.UnaryOp(operand=operand):
            return judge(operand, lookup).opposite()
        case ast.BoolOp(op=operator, values=values):
            parts = [judge(value, lookup) for value in values]
            if isinstance(operator, ast.And):
                return reduce(conjunction, parts)
            return reduce(conjunction, [part.opposite() for part in parts]).opposite()
        case _:
            raise Refused("A condition holds something other than names, and, or, not.", where="guidelines")


def numbered(tree: ast.expr) -> Numbered:
    """The condition without its reasons: a function from the names' answers as numbers to its own.

    A name is looked up only where it can still matter, from left to right.
    """
    match tree:
        case ast.Name(id=name):
            return itemgetter(name)
        case ast.UnaryOp(operand=operand):
            inner = numbered(operand)
            return lambda numbers: 2 - inner(numbers)
        case ast.BoolOp(op=operator, values=values):
            combined = _lesser if isinstance(operator, ast.And) else _greater
            return reduce(combined, [numbered(value) for value in values])
        case _:
            raise Refused("A condition holds something other than names, and, or, not.", where="guidelines")


def _lesser(left: Numbered, right: Numbered) -> Numbered:
    def least(numbers: Mapping[str, int]) -> int:
        first = left(numbers)
        if first == 0:
            return 0
        second = right(numbers)
        return first if first < second else second  # the built-in min takes twice as long

    return least


def _greater(left: Numbered, right: Numbered) -> Numbered:
    def greatest(numbers: Mapping[str, int]) -> int:
        first = left(numbers)
        if first == 2:
            return 2
        second = right(numbers)
        return first if first > second else second

    return greatest
