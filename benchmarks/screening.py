"""Random patients through the rules, one level each, on one core: patients a second, beside reading them from JSON.

Timed is `screen`: every rule of the guidelines that apply by default answered, and the verdict; sentences are formed
when read, and a screening with all of them is timed apart.  The peer is `json.loads` of the same patients, so that a
busy machine shows in both.  Run with `python benchmarks/screening.py [patients] [repetitions]`.
"""

import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, is_dataclass, replace
from datetime import date
from enum import StrEnum
from statistics import median
from types import UnionType
from typing import Any, cast, get_args, get_origin, get_type_hints

from vertebroplasty.selection.measured import MeasuredFindings
from vertebroplasty.selection.patient import LevelFindings, Patient
from vertebroplasty.selection.screening import Screening
from vertebroplasty.selection.verdict import screen

LEVELS = ("T8", "T12", "L1", "L3")
COMPONENTS = frozenset({"pmma", "barium-sulfate"})
UNKNOWN_SHARE, MEASURED_SHARE = 0.25, 0.5
NUMBERS = {"pain_nrs": (0, 10), "inr": (0.8, 3), "platelets_10e9_per_l": (10, 300), "fracture_age_days": (0, 800)}
OTHER_NUMBERS = (0, 100)

Case = tuple[Patient, str, dict[str, MeasuredFindings]]


def drawn(kind: Any, name: str, rng: random.Random) -> Any:
    """A random value of an annotated type; whatever may be None sometimes is."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is UnionType:
        choices = [part for part in inner if part is not type(None)]
        unknown = len(choices) < len(inner) and rng.random() < UNKNOWN_SHARE
        return None if unknown else drawn(rng.choice(choices), name, rng)
    if origin in (tuple, frozenset):
        return origin(drawn(inner[0], name, rng) for _ in range(rng.randrange(3)))
    if is_dataclass(kind):
        hints: dict[str, Any] = get_type_hints(kind)
        values = {part.name: drawn(hints[part.name], part.name, rng) for part in fields(kind)}
        return cast(type, kind)(**values)
    if origin is Mapping:
        return {}  # findings on levels: filled in for the one level screened
    if issubclass(kind, StrEnum):
        return rng.choice(list(kind))
    return {
        bool: rng.random() < 0.5,
        int: rng.randint(1, 5),
        float: round(rng.uniform(*NUMBERS.get(name, OTHER_NUMBERS)), 1),
        date: date(2026, 1, 1),
        str: rng.choice(LEVELS if name == "levels" else ["pmma-medium", "as discussed"]),
    }[kind]


def random_patient(rng: random.Random) -> Case:
    """A patient with one described level, and what a CT may have shown there."""
    level = rng.choice(LEVELS)
    patient = replace(drawn(Patient, "", rng), levels={level: drawn(LevelFindings, "", rng)})
    return patient, level, {level: drawn(MeasuredFindings, "", rng)} if rng.random() < MEASURED_SHARE else {}


def screened(case: Case) -> Screening:
    patient, level, measured = case
    return screen(patient, measured, levels=(level,), product="pmma-medium", required_components=COMPONENTS)


def read(screening: Screening) -> None:
    """Form every sentence."""
    _ = screening.first_line, screening.warnings, screening.evidence
    for level in screening.levels:
        _ = level.rules, level.could_become, level.missing, level.tasks


def plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, frozenset) else str(value)


def main(count: int = 2000, repetitions: int = 9) -> None:
    rng = random.Random(1)
    cases = [random_patient(rng) for _ in range(count)]
    files = [json.dumps(asdict(patient), default=plain) for patient, _, _ in cases]
    verdicts = Counter(screened(case).verdict for case in cases)  # guidelines are read before the clock starts
    work: dict[str, tuple[Callable[[Any], Any], list[Any]]] = {
        "screen": (screened, cases),
        "json.loads": (json.loads, files),
        "with all sentences": (lambda case: read(screened(case)), cases),
    }
    rates: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(repetitions):
        for name, (one, items) in work.items():
            start = time.process_time()
            for item in items:
                one(item)
            rates[name].append(count / (time.process_time() - start))
    print(f"{count} patients with one level each, {len(screened(cases[0]).levels[0].numbers)} rules, one core")
    for name, seen in rates.items():
        print(f"{name:18s} {median(seen):7.0f} patients/s (from {min(seen):.0f} to {max(seen):.0f})")
    ratio = median(rates["json.loads"]) / median(rates["screen"])
    print(f"screening a patient takes as long as reading {ratio:.1f} from JSON")
    print(", ".join(f"{verdict}: {number}" for verdict, number in sorted(verdicts.items())))


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
