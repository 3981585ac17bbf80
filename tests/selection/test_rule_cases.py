"""The cases are sharp: a rule with any part left out, turned round or joined otherwise fails one of its own cases."""

import ast
import copy
from collections.abc import Iterator

import pytest

from rule_cases import GOLDEN
from screening_cases import COMPONENTS, LEVEL, PRODUCT, patient
from vertebroplasty.selection.expression import judge, judged_fact, parse
from vertebroplasty.selection.findings.register import FINDINGS
from vertebroplasty.selection.measured import MeasuredFindings
from vertebroplasty.selection.rules import all_rules
from vertebroplasty.selection.situation import Situation

RULES = {rule.id: rule for rule in all_rules()}


def whole(rule):
    """Scope and condition as one expression."""
    return f"({rule.scope}) and ({rule.condition})" if rule.scope else rule.condition


def answer(text, case, changes):
    who = patient(case.base, **changes)
    level = changes.get("at", LEVEL)
    situation = Situation(
        level=level,
        patient=who,
        findings=who.levels[level],
        measured=MeasuredFindings(),
        product=PRODUCT,
        required_components=COMPONENTS,
    )

    def lookup(name):
        return judge(parse(whole(RULES[name])), lookup) if name in RULES else judged_fact(FINDINGS[name](situation))

    return judge(parse(text), lookup).answer.value


def altered(text) -> Iterator[str]:
    """The expression with one joint changed, one part left out, or one name negated."""
    tree = ast.parse(text, mode="eval")
    for number, node in enumerate(ast.walk(tree)):
        if isinstance(node, ast.BoolOp):
            joined = copy.deepcopy(tree)
            twin = list(ast.walk(joined))[number]
            twin.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield ast.unparse(joined)
            for part in range(len(node.values)):
                shorter = copy.deepcopy(tree)
                twin = list(ast.walk(shorter))[number]
                del twin.values[part]
                twin.values += twin.values[:1]  # an operator needs two
                yield ast.unparse(shorter)
        if isinstance(node, ast.Name):
            turned = copy.deepcopy(tree)
            list(ast.walk(turned))[number].id = f"(not {node.id})"
            yield ast.unparse(turned)


def noticed(text, cases) -> bool:
    return any(
        answer(text, case, changes) != wanted
        for case in cases
        for wanted, changes in (("yes", case.yes), ("no", case.no), ("unknown", case.unknown))
        if changes is not None
    )


@pytest.mark.parametrize("rule", RULES)
def test_no_part_of_a_rule_can_change_unnoticed(rule):
    own = [case for case in GOLDEN if case.rule == rule]
    text = whole(RULES[rule])
    assert not noticed(text, own)
    assert [change for change in altered(text) if not noticed(change, own)] == []
