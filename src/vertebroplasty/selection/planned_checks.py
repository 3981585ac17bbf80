"""Checks around the procedure that the documents ask for: which hold for this level, which are done, which are open."""

import ast
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from vertebroplasty.errors import Refused
from vertebroplasty.selection.claims import Claim, claim
from vertebroplasty.selection.expression import Judged, judge, judged_fact, names_in, parse
from vertebroplasty.selection.findings.check_facts import PLANNED_FACTS
from vertebroplasty.selection.findings.register import FINDINGS
from vertebroplasty.selection.kleene import Answer
from vertebroplasty.selection.situation import Fact, Situation

__all__ = ["Check", "PlannedCheck", "TaskState", "When", "all_checks", "planned_checks"]

ANSWERED_BY: Mapping[str, Callable[[Situation], Fact]] = {**FINDINGS, **PLANNED_FACTS}
EVERY_LEVEL = Fact(Answer.YES, "this holds for every level")
NOT_RECORDED = Fact(Answer.UNKNOWN, "the patient file has no place for it")


class When(StrEnum):
    """When a check falls due."""

    BEFORE_DECISION = "before-decision"
    BEFORE_PROCEDURE = "before-procedure"
    DURING = "during"
    AFTER = "after"


class TaskState(StrEnum):
    """What is left to do of a check.

    `to-confirm`: needed, and nothing says whether it is done.  `perhaps-needed`: nothing says whether it is needed.
    `reminder`: needed, and due only during or after the procedure.
    """

    NOT_NEEDED = "not-needed"
    DONE = "done"
    OPEN = "open"
    TO_CONFIRM = "to-confirm"
    PERHAPS_NEEDED = "perhaps-needed"
    REMINDER = "reminder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check as the documents ask for it.

    `applies` and `done` are conditions over findings; empty, the check holds for every level, or nothing records it.
    `stress` is added where the finding `stress_where` answers yes.  `verified` tells whether the sources were read.
    """

    id: str
    when: When
    task: str
    sources: tuple[str, ...]
    verified: bool
    applies: str = ""
    done: str = ""
    stress_where: str = ""
    stress: str = ""
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCheck:
    """One check on one level: does it hold, is it done, and because of what.

    `stress` is empty where nothing makes the task more pressing here; `missing` holds the paths in the patient file
    that would settle what is unknown, none where the file has no place for it.
    """

    id: str
    when: When
    task: str
    stress: str
    applies: Answer
    applies_because: str
    done: Answer
    done_because: str
    missing: tuple[str, ...]
    claims: tuple[Claim, ...]
    sources: tuple[str, ...]
    verified: bool

    @property
    def state(self) -> TaskState:
        """What is left to do; nothing unknown is ever taken for done or for not needed."""
        if self.applies is Answer.NO:
            return TaskState.NOT_NEEDED
        if self.done is Answer.YES:
            return TaskState.DONE
        if self.applies is Answer.UNKNOWN:
            return TaskState.PERHAPS_NEEDED
        if self.when in (When.DURING, When.AFTER):
            return TaskState.REMINDER
        return TaskState.OPEN if self.done is Answer.NO else TaskState.TO_CONFIRM


@cache
def all_checks() -> tuple[Check, ...]:
    """Every check, in the order in which they fall due.

    Raises:
        Refused: a condition mentions a finding that does not exist.
    """
    text = files("vertebroplasty.selection").joinpath("planned_checks.toml").read_text(encoding="utf-8")
    checks = tuple(_check(entry) for entry in tomllib.loads(text)["check"])
    for check in checks:
        for condition in filter(None, (check.applies, check.done, check.stress_where)):
            strange = sorted(names_in(_parsed(condition)) - set(ANSWERED_BY))
            if strange:
                raise Refused(f"Check {check.id} mentions {strange[0]}, which no finding answers.", where=check.id)
    return checks


def planned_checks(situation: Situation) -> tuple[PlannedCheck, ...]:
    """Every check answered for one level, in the order in which they fall due."""
    found: dict[str, Judged] = {}

    def lookup(name: str) -> Judged:
        if name not in found:
            found[name] = judged_fact(ANSWERED_BY[name](situation))
        return found[name]

    return tuple(_answered(check, lookup) for check in all_checks())


@cache
def _parsed(text: str) -> ast.expr:
    return parse(text)


def _check(entry: dict[str, object]) -> Check:
    fields = dict(entry)
    when, sources = When(str(fields.pop("when"))), fields.pop("sources")
    named = tuple(claim(id) for id in fields.pop("claims", ()))  # type: ignore[attr-defined]
    return Check(**fields, when=when, sources=tuple(sources), claims=named)  # type: ignore[arg-type]


def _answered(check: Check, lookup: Callable[[str], Judged]) -> PlannedCheck:
    applies = judge(_parsed(check.applies), lookup) if check.applies else judged_fact(EVERY_LEVEL)
    done = judge(_parsed(check.done), lookup) if check.done else judged_fact(NOT_RECORDED)
    stressed = bool(check.stress_where) and judge(_parsed(check.stress_where), lookup).answer is Answer.YES
    unknown = [part for part in (applies, done) if part.answer is Answer.UNKNOWN]
    settled = applies.answer is Answer.NO or done.answer is Answer.YES
    paths = () if settled else (path for part in unknown for fact in part.facts for path in fact.missing)
    return PlannedCheck(
        id=check.id,
        when=check.when,
        task=check.task,
        stress=check.stress if stressed else "",
        applies=applies.answer,
        applies_because=applies.because,
        done=done.answer,
        done_because=done.because,
        missing=tuple(dict.fromkeys(paths)),
        claims=check.claims,
        sources=check.sources,
        verified=check.verified,
    )
