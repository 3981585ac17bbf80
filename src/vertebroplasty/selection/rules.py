"""The rules as data: one file a guideline, each rule with its sentence, effect, condition, scope and sources."""

import ast
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from importlib.resources import files

from vertebroplasty.errors import Refused, WrongUsage
from vertebroplasty.selection.expression import names_in, parse
from vertebroplasty.selection.findings.register import FINDINGS
from vertebroplasty.selection.strictness import Effect

__all__ = [
    "FINDINGS",
    "FOUNDING",
    "Applies",
    "Guideline",
    "Rule",
    "all_rules",
    "canonical_names",
    "guideline_names",
    "load_guidelines",
]

FOUNDING = "founding_documents"


class Applies(StrEnum):
    """When a guideline is evaluated, and whether it then decides.

    `always`: decides in every screening.  `shown`: its answers and cautions are listed in every screening, but it
    decides only where it is named.  `when-named`: it is not evaluated unless it is named, and then decides.
    """

    ALWAYS = "always"
    SHOWN = "shown"
    WHEN_NAMED = "when-named"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of a guideline.

    `condition` and `scope` are expressions over findings and the ids of earlier rules; outside its scope a rule answers
    no.  A `deciding` rule that is unknown holds the verdict at insufficient data.  `task` is what a yes asks for,
    unless the finding named by `task_unless` says it is done; `lead` is what a yes puts behind the verdict on the
    first line while its task is open.  `note` says where the sources disagree.  `verified` tells whether the source
    was read.
    """

    id: str
    guideline: str
    sentence: str
    effect: Effect
    condition: str
    sources: tuple[str, ...]
    verified: bool
    deciding: bool = False
    scope: str = ""
    overridable: bool = False
    lead: str = ""
    task: str = ""
    task_unless: str = ""
    note: str = ""

    @property
    def tree(self) -> ast.expr:
        """Scope and condition as one parsed condition."""
        return _parsed(f"({self.scope}) and ({self.condition})" if self.scope else self.condition)

    @property
    def decides(self) -> bool:
        """Whether it can move a verdict at all: a caution cannot."""
        return self.effect is not Effect.CAUTION


@dataclass(frozen=True, slots=True, kw_only=True)
class Guideline:
    """A versioned set of rules; `decides` tells whether its rules can move the verdict of this screening."""

    id: str
    version: str
    title: str
    applies: Applies
    rules: tuple[Rule, ...]
    decides: bool


def guideline_names() -> tuple[str, ...]:
    """Names of the guideline files, the founding documents first."""
    folder = files("vertebroplasty.selection").joinpath("guidelines")
    names = {entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")}
    return (FOUNDING, *sorted(names - {FOUNDING}))


def canonical_names(named: Iterable[str]) -> frozenset[str]:
    """Guideline names as their files are called: `-` and `_` are one; letter case and order do not matter."""
    return frozenset(name.strip().lower().replace("-", "_") for name in named)


def load_guidelines(named: Iterable[str] = ()) -> tuple[Guideline, ...]:
    """The guidelines to evaluate: those that always apply, those shown, and those named.

    They stand in the order of their names, the founding documents first, whatever the order in which they are named.

    Raises:
        WrongUsage: no guideline of that name.
    """
    wanted, known = canonical_names(named), guideline_names()
    unknown = sorted(wanted - set(known))
    if unknown:
        name = unknown[0] or "without a name"
        raise WrongUsage(f"There is no guideline {name}: choose from {', '.join(known)}.", where="--guidelines")
    guidelines = (replace(_read(name), decides=True) if name in wanted else _read(name) for name in known)
    return tuple(g for g in guidelines if g.decides or g.applies is not Applies.WHEN_NAMED)


def all_rules() -> tuple[Rule, ...]:
    """Every rule of every guideline, the founding documents first."""
    return tuple(rule for name in guideline_names() for rule in _read(name).rules)


@cache
def _read(name: str) -> Guideline:
    """One guideline as it stands when nobody names it; its conditions may mention the founding documents' rules."""
    path = files("vertebroplasty.selection").joinpath("guidelines", f"{name}.toml")
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    rules = tuple(_rule(entry, guideline=table["id"]) for entry in table["rule"])
    known = set(FINDINGS) | ({rule.id for rule in _read(FOUNDING).rules} if name != FOUNDING else set())
    for rule in rules:
        strange = sorted((names_in(rule.tree) | ({rule.task_unless} - {""})) - known)
        if strange:
            raise Refused(
                f"Rule {rule.id} mentions {strange[0]}, which no finding or earlier rule answers.", where=name
            )
        if rule.id in known:
            raise Refused(f"Two rules or findings are called {rule.id}.", where=name)
        if rule.deciding and not rule.decides:
            raise Refused(f"Rule {rule.id} is a caution, so no verdict can wait for it.", where=name)
        known.add(rule.id)
    applies = Applies(table["applies"])
    return Guideline(
        id=table["id"],
        version=table["version"],
        title=table["title"],
        applies=applies,
        rules=rules,
        decides=applies is Applies.ALWAYS,
    )


def _rule(entry: dict[str, object], *, guideline: str) -> Rule:
    fields = dict(entry)
    effect, sources = Effect(str(fields.pop("effect"))), fields.pop("sources")
    return Rule(**fields, guideline=guideline, effect=effect, sources=tuple(sources))  # type: ignore[arg-type]


@cache
def _parsed(text: str) -> ast.expr:
    return parse(text)
