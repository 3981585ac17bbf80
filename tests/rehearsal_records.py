"""Finished rehearsals for the tests of the registry."""

import hashlib
from datetime import UTC, datetime, timedelta

from vertebroplasty.registry.rehearsals.record import Rehearsal, SimulatedLeak


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


def rehearsal(number=1, operator="O1", **changes):
    known = {
        "rehearsal_id": f"R-{operator}-{number}",
        "operator": operator,
        "ended_at": datetime(2026, 11, 1, 9, tzinfo=UTC) + timedelta(days=number),
        "case": "easy",
        "level": "L1",
        "seed": number,
        "product": "pmma-medium",
        "planned_ml": 3.0,
        "guided": False,
        "selection": 1.0,
        "placement": 0.75,
        "timing": None,
        "fluoroscopy": 0.5,
        "outcome": 0.9,
        "stop_delay_s": 2.5,
        "injected_ml": 2.9,
        "in_body_ml": 2.75,
        "leaks": (SimulatedLeak(site="disc-above", volume_ml=0.15),),
        "state_sha256": sha(f"state {operator} {number}"),
        "log_sha256": sha(f"log {operator} {number}"),
    }
    return Rehearsal(**known | changes)
