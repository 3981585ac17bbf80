"""What a rehearsal was begun with; the patient's name is no part of it."""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vertebroplasty.errors import Refused
from vertebroplasty.files import write_whole_text

__all__ = ["ID", "Record", "read_record", "write_record"]

ID = re.compile(r"r-[0-9a-f]{16}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A rehearsal: on which case and level, with which seed, whether the patient is made up, and when (UTC, ISO).

    In a `guided` one the trainee is told at once what leaks a picture shows; in any other that stays hidden until the
    debrief.
    """

    id: str
    case_id: str
    level: str
    seed: int
    synthetic: bool
    created: str
    guided: bool = False


def write_record(file: Path, record: Record) -> None:
    """Keep a record for good."""
    write_whole_text(file, json.dumps(asdict(record)))


def read_record(file: Path) -> Record:
    """A record that was kept.

    Raises:
        Refused: the file cannot be read.
    """
    try:
        told: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return Record(
            id=str(told["id"]), case_id=str(told["case_id"]), level=str(told["level"]), seed=int(told["seed"]),
            synthetic=bool(told["synthetic"]), created=str(told["created"]),
            guided=bool(told["guided"]),
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise Refused("The record of this rehearsal cannot be read: begin a new one.", where="rehearsal") from None
