"""The three built-in cases on a coarse grid, made once."""

import pytest

from vertebroplasty.case.rehearsal_cases import BUILT_IN, built_in_verdict
from vertebroplasty.rehearsal.automatic import automatic
from vertebroplasty.rehearsal.case import prepared

GRID_MM = 2.0


@pytest.fixture(scope="session")
def cases():
    """By name."""
    made = {}
    for name, case in BUILT_IN.items():
        verdict, because = built_in_verdict(case)
        made[name] = prepared(case.level(), name=name, verdict=verdict, because=because, grid_mm=GRID_MM)
    return made


@pytest.fixture(scope="session")
def easy(cases):
    return cases["easy"]


@pytest.fixture(scope="session")
def planned(cases):
    """The planner's own run on each case."""
    return {name: automatic(case, 0) for name, case in cases.items()}
