"""Rehearsing for the command line: a case opened or made, a log replayed or an operator scripted, then scored."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vertebroplasty.anatomy.measure import measure
from vertebroplasty.anatomy.volume import InputFile
from vertebroplasty.case.answers import said_on_reading, spine_inputs
from vertebroplasty.case.demonstration import DEMO_LEVEL
from vertebroplasty.case.inputs import ScanRequest, open_level
from vertebroplasty.case.json_files import read_text
from vertebroplasty.case.rehearsal_cases import BUILT_IN, built_in_verdict, verdict_of
from vertebroplasty.case.rehearsed_strength import Gained, strength_gained
from vertebroplasty.case.steps import screen_levels
from vertebroplasty.cement.arrival import edge_warnings
from vertebroplasty.documents.common import Provenance
from vertebroplasty.documents.patient import read_patient
from vertebroplasty.documents.rehearse import (
    CaseEntry,
    RehearseDocument,
    RehearseListDocument,
    rehearse_document,
    rehearse_list_document,
)
from vertebroplasty.errors import Refused
from vertebroplasty.files import refuse_existing_file, sha256_of, write_whole_text
from vertebroplasty.rehearsal.automatic import automatic
from vertebroplasty.rehearsal.case import RehearsalCase, prepared
from vertebroplasty.rehearsal.scoring import score
from vertebroplasty.rehearsal.session import log_lines, replayed

__all__ = ["OWN", "USUAL_CASE", "RehearseRequest", "cases_answer", "rehearse_answer"]

OWN = "own"  # every CT of the user's is called so: a log names no patient and no file
USUAL_CASE = "easy"
USUAL_GRID_MM = 1.5  # [choice] coarser than for `inject`, so that a push is answered at once
USUAL: dict[str, Any] = {"product": "pmma-medium", "gauge": 11, "volume_ml": 3.0, "grid_mm": USUAL_GRID_MM}
DIFFERS = "The replay came to another state than the log tells: another case, another version, or a changed log."
NO_PATIENT = "No patient file was given, so nothing was screened: add --patient."


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearseRequest:
    """A built-in case by name, or a level of a CT; the log to replay, or None for the scripted operator.

    Options that are None are those of the log, else the usual ones.
    """

    built_in: str | None = None
    scan: ScanRequest | None = None
    level: str | None = None
    patient: Path | None = None
    replay: Path | None = None
    seed: int | None = None
    product: str | None = None
    gauge: int | None = None
    volume_ml: float | None = None
    grid_mm: float | None = None

    def options(self, head: dict[str, Any]) -> dict[str, Any]:
        """Product, gauge, volume and grid: as asked for, as the log tells, or as usual."""
        given = {name: getattr(self, name) for name in USUAL}
        return {name: value if value is not None else head.get(name, USUAL[name]) for name, value in given.items()}


def cases_answer() -> RehearseListDocument:
    """The built-in cases with level and verdict."""
    begin = time.perf_counter()
    cases = []
    for case in BUILT_IN.values():
        verdict, because = built_in_verdict(case)
        cases.append(
            CaseEntry(name=case.name, level=DEMO_LEVEL, sentence=case.sentence, verdict=verdict, because=because)
        )
    return rehearse_list_document(cases, Provenance.of((), {}, time.perf_counter() - begin))


def rehearse_answer(request: RehearseRequest, out: Path | None, *, overwrite: bool = False) -> RehearseDocument:
    """Rehearse, score, and leave the log in `out`.

    Raises:
        Refused: the case cannot be opened, the log cannot be replayed, or the output file exists.
    """
    begin = time.perf_counter()
    if out is not None:
        _refuse_log(out, overwrite=overwrite)
    lines = None if request.replay is None else _read_log(request.replay)
    head = _head(lines or [])
    seed = int(head.get("seed", 0)) if request.seed is None else request.seed
    case, inputs, said = _opened(request, head)
    planned = automatic(case, seed)
    state = planned if lines is None else replayed(case, seed, lines)
    gained = strength_gained(state)
    if lines is None:
        result = score(state)
    else:
        result = score(state, reference=planned, strength_ratios=_both(gained, strength_gained(planned)))
    if request.replay is not None:
        inputs = (*inputs, InputFile(role="log", name=request.replay.name, sha256=sha256_of(request.replay)))
        told = _told_hash(lines or [])
        said = (*said, *([DIFFERS] if told not in (None, state.state_sha256) else []))
    said = (*said, *([] if state.bone.flow is None else edge_warnings(state.bone.flow)))
    parameters = {
        "case": case.name, "level": case.level, "seed": seed, **request.options(head),
        "mode": "auto" if lines is None else "replay",
    }  # fmt: skip
    provenance = Provenance.of(inputs, parameters, time.perf_counter() - begin)
    document = rehearse_document(state, result, (gained.ratio, gained.why), provenance, warnings=said)
    if out is not None:
        write_whole_text(out, "\n".join(log_lines(state)) + "\n")
    return document


def _both(own: Gained, planned: Gained) -> tuple[float, float] | None:
    """Failure load after over before of a session and of the planner's run, where both are known."""
    return None if own.ratio is None or planned.ratio is None else (own.ratio, planned.ratio)


def _opened(
    request: RehearseRequest, head: dict[str, Any]
) -> tuple[RehearsalCase, tuple[InputFile, ...], tuple[str, ...]]:
    """The case to practise on, the files behind it, and what was noticed on reading."""
    options = request.options(head)
    if request.scan is None:
        name = request.built_in or str(head.get("case", USUAL_CASE))
        if name not in BUILT_IN:
            raise Refused(
                f"The log is of a CT of the user's own, not of {', '.join(BUILT_IN)}: give the CT, -s and --level.",
                where="--replay",
            )
        made = BUILT_IN[name]
        verdict, because = built_in_verdict(made)
        return prepared(made.level(), name=name, verdict=verdict, because=because, **options), (), ()
    name = request.level or str(head.get("level", ""))
    level = open_level(request.scan, name)
    verdict, because, inputs = "insufficient-data", NO_PATIENT, spine_inputs(level.spine)
    if request.patient is not None:
        screening = screen_levels(read_patient(request.patient), {name: measure(level)}, levels=(name,))
        verdict, because = verdict_of(screening)
        file = InputFile(role="patient", name=request.patient.name, sha256=sha256_of(request.patient))
        inputs = (*inputs, file)
    case = prepared(level, name=OWN, verdict=verdict, because=because, **options)
    return case, inputs, (*said_on_reading(level.spine), *case.grid.notes)


def _read_log(file: Path) -> list[str]:
    return read_text(file, remedy="give a log of `rehearse`, one JSON object a line", where="--replay").splitlines()


def _event(line: str, name: str) -> dict[str, Any]:
    """The line as an event of that name; empty if it is none."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return entry if isinstance(entry, dict) and entry.get("event") == name else {}


def _head(lines: list[str]) -> dict[str, Any]:
    """What the log's first line tells of its case; values of a wrong kind are passed over."""
    head = _event(lines[0], "start") if lines else {}
    kinds: dict[str, type | tuple[type, ...]] = {
        "case": str, "level": str, "seed": int, "product": str, "gauge": int, "volume_ml": (int, float),
        "grid_mm": (int, float),
    }  # fmt: skip
    return {
        name: head[name]
        for name, kind in kinds.items()
        if isinstance(head.get(name), kind) and not isinstance(head[name], bool)
    }


def _told_hash(lines: list[str]) -> str | None:
    """The hash of the state that the log's last line tells."""
    told = _event(lines[-1], "end").get("state_sha256") if lines else None
    return told if isinstance(told, str) else None


def _refuse_log(out: Path, *, overwrite: bool) -> None:
    """Refuse an output that exists, or is not a log of a rehearsal."""
    refuse_existing_file(out, overwrite=overwrite)
    if out.is_file():
        with out.open(encoding="utf-8", errors="replace") as stream:
            if not _event(stream.readline(), "start"):
                raise Refused(f"{out.name} is no log of a rehearsal: choose another -o.", where=out.name)
