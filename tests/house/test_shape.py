"""The house stays readable: short files, functions that fit on a screen, explained modules, clean locks."""

import ast
import re
from importlib.metadata import distribution, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import vertebroplasty

ROOT = Path(vertebroplasty.__file__).parent
PROJECT = ROOT.parents[1]
MODULES = sorted(ROOT.rglob("*.py"))
LONGEST_FILE, LONGEST_FUNCTION = 350, 60


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_is_one_idea(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_FILE
    tree = ast.parse(text)
    assert ast.get_docstring(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno < LONGEST_FUNCTION, f"{node.name} does not fit on a screen"


def test_lock_files_carry_versions_and_hashes_only():
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (PROJECT / name).read_text(encoding="utf-8")
        assert "://" not in text
        assert "--hash=sha256:" in text


def closure(name: str, extras: frozenset[str] = frozenset()) -> set[str]:
    """Every distribution that installing `name[extras]` brings along."""
    seen: set[tuple[str, frozenset[str]]] = set()
    todo = [(name, extras)]
    while todo:
        package, wanted = todo.pop()
        if (package, wanted) in seen:
            continue
        seen.add((package, wanted))
        for line in requires(package) or []:
            requirement = Requirement(line)
            environments = [{"extra": extra} for extra in wanted] or [{"extra": ""}]
            if requirement.marker is None or any(requirement.marker.evaluate(e) for e in environments):
                todo.append((re.sub(r"[-_.]+", "-", requirement.name).lower(), frozenset(requirement.extras)))
    return {package for package, _ in seen}


def test_nothing_installed_by_our_extras_is_gpl():
    for package in closure("vertebroplasty", frozenset({"codecs"})):
        meta = distribution(package).metadata
        words = " ".join(
            [meta.get("License-Expression") or "", meta.get("License") or ""][:1] + meta.get_all("Classifier", [])
        )
        assert not re.search(
            r"(?<!L)GPL|General Public License v", words.replace("Lesser General Public License v", "")
        ), package


def test_the_core_is_small():
    assert len(closure("vertebroplasty")) <= 30
