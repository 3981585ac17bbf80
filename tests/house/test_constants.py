"""A number is a claim: every module-level constant says where it comes from, and every key leads to a source."""

import ast
import json
import re
import tokenize
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import vertebroplasty
from vertebroplasty.sources import CHOICE, EXACT, all_sources

ROOT = Path(vertebroplasty.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))
KEY = re.compile(r"#\s*\[([^\]]+)\]")


def numeric(node: ast.expr) -> bool:
    """A literal number, or arithmetic and collections made of nothing but numbers."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int | float) and not isinstance(node.value, bool)
    if isinstance(node, ast.UnaryOp):
        return numeric(node.operand)
    if isinstance(node, ast.BinOp):
        return numeric(node.left) and numeric(node.right)
    if isinstance(node, ast.Tuple | ast.List):
        return bool(node.elts) and all(numeric(element) for element in node.elts)
    return False


def constants(path: Path) -> list[tuple[str, int, int]]:
    """Name, first and last line of every module-level numeric constant."""
    found = []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None and numeric(node.value):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)]
            found += [
                (name, node.lineno, node.end_lineno) for name in names if name.isupper() and not name.startswith("_")
            ]
    return found


def comments(path: Path) -> dict[int, str]:
    with path.open("rb") as stream:
        return {t.start[0]: t.string for t in tokenize.tokenize(stream.readline) if t.type == tokenize.COMMENT}


def unsourced(path: Path) -> list[str]:
    said = comments(path)
    wrong = []
    for name, first, last in constants(path):
        keys = [k for line in range(first - 1, last + 1) for k in KEY.findall(said.get(line, ""))]
        listed = [key.strip() for found in keys for key in found.split(",")]
        if not listed or any(key not in all_sources() and key not in (CHOICE, EXACT) for key in listed):
            wrong.append(f"{path.relative_to(ROOT)}:{first} {name} {listed}")
    return wrong


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_constant_names_its_source(path):
    assert unsourced(path) == []


def test_an_unsourced_constant_would_be_found(tmp_path):
    naked = tmp_path / "naked.py"
    naked.write_text("LIMIT_KPA = 3215.0\n", encoding="utf-8")
    assert constants(naked)
    assert not KEY.search(comments(naked).get(1, ""))


def source_keys(node: object) -> list[str]:
    """Every value of a `source` or `sources` key in a data file."""
    if isinstance(node, dict):
        own = [node[k] for k in ("source", "sources") if k in node]
        flat = [key for value in own for key in ([value] if isinstance(value, str) else value) if isinstance(key, str)]
        return flat + [key for value in node.values() for key in source_keys(value)]
    if isinstance(node, list):
        return [key for value in node for key in source_keys(value)]
    return []


def holds_numbers(node: object) -> bool:
    if isinstance(node, dict | list):
        return any(holds_numbers(value) for value in (node.values() if isinstance(node, dict) else node))
    return isinstance(node, int | float) and not isinstance(node, bool)


@pytest.mark.parametrize(
    "path",
    sorted(p for p in ROOT.rglob("*.toml") if p.name != "sources.toml" and p.parent.name != "texts")
    + sorted(ROOT.rglob("*.json")),
    ids=lambda p: str(p.relative_to(ROOT)),
)
def test_data_tables_cite_known_sources(path):
    text = path.read_text(encoding="utf-8")
    table = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    keys = source_keys(table)
    assert keys or not holds_numbers(table)
    assert set(keys) <= set(all_sources()) | {CHOICE, EXACT}


def test_rooms_cite_known_sources_and_say_what_they_leave_out():
    rooms = ("anatomy", "selection", "needle", "fluoroscopy", "cement", "strength")
    for room in rooms:
        module = import_module(f"vertebroplasty.{room}")
        assert set(module.SOURCES) <= set(all_sources()), room
        assert module.NOT_MODELLED, room
        assert all(sentence.endswith(".") for sentence in module.NOT_MODELLED), room


def test_sources_from_memory_are_not_called_verified():
    assert all(not s.verified for s in all_sources().values() if s.opened == "memory")
