"""Cases to practise on without a patient: three synthetic spines, with what their screening says."""

import json
from dataclasses import dataclass, replace
from typing import Any

from vertebroplasty.anatomy.levels import Level
from vertebroplasty.case.demonstration import DEMO_LEVEL, DEMO_PATIENT
from vertebroplasty.case.steps import screen_levels
from vertebroplasty.documents.patient import parse_patient
from vertebroplasty.phantom import Breach, Cleft, SpinePhantom, demo_patient
from vertebroplasty.selection.patient import Patient
from vertebroplasty.selection.screening import Screening

__all__ = ["BUILT_IN", "BuiltIn", "built_in_verdict", "verdict_of"]


@dataclass(frozen=True, eq=False, kw_only=True)
class BuiltIn:
    """A synthetic spine with a fractured L2: what it is for, its shape, and what its patient answers differently."""

    name: str
    sentence: str
    breaches: tuple[Breach, ...] = ()
    cleft: Cleft | None = None
    answers: tuple[tuple[str, Any], ...] = ()

    def phantom(self) -> SpinePhantom:
        """The spine, in a small field of view."""
        whole = demo_patient()
        shape = replace(whole.levels[DEMO_LEVEL], breaches=self.breaches, cleft=self.cleft)
        return replace(whole, levels={**whole.levels, DEMO_LEVEL: shape}, trunk=None)

    def level(self) -> Level:
        """The fractured level on its CT."""
        return self.phantom().build()[1][DEMO_LEVEL]

    def patient(self) -> Patient:
        """The patient's answers."""
        told: dict[str, Any] = json.loads(json.dumps(DEMO_PATIENT))
        told["levels"][DEMO_LEVEL] |= dict(self.answers)
        return parse_patient(json.dumps(told).encode())


EASY = BuiltIn(name="easy", sentence="wedge fracture with its cortex intact")
BREACH = BuiltIn(
    name="breach",
    sentence="holes of 6 mm in the posterior wall and 5 mm in the left side",
    breaches=(
        Breach(toward="canal", at_mm=(-6.0, 0.0), diameter_mm=6.0),
        Breach(toward="left", at_mm=(4.0, 0.0), diameter_mm=5.0),
    ),
    answers=(("posterior_wall", "breached"),),
)
CLEFT = BuiltIn(
    name="cleft",
    sentence="gas-filled cleft below the upper endplate",
    cleft=Cleft(centre_mm=(0.0, 5.0, 5.0), half_axes_mm=(12.0, 7.0, 1.5)),
)
BUILT_IN = {case.name: case for case in (EASY, BREACH, CLEFT)}


def verdict_of(screening: Screening) -> tuple[str, str]:
    """The verdict of one screened level and its first line for people."""
    found = screening.levels[0]
    return found.verdict.value, found.first_line


def built_in_verdict(case: BuiltIn) -> tuple[str, str]:
    """What the screening says of a built-in case's patient, without measuring the CT."""
    return verdict_of(screen_levels(case.patient(), {}, levels=(DEMO_LEVEL,)))
