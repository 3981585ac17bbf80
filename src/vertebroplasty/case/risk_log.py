"""The runs finished so far, beside the answer to come: an interrupted `risk` goes on where it stopped."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from vertebroplasty.__about__ import __version__
from vertebroplasty.cement.risk_run import Outcome, RiskRuns
from vertebroplasty.errors import Refused
from vertebroplasty.files import write_whole_text

__all__ = ["RunLog", "key_of", "log_beside"]

SCHEMA = "vertebroplasty.risk-runs/1"


def log_beside(out: Path) -> Path:
    """Where the finished runs of an answer are kept until it is complete."""
    return out.with_name(f"{out.name}.unfinished")


def key_of(runs: RiskRuns, parameters: Mapping[str, Any]) -> str:
    """Hash of everything the runs depend on: the vertebra, the needle, the actions, the options, the version."""
    grid, path = runs.grid, runs.path
    digest = hashlib.sha256()
    for field in (grid.affine.matrix, grid.hu, grid.tissue, grid.part, path.entry_lps_mm, path.tip_lps_mm):
        digest.update(np.ascontiguousarray(field).tobytes())
    for line in grid.fracture_lines:
        digest.update(np.ascontiguousarray(line.points_lps_mm).tobytes())
    stated = {
        "version": __version__,
        "cracks_mm": [line.opening_mm for line in grid.fracture_lines],
        "seen": grid.breaches_can_be_seen,
        "gauge": path.gauge_number,
        "side": path.side,
        "actions": [action.as_json() for action in runs.actions],
        "options": dict(runs.options),
        **parameters,
    }
    digest.update(json.dumps(stated, sort_keys=True, default=str).encode())
    return digest.hexdigest()


class RunLog:
    """Finished runs in a file, one JSON object a line, each written as the run ends."""

    def __init__(self, file: Path | None, key: str) -> None:
        """Read what is there for this key; runs of another key are thrown away.

        Raises:
            Refused: a file of that name that this command did not write.
        """
        self.file = file
        self.outcomes: dict[int, Outcome] = {} if file is None else _read(file, key)
        if file is not None:
            head = json.dumps({"schema": SCHEMA, "key": key})
            lines = [head, *(_line(index, outcome) for index, outcome in self.outcomes.items())]
            write_whole_text(file, "\n".join(lines) + "\n")

    def keep(self, index: int, outcome: Outcome) -> None:
        """Add a finished run."""
        self.outcomes[index] = outcome
        if self.file is not None:
            with self.file.open("a", encoding="utf-8") as stream:
                stream.write(_line(index, outcome) + "\n")


def _line(index: int, outcome: Outcome) -> str:
    return json.dumps({"index": index} | outcome.as_json())


def _read(file: Path, key: str) -> dict[int, Outcome]:
    """Runs of an interrupted answer; what follows a damaged line is left out."""
    if not file.exists():
        return {}
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines() if file.is_file() else []
    head = _object(lines[0]) if lines else {}
    if head.get("schema") != SCHEMA:
        raise Refused(f"{file.name} was not written by this command: choose another -o.", where=file.name)
    outcomes: dict[int, Outcome] = {}
    for line in lines[1:] if head.get("key") == key else []:
        entry = _object(line)
        try:
            index = int(entry.pop("index"))
            outcomes[index] = Outcome(**entry)
        except (KeyError, TypeError, ValueError):
            break
    return outcomes


def _object(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
