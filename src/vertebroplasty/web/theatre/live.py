"""A rehearsal while it is played: the latest state, how the tubes stand, and what the monitors show."""

from dataclasses import dataclass, field
from typing import Any

from jaxtyping import UInt8
from numpy import ndarray

from vertebroplasty.fluoroscopy.render import Screen
from vertebroplasty.rehearsal.case import RehearsalCase
from vertebroplasty.rehearsal.pacing import Paced
from vertebroplasty.rehearsal.state import RehearsalState
from vertebroplasty.rehearsal.tube import Tube
from vertebroplasty.web.theatre.record import Record

__all__ = ["LEFT", "RIGHT", "Live", "Moment", "Ready", "Shot"]

LEFT, RIGHT = "left", "right"


@dataclass(frozen=True, eq=False, kw_only=True)
class Ready:
    """A tube in its pose, and the grey scale of the patient there."""

    tube: Tube
    greys: Screen


@dataclass(frozen=True, eq=False, kw_only=True)
class Moment:
    """What a live picture was taken of: kept until it is held, as the session goes on without the beam."""

    ready: Ready
    state: RehearsalState
    plane: int


@dataclass(frozen=True, eq=False, kw_only=True)
class Shot:
    """One picture on one monitor, row 0 on top, and what the page is told of it; `live` is None once it is held."""

    monitor: str
    grey: UInt8[ndarray, "rows columns"]
    told: dict[str, Any]
    live: Moment | None


@dataclass(eq=False, kw_only=True)
class Live:
    """Where a rehearsal stands; only the simulation's thread changes it.

    `written` counts the entries of the state's log that are on disk, `clock_s` is the latest moment that is; `drawn`
    numbers the pictures.  `tubes` are those used last, `shots` what each monitor shows.
    """

    record: Record
    case: RehearsalCase
    paced: Paced
    written: int = 0
    clock_s: float = 0.0
    drawn: int = 0
    tubes: list[Ready] = field(default_factory=list)
    shots: dict[str, Shot] = field(default_factory=dict)
