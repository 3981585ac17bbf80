"""A needle path read back from a plan.json, for this level of this CT only."""

from pathlib import Path

import numpy as np

from vertebroplasty.anatomy.levels import Level
from vertebroplasty.case.json_files import read_document
from vertebroplasty.documents.plan import PathEntry, PlanDocument
from vertebroplasty.errors import Refused
from vertebroplasty.geometry.needle_path import NeedlePath

__all__ = ["read_plan_path"]

REMEDY = "give the plan.json of `plan` or `run`"


def read_plan_path(file: Path, rank: int, level: Level, *, option: str = "--plan") -> NeedlePath:
    """One path of a plan.json.

    Raises:
        Refused: not a plan of this level on this CT, or it has no such path, or the path was refused.
    """
    entry = _path_entry(read_document(file, PlanDocument, "plan", REMEDY, where=option), file, rank, level, option)
    return NeedlePath(
        entry_lps_mm=np.array(entry.entry_lps_mm),
        tip_lps_mm=np.array(entry.tip_lps_mm),
        gauge_number=entry.gauge,
        side=entry.side,
        approach=entry.approach,
    )


def _path_entry(plan: PlanDocument, file: Path, rank: int, level: Level, option: str) -> PathEntry:
    if plan.level != level.name:
        raise Refused(f"{file.name} plans {plan.level}, not {level.name}: give the same --level.", where=option)
    if not {i.sha256 for i in plan.inputs if i.role == "ct"} & {i.sha256 for i in level.ct.inputs}:
        raise Refused(f"{file.name} was made on another CT: plan on this one with `vertebroplasty plan`.", where=option)
    for entry in plan.paths:
        if entry.rank == rank:
            return entry
    ranks = ", ".join(str(entry.rank) for entry in plan.paths) or "none"
    raise Refused(f"{file.name} has no path {rank}: it has {ranks}.", where="--path")
