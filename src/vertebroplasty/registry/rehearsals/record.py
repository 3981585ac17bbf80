"""A finished rehearsal as the registry keeps it: what a trainee did on a simulated case; never a procedure.

It belongs to an operator and to no patient, and no statistic of procedures counts it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from vertebroplasty.anatomy.leak_sites import LeakSite
from vertebroplasty.registry.fields import CLOSED, LEVEL, PSEUDONYM, TEXT, known, listed, required
from vertebroplasty.registry.procedure_parts import MOST_ML

__all__ = ["ELEMENTS", "OWN_CASE", "Rehearsal", "SimulatedLeak"]

ELEMENTS = ("selection", "placement", "timing", "fluoroscopy", "outcome")
OWN_CASE = "own"  # the case is a CT of the department's; any other name is a built-in, made-up one
SHARE = {"ge": 0, "le": 1}
LARGEST_SEED = 2**31 - 1  # [choice] the largest whole number of a database column
LONGEST_S = 86400  # [exact] seconds of a day


@dataclass(frozen=True, kw_only=True, slots=True)
class SimulatedLeak:
    """Cement that left the bone in the simulation."""

    __pydantic_config__ = CLOSED

    site: LeakSite = required("Where the cement lies.")
    volume_ml: float = required("Simulated volume in ml.", ge=0, le=MOST_ML)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rehearsal:
    """One finished rehearsal of one operator."""

    __pydantic_config__ = CLOSED
    kind: ClassVar[str] = "rehearsal"

    rehearsal_id: str = required("Id of the rehearsal.", **PSEUDONYM)
    operator: str = required("Operator, as a pseudonym.", **PSEUDONYM)
    ended_at: datetime | None = known("When it ended, with its zone.")
    case: str = required("Name of the built-in case; own for a CT of the department's.", **PSEUDONYM)
    level: str = required("Level, as L3.", **LEVEL)
    seed: int | None = known("Seed of the simulation.", ge=0, le=LARGEST_SEED)
    product: str | None = known("Product of the simulated cement.", **TEXT)
    planned_ml: float | None = known("Planned volume in ml.", ge=0, le=MOST_ML)
    guided: bool | None = known("Whether leaks that a picture showed were told at once; null where nobody knows.")
    selection: float | None = known("Selection, 0 to 1; null where it could not be judged.", **SHARE)
    placement: float | None = known("Placement, 0 to 1; null where it could not be judged.", **SHARE)
    timing: float | None = known("Timing, 0 to 1; null where it could not be judged.", **SHARE)
    fluoroscopy: float | None = known("Fluoroscopy, 0 to 1; null where it could not be judged.", **SHARE)
    outcome: float | None = known("Outcome, 0 to 1; null where it could not be judged.", **SHARE)
    stop_delay_s: float | None = known(
        "Seconds from the first leak that asks for a stop to the stop; null where none could be seen.",
        ge=0,
        le=LONGEST_S,
    )
    injected_ml: float | None = known("Simulated cement that left the needles in ml.", ge=0, le=MOST_ML)
    in_body_ml: float | None = known("Simulated cement that stayed in the bone in ml.", ge=0, le=MOST_ML)
    leaks: tuple[SimulatedLeak, ...] = listed("Simulated leaks by site.")
    state_sha256: str = required("SHA-256 of the state that the log leads to.", **PSEUDONYM)
    log_sha256: str = required("SHA-256 of the log; no log is kept twice.", **PSEUDONYM)

    @property
    def record_id(self) -> str:
        """The id under which the record is kept."""
        return self.rehearsal_id

    @property
    def synthetic(self) -> bool:
        """Whether the case is a built-in, made-up one."""
        return self.case != OWN_CASE
