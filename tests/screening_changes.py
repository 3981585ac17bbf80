"""Every single change that a patient file or a CT can show, and patients a few such changes away from a known one."""

from dataclasses import fields, is_dataclass, replace
from datetime import date
from enum import StrEnum
from types import UnionType
from typing import get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from screening_cases import FINDINGS, LEVEL, patient
from vertebroplasty.selection.coded_values import SinsCollapse, SinsLesion, SinsPain
from vertebroplasty.selection.measured import MeasuredFindings
from vertebroplasty.selection.patient import Agent, Coagulation, LevelFindings, Patient, Planned, SinsItems
from vertebroplasty.selection.rules import FOUNDING, guideline_names

# On both sides of every limit that a rule sets.
NUMBERS = {
    "pain_nrs": [0.0, 5.0, 9.0],
    "conservative_treatment_weeks": [1.0, 5.9, 6.0, 12.0],
    "fracture_age_days": [20.0, 100.0, 365.0, 400.0],
    "canal_compromise_percent": [5.0, 19.0, 20.0, 21.0, 40.0],
    "canal_plus_minus_percent": [1.0, 6.0],
    "height_loss_percent": [10.0, 66.0, 68.0, 75.0],
    "height_loss_plus_minus_percent": [1.0, 6.0],
    "retropulsion_mm": [0.0, 6.0],
    "inr": [1.0, 1.6, 1.8, 2.5],
    "platelets_10e9_per_l": [20.0, 50.0, 200.0],
    "volume_ml_per_level": [1.0, 3.0, 7.0],
    "age_years": [50.0, 80.0],
}
WHOLE = {
    "agents": [(), (Agent(name="apixaban"), Agent(name="aspirin", last_dose_h=20.0))],
    "levels": [(LEVEL,), (LEVEL, "T12", "L1", "L2")],
    "sins": [SinsItems(), SinsItems(pain=SinsPain.MECHANICAL, lesion=SinsLesion.LYTIC, collapse=SinsCollapse.OVER_50)],
}

PER_LEVEL = get_type_hints(Patient)["levels"]


def values_of(name, kind):
    """Values worth trying for a field, None first where it may be unknown."""
    if name in WHOLE:
        return ([None] if type(None) in get_args(kind) else []) + WHOLE[name]
    if isinstance(kind, UnionType):
        parts = sorted(get_args(kind), key=lambda part: part is not type(None))
        return [value for part in parts for value in values_of(name, part)]
    if get_origin(kind) in (tuple, frozenset):
        members = list(get_args(kind)[0])
        return [get_origin(kind)(part) for part in ([], members[:1], members)]
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return list(kind)
    plain = {bool: [True, False], int: [1, 2, 3, 4, 5], str: ["as discussed"], date: [date(2026, 1, 1)]}
    return {**plain, float: NUMBERS.get(name, [2.0]), type(None): [None]}[kind]


def changes_of(cls, prefix=""):
    """Each field with each of its values, except the parts that hold fields of their own."""
    hints = get_type_hints(cls)
    parts = {f.name for f in fields(cls) if is_dataclass(hints[f.name])} - {"sins"}
    named = [f.name for f in fields(cls) if f.name not in parts and hints[f.name] != PER_LEVEL]
    return [(prefix + name, value) for name in named for value in values_of(name, hints[name])]


CHANGES = [
    *changes_of(LevelFindings),
    *changes_of(Patient),
    *changes_of(Coagulation, "coagulation__"),
    *changes_of(Planned, "planned__"),
]
INPUTS = sorted({key for key, value in CHANGES if value is None})
SHOWN = [(key, value) for key, value in changes_of(MeasuredFindings) if not key.endswith("why_unknown")]


PATIENTS = st.builds(
    lambda base, changes: patient(base, **dict(changes)),
    st.sampled_from(sorted(FINDINGS)),
    st.lists(st.sampled_from(CHANGES), max_size=6),
)
MEASURED = st.none() | st.lists(st.sampled_from(SHOWN), max_size=4).map(dict)
GUIDELINES = st.lists(st.sampled_from([name for name in guideline_names() if name != FOUNDING]), unique=True)


def without(who, key):
    """The patient with one input no longer known."""
    room, _, inner = key.partition("__")
    if inner:
        return replace(who, **{room: replace(getattr(who, room), **{inner: None})})
    if hasattr(who, key):
        return replace(who, **{key: None})
    return replace(who, levels={LEVEL: replace(who.levels[LEVEL], **{key: None})})


def told(screening):
    """All that a screening says."""
    return {
        "verdict": screening.verdict,
        "after": screening.verdict_after_overrides,
        "first line": screening.first_line,
        "levels": [told_of_level(level) for level in screening.levels],
        "evidence": screening.evidence,
        "guidelines": screening.guidelines,
        "warnings": screening.warnings,
        "sources": screening.sources,
    }


LEVEL_PARTS = (
    "level",
    "verdict",
    "verdict_after_overrides",
    "rules",
    "could_become",
    "missing",
    "ask_first",
    "overrides",
    "tasks",
    "first_line",
)


def told_of_level(level, parts=LEVEL_PARTS):
    return {part: getattr(level, part) for part in parts}
