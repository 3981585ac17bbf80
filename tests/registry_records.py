"""A patient, a procedure and a follow-up with something in every list, for the tests of the registry."""

from datetime import UTC, date, datetime

from vertebroplasty.registry.procedure_parts import (
    AdverseEvent,
    Cement,
    ClockEvent,
    Leak,
    PlannedLevel,
    Screening,
    TreatedLevel,
)
from vertebroplasty.registry.records import FollowUp, ImagedLevel, NewFracture, Patient, Procedure
from vertebroplasty.selection.strictness import Verdict


def patient(name="P1", **changes):
    return Patient(pseudonym=name, **{"sex": "female", "birth_year": 1941, "anticoagulants": ("aspirin",)} | changes)


def procedure(name="X1", of="P1", **changes):
    """Two levels, two leaks at the first, a clock, an adverse event, a screening."""
    first = TreatedLevel(
        level="L1",
        indication="osteoporotic-fracture",
        fracture_on=date(2024, 2, 1),
        genant_grade=2,
        cement=Cement(product="PMMA", total_ml=3.4, mixed_at=datetime(2024, 3, 1, 9, 30, tzinfo=UTC)),
        leaks_looked_for_with=("ct", "fluoroscopy"),
        leaks=(Leak(site="epidural", modality="ct", symptomatic=True), Leak(site="disc-above", volume_ml=0.2)),
        planned=PlannedLevel(plan_id="plan-1", simulated_leak_probability=0.4),
    )
    known = {
        "performed_on": date(2024, 3, 1),
        "started_at": datetime(2024, 3, 1, 9, 12, 30, 250, tzinfo=UTC),
        "operator": "O1",
        "screening": Screening(verdict=next(iter(Verdict)), fired_rules=("S-01", "S-02"), rule_sets=("founding/1",)),
        "levels": (first, TreatedLevel(level="L2", leaks_looked_for_with=())),
        "events": (ClockEvent(event="mix-start", t_s=0), ClockEvent(event="leak", t_s=410.5, site="epidural")),
        "adverse_events": (AdverseEvent(kind="radiculopathy", level="L1", onset_on=date(2024, 3, 1)),),
        "remark": 'Größe, 椎体, ½ ml; "quoted" \\ back',
    }
    return Procedure(procedure_id=name, patient=of, **known | changes)


def follow_up(name="F1", of="X1", **changes):
    known = {
        "seen_on": date(2024, 3, 31),
        "window": "1mo",
        "pain_nrs": 2.5,
        "relief_class": 3,
        "improvement": "clear",
        "imaged_levels": (ImagedLevel(level="L1", kyphosis_deg=12.5, displaced=False),),
        "new_fractures": (NewFracture(level="L3", relation="adjacent", found_on=date(2024, 3, 30)),),
        "adverse_events": (AdverseEvent(kind="infection", causality="unrelated"),),
    }
    return FollowUp(follow_up_id=name, procedure=of, **known | changes)


def family(i):
    """A patient, a procedure and two follow-ups, numbered."""
    return (
        patient(f"P{i}"),
        procedure(f"X{i}", f"P{i}"),
        follow_up(f"F{i}-1", f"X{i}"),
        follow_up(f"F{i}-2", f"X{i}", seen_on=date(2025, 3, 1), window="12mo", improvement=None),
    )
