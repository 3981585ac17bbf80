"""What a patient is told before agreeing: benefit, risk, alternatives, afterwards, with figures and denominators."""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from vertebroplasty.selection.claims import Ascertainment, Claim, DenominatorType, claim
from vertebroplasty.selection.coded_values import Aetiology, Anaesthesia
from vertebroplasty.selection.patient import Planned

__all__ = ["ConsentKind", "ConsentPoint", "PlanScope", "all_consent_points", "consent_points"]

LOOKED = {
    Ascertainment.FLUOROSCOPY: "seen on fluoroscopy",
    Ascertainment.RADIOGRAPH: "seen on radiographs",
    Ascertainment.CT: "seen on CT",
    Ascertainment.CLINICAL_ONLY: "from what patients report",
}


class ConsentKind(StrEnum):
    """What a consent point speaks of, in the order of a conversation."""

    BENEFIT = "benefit"
    ALTERNATIVE = "alternative"
    PROCEDURE = "procedure"
    RISK = "risk"
    AFTERWARDS = "afterwards"


class PlanScope(StrEnum):
    """Which plan a consent point belongs to."""

    ANY = "any"
    SEVERAL_LEVELS = "several-levels"
    LOCAL_ANAESTHESIA = "local-anaesthesia"
    GENERAL_ANAESTHESIA = "general-anaesthesia"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentPoint:
    """One thing to say; `claims` hold its figures, side by side, each with population and denominator.

    Without claims no source gives a figure, and `sentence` says so.  `aetiologies` empty: it holds for all of them.
    """

    id: str
    kind: ConsentKind
    heading: str
    sentence: str
    claims: tuple[Claim, ...]
    sources: tuple[str, ...]
    aetiologies: frozenset[Aetiology]
    plan: PlanScope

    @property
    def figures(self) -> tuple[str, ...]:
        """Each claim in a line: the statement, how it was looked for where that is known, and its source."""
        return tuple(_line(entry) for entry in self.claims)


def _line(entry: Claim) -> str:
    counted = "what was counted is not stated"
    if entry.denominator.type is not DenominatorType.NOT_STATED:
        counted = f"counted: {entry.denominator}"
    looked = "" if entry.ascertainment is Ascertainment.NOT_STATED else f"; {LOOKED[entry.ascertainment]}"
    about = f"{entry.population}; {counted}{looked}" if entry.figure else entry.population
    read = "" if entry.verified else ", not read"
    return f"{entry.statement} ({about}) [{entry.source}{read}]"


@cache
def all_consent_points() -> tuple[ConsentPoint, ...]:
    """Every consent point, in the order of a conversation."""
    path = files("vertebroplasty.selection").joinpath("consent.toml")
    return tuple(_point(row) for row in tomllib.loads(path.read_text(encoding="utf-8"))["point"])


def _point(row: dict[str, Any]) -> ConsentPoint:
    cited = tuple(claim(id) for id in row.get("claims", ()))
    return ConsentPoint(
        id=row["id"],
        kind=ConsentKind(row["kind"]),
        heading=row["heading"],
        sentence=row["sentence"],
        claims=cited,
        sources=tuple(dict.fromkeys([*row.get("sources", ()), *(entry.source for entry in cited)])),
        aetiologies=frozenset(Aetiology(word) for word in row.get("aetiologies", ())),
        plan=PlanScope(row.get("plan", PlanScope.ANY)),
    )


def consent_points(aetiology: Aetiology | None, planned: Planned | None = None) -> tuple[ConsentPoint, ...]:
    """What to say before treating a vertebra of this aetiology as planned.

    A point is left out only where the aetiology or the plan rules it out; what is not known keeps it in.
    """
    plan = planned or Planned()
    return tuple(
        point for point in all_consent_points() if _of_aetiology(point, aetiology) and _of_plan(point.plan, plan)
    )


def _of_aetiology(point: ConsentPoint, aetiology: Aetiology | None) -> bool:
    return aetiology is None or not point.aetiologies or aetiology in point.aetiologies


def _of_plan(scope: PlanScope, plan: Planned) -> bool:
    if scope is PlanScope.SEVERAL_LEVELS:
        return plan.levels is None or len(plan.levels) > 1
    if scope is PlanScope.LOCAL_ANAESTHESIA:
        return plan.anaesthesia is not Anaesthesia.GENERAL
    if scope is PlanScope.GENERAL_ANAESTHESIA:
        return plan.anaesthesia is not Anaesthesia.LOCAL
    return True
