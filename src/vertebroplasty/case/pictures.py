"""Virtual X-rays for the command line."""

import time
from pathlib import Path

from vertebroplasty.anatomy.find import find_vertebra
from vertebroplasty.anatomy.upright import build_grid
from vertebroplasty.case.answers import said_on_reading, spine_inputs
from vertebroplasty.case.injecting import read_cement, read_plan_path
from vertebroplasty.case.inputs import ScanRequest, open_level
from vertebroplasty.case.steps import cement_mass
from vertebroplasty.documents.common import Provenance
from vertebroplasty.documents.fluoro import FluoroDocument, fluoro_document
from vertebroplasty.fluoroscopy.image import xray
from vertebroplasty.fluoroscopy.render import render_png
from vertebroplasty.fluoroscopy.views import parse_view, truth

__all__ = ["fluoro_answer"]


def fluoro_answer(
    request: ScanRequest,
    level: str,
    view: str,
    *,
    plan: Path | None,
    rank: int,
    cement: Path | None,
    at_s: float | None,
    flip: bool,
    grid_mm: float,
    image: str,
) -> tuple[FluoroDocument, bytes]:
    """One picture as PNG bytes, with the document that says what it shows."""
    begin = time.perf_counter()
    chosen = open_level(request, level)
    inputs = list(spine_inputs(chosen.spine))
    frame = find_vertebra(chosen).frame
    needle = None if plan is None else read_plan_path(plan, rank, level)
    pose = parse_view(view, frame, chosen.ct.affine, needle)
    mass = None
    if cement is not None:
        grid = build_grid(chosen, grid_mm)
        run = read_cement(cement, grid)
        inputs += run.inputs
        mass = cement_mass(grid, run.fill, run.arrival_s, run.product, at_s)
    picture = xray(chosen.ct, pose, needles=() if needle is None else (needle,), cement=mass)
    parameters = {
        "level": level,
        "view": view,
        "path": rank if plan else None,
        "at_s": at_s,
        "flip": flip,
        "kvp": picture.kvp,
    }
    provenance = Provenance.of(inputs, parameters, time.perf_counter() - begin)
    said = (*said_on_reading(chosen.spine), *picture.notes)
    document = fluoro_document(picture, truth(pose, frame), provenance, level=level, image=image, warnings=said)
    return document, render_png(picture, flip=flip)
