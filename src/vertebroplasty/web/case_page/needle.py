"""A needle as the page sends it, and what is said about it."""

import time
from concurrent.futures import Executor
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from vertebroplasty.case.opened import OpenedCase
from vertebroplasty.documents.common import Provenance, point
from vertebroplasty.documents.plan import PathEntry, PlanDocument, plan_document
from vertebroplasty.geometry.gauges import gauge
from vertebroplasty.geometry.needle_path import NeedlePath
from vertebroplasty.needle.own_path import critique_in
from vertebroplasty.needle.planned_path import NeedlePlan
from vertebroplasty.needle.search import LEAST_CLEARANCE_MM
from vertebroplasty.web.case_page.turn import in_turn

__all__ = ["FARTHEST_MM", "SentNeedle", "judgement", "planned", "shown_path"]

FARTHEST_MM = 3000.0  # [choice] no scan reaches further from its origin

Coordinate = Annotated[float, Field(ge=-FARTHEST_MM, le=FARTHEST_MM, allow_inf_nan=False, strict=True)]
Point = Annotated[list[Coordinate], Field(min_length=3, max_length=3)]


class SentNeedle(BaseModel):
    """A straight needle, LPS mm."""

    model_config = ConfigDict(extra="forbid")
    entry_lps_mm: Point
    tip_lps_mm: Point
    gauge: Annotated[int, Field(strict=True, ge=1, le=99)] = 11

    def path(self) -> NeedlePath:
        """The needle.

        Raises:
            Refused: entry and tip coincide, or no such gauge.
        """
        gauge(self.gauge)
        return NeedlePath(
            entry_lps_mm=np.array(self.entry_lps_mm), tip_lps_mm=np.array(self.tip_lps_mm), gauge_number=self.gauge
        )


def judgement(case: OpenedCase, sent: SentNeedle, simulation: Executor) -> dict[str, Any]:
    """What `vertebroplasty plan --entry --tip` says of this needle, and what speaks against it.

    Raises:
        Refused: the line meets no bone near the entry, entry and tip coincide, or no such gauge.
        Conflict: too many needles wait already.
    """
    path = sent.path()
    begin = time.perf_counter()
    found = in_turn(
        simulation, critique_in, case.rehearsal.vertebra, path.entry_lps_mm, path.tip_lps_mm, path.gauge_number
    )
    document = _document(case, found, {"gauge": sent.gauge}, time.perf_counter() - begin)
    return shown_path(document.paths[0]) | {"against": [each.reason for each in document.refused]}


def planned(case: OpenedCase) -> PlanDocument:
    """The plan of an opened case as a document."""
    return _document(case, case.plan, {"gauge": case.rehearsal.gauge}, 0.0)


def shown_path(path: PathEntry) -> dict[str, Any]:
    """A path for the page: its document, whether it stays in bone, and how thick the needle is."""
    worst = path.worst_clearance_mm
    state = "unknown"
    if worst is not None:
        state = "breach" if worst < 0 else "narrow" if worst < LEAST_CLEARANCE_MM else "inside"
    return {
        "path": path.model_dump(mode="json"),
        "state": state,
        "outer_mm": gauge(path.gauge).outer_mm,
        "against": [],
    }


def _document(case: OpenedCase, plan: NeedlePlan, parameters: dict[str, Any], took_s: float) -> PlanDocument:
    origin = {"origin_lps_mm": point(case.rehearsal.vertebra.frame.origin_lps_mm)}
    return plan_document(plan, Provenance.of((), parameters | origin, took_s), level=case.level)
