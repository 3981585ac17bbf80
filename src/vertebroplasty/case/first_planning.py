"""A first plan for the command line, where there is no segmentation: three points on the bare CT."""

import time
from collections.abc import Iterable

import numpy as np

from vertebroplasty.anatomy.levels import level_rank
from vertebroplasty.case.inputs import ScanRequest
from vertebroplasty.documents.common import Provenance
from vertebroplasty.documents.first_plan import first_plan_document
from vertebroplasty.documents.plan import PlanDocument
from vertebroplasty.errors import Refused, WrongUsage
from vertebroplasty.intake import read_ct
from vertebroplasty.needle.three_points import ThreePoints, first_plan

__all__ = ["POINTS", "first_plan_answer", "named_points"]

POINTS = ("left", "right", "body")
Point = tuple[float, float, float]


def named_points(given: Iterable[tuple[str, Point]]) -> ThreePoints:
    """The three points by their names.

    Raises:
        WrongUsage: one is missing, given twice, or no such point.
    """
    found: dict[str, Point] = {}
    for name, point in given:
        if name not in POINTS or name in found:
            why = "given twice" if name in found else "no such point"
            raise WrongUsage(f"--points {name} is {why}: give left, right and body once each.", where="--points")
        found[name] = point
    missing = [name for name in POINTS if name not in found]
    if missing:
        raise WrongUsage(f"--points lacks {' and '.join(missing)}: give left, right and body.", where="--points")
    left, right, body = (np.array(found[name]) for name in POINTS)
    return ThreePoints(left_lps_mm=left, right_lps_mm=right, body_lps_mm=body)


def first_plan_answer(request: ScanRequest, level: str, points: ThreePoints, *, gauge: int) -> PlanDocument:
    """A first plan from both pedicles and the body's centre.

    Raises:
        Refused: a segmentation or landmarks were given as well, no such level, or points that are none of a vertebra.
    """
    if request.seg or request.landmarks is not None:
        raise Refused(
            "--points is for a CT without a segmentation: leave out -s and --landmarks, or leave out --points.",
            where="--points",
        )
    begin = time.perf_counter()
    level_rank(level)
    ct = read_ct(request.ct, series=request.series, resample_tilt=request.resample_tilt)
    plan = first_plan(ct, points, gauge_number=gauge)
    shown = {name: [float(x) for x in getattr(points, f"{name}_lps_mm")] for name in POINTS}
    parameters = {"level": level, "gauge": gauge, "basis": "three points", "points_lps_mm": shown}
    inputs = (*ct.inputs, *request.site.inputs)
    provenance = Provenance.of(inputs, parameters | request.parameters(), time.perf_counter() - begin)
    return first_plan_document(plan, provenance, level=level, warnings=(*ct.notes, *request.site.notes))
