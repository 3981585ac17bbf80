"""No number of the rules and scores without a source: in their sentences, in the tables, and in the code."""

import ast
import re
import tokenize
import tomllib
from pathlib import Path

import pytest

import vertebroplasty
from vertebroplasty.sources import CHOICE, EXACT, all_sources

ROOM = Path(vertebroplasty.__file__).parent / "selection"
MODULES = sorted(ROOM.rglob("*.py"))
GUIDELINES = sorted((ROOM / "guidelines").glob("*.toml"))
KEY = re.compile(r"#\s*\[([^\]]+)\]")
NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w⁹])")  # not the digits of T11, A1, 1c or 10⁹
PLAIN = {0, 1, 2, 0.5, 100}  # sides, signs, halves, percent
SMALL = 10  # whole numbers up to here may count or name grades within a function


def cited(path: Path) -> list[tuple[ast.stmt, set[str]]]:
    """Each top-level statement with the citation keys beside it or on the line before."""
    with path.open("rb") as stream:
        said = {t.start[0]: t.string for t in tokenize.tokenize(stream.readline) if t.type == tokenize.COMMENT}
    found = []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        lines = range(node.lineno - 1, (node.end_lineno or node.lineno) + 1)
        keys = {key.strip() for line in lines for text in KEY.findall(said.get(line, "")) for key in text.split(",")}
        found.append((node, keys & {*all_sources(), CHOICE, EXACT}))
    return found


def literals(node: ast.AST) -> list[ast.Constant]:
    """Number literals below a node, without the plain ones."""
    return [
        n
        for n in ast.walk(node)
        if isinstance(n, ast.Constant)
        and isinstance(n.value, int | float)
        and not isinstance(n.value, bool)
        and n.value not in PLAIN
    ]


def unsourced(path: Path) -> list[str]:
    """Numbers that neither a named constant nor a citation stands for."""
    wrong = []
    for node, keys in cited(path):
        inside = isinstance(node, ast.FunctionDef | ast.ClassDef)
        for number in literals(node):
            counts = isinstance(number.value, int) and number.value <= SMALL
            if not (counts if inside else keys):
                wrong.append(f"{path.name}:{number.lineno} {number.value}")
    return wrong


def known_numbers() -> dict[float, set[str]]:
    """Every number at the top of a module of the room, with the keys that stand beside it."""
    found: dict[float, set[str]] = {}
    for path in MODULES:
        for node, keys in cited(path):
            if isinstance(node, ast.Assign | ast.AnnAssign):
                for n in ast.walk(node):
                    if isinstance(n, ast.Constant) and isinstance(n.value, int | float):
                        found.setdefault(float(n.value), set()).update(keys)
    return found


KNOWN = known_numbers()


def numbers_without_source(rule: dict[str, object]) -> list[str]:
    """Numbers in a rule's words that no constant of the room cites from one of the rule's own sources."""
    words = " ".join(str(rule.get(key, "")) for key in ("sentence", "task", "lead"))
    sources = set(rule["sources"])
    return [n for n in NUMBER.findall(words) if not KNOWN.get(float(n), set()) & sources]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOM)))
def test_no_number_in_the_code_is_without_a_name_and_a_source(path):
    assert unsourced(path) == []


@pytest.mark.parametrize("path", GUIDELINES, ids=lambda p: p.name)
def test_every_number_in_a_rule_is_a_constant_cited_from_the_rules_own_sources(path):
    for rule in tomllib.loads(path.read_text(encoding="utf-8"))["rule"]:
        assert numbers_without_source(rule) == [], rule["id"]


def test_every_statement_of_the_evidence_has_its_source():
    for path in (ROOM / "evidence").glob("*.toml"):
        for claim in tomllib.loads(path.read_text(encoding="utf-8"))["claim"]:
            assert claim["source"] in all_sources()


def test_questions_hold_no_number_of_their_own():
    table = tomllib.loads((ROOM / "questions.toml").read_text(encoding="utf-8"))
    assert [key for key, fields in table.items() if NUMBER.findall(" ".join(fields.values()))] == []


def test_a_number_out_of_nowhere_would_be_found(tmp_path):
    rule = {"sentence": "A fragment takes more than 35 % of the canal at L3.", "sources": ["S4"]}
    assert numbers_without_source(rule) == ["35"]
    assert numbers_without_source({**rule, "sentence": "More than 20 %.", "sources": ["S1"]}) == ["20"]
    naked = tmp_path / "naked.py"
    naked.write_text("LIMITS = {'a': 3.5}\ndef f(x):\n    return x > 7.5\n", encoding="utf-8")
    assert unsourced(naked) == ["naked.py:1 3.5", "naked.py:3 7.5"]
