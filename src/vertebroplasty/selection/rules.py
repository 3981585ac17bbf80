"""The rules as data: one file a guideline, each rule with its sentence, effect, condition, scope and sources."""

import ast
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from vertebroplasty.errors import Refused
from vertebroplasty.selection.expression import Judged, conjunction, judge, judged_fact, names_in, parse
from vertebroplasty.selection.imaging_facts import IMAGING_FACTS
from vertebroplasty.selection.kleene import Answer
from vertebroplasty.selection.level_facts import LEVEL_FACTS
from vertebroplasty.selection.patient_facts import PATIENT_FACTS
from vertebroplasty.selection.situation import Fact, Situation
from vertebroplasty.selection.strictness import Effect

__all__ = [
    "FINDINGS",
    "FOUNDING",
    "Guideline",
    "Rule",
    "all_rules",
    "answer_rules",
    "guideline_names",
    "load_guidelines",
]

FOUNDING = "founding_documents"  # always applied; every other guideline is an optional addition
FINDINGS: Mapping[str, Callable[[Situation], Fact]] = {**LEVEL_FACTS, **PATIENT_FACTS, **IMAGING_FACTS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of a guideline.

    `condition` and `scope` are expressions over findings and the ids of earlier rules; outside its scope a rule answers
    no.  A `deciding` rule that is unknown holds the verdict at insufficient data.  `task` is what a yes asks for,
    unless the finding named by `task_unless` says it is done; `lead` is what a yes puts before the verdict on the
    first line.  `verified` tells whether the source was read.
    """

    id: str
    guideline: str
    sentence: str
    effect: Effect
    condition: str
    sources: tuple[str, ...]
    verified: bool
    deciding: bool
    scope: str = ""
    overridable: bool = False
    lead: str = ""
    task: str = ""
    task_unless: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guideline:
    """A versioned set of rules."""

    id: str
    version: str
    title: str
    rules: tuple[Rule, ...]


def guideline_names() -> tuple[str, ...]:
    """Names of the guideline files, the founding documents first."""
    folder = files("vertebroplasty.selection").joinpath("guidelines")
    names = {entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")}
    return (FOUNDING, *sorted(names - {FOUNDING}))


def load_guidelines(extra: Iterable[str] = ()) -> tuple[Guideline, ...]:
    """The founding documents' rules and those of the guidelines named.

    Raises:
        Refused: no guideline of that name.
    """
    names = dict.fromkeys((FOUNDING, *(name.replace("-", "_") for name in extra)))
    unknown = [name for name in names if name not in guideline_names()]
    if unknown:
        known = ", ".join(guideline_names())
        raise Refused(f"There is no guideline {unknown[0]}: choose from {known}.", where="--guidelines")
    return tuple(_read(name) for name in names)


def all_rules() -> tuple[Rule, ...]:
    """Every rule of every guideline, the founding documents first."""
    return tuple(rule for name in guideline_names() for rule in _read(name).rules)


@cache
def _read(name: str) -> Guideline:
    path = files("vertebroplasty.selection").joinpath("guidelines", f"{name}.toml")
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    rules = tuple(_rule(entry, guideline=table["id"]) for entry in table["rule"])
    known = set(FINDINGS)
    for rule in rules:
        used = names_in(_parsed(rule.condition)) | (names_in(_parsed(rule.scope)) if rule.scope else frozenset())
        strange = sorted((used | ({rule.task_unless} - {""})) - known)
        if strange:
            raise Refused(
                f"Rule {rule.id} mentions {strange[0]}, which no finding or earlier rule answers.", where=name
            )
        known.add(rule.id)
    return Guideline(id=table["id"], version=table["version"], title=table["title"], rules=rules)


def _rule(entry: dict[str, object], *, guideline: str) -> Rule:
    fields = dict(entry)
    effect, sources = Effect(str(fields.pop("effect"))), fields.pop("sources")
    return Rule(**fields, guideline=guideline, effect=effect, sources=tuple(sources))  # type: ignore[arg-type]


@cache
def _parsed(text: str) -> ast.expr:
    return parse(text)


def answer_rules(rules: Iterable[Rule], situation: Situation) -> dict[str, Judged]:
    """Answer every rule for one level, in order; later rules may build on earlier ones."""
    answers: dict[str, Judged] = {}

    def lookup(name: str) -> Judged:
        return answers[name] if name in answers else judged_fact(FINDINGS[name](situation))

    for rule in rules:
        condition = judge(_parsed(rule.condition), lookup)
        if rule.scope:
            scope = judge(_parsed(rule.scope), lookup)
            outside = scope.answer is Answer.NO
            condition = scope if outside else conjunction(scope, condition)
        answers[rule.id] = condition
    return answers
