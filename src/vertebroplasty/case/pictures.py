"""Virtual X-rays for the command line."""

import time
from pathlib import Path

from vertebroplasty.anatomy.find import find_vertebra
from vertebroplasty.anatomy.upright import build_grid
from vertebroplasty.case.answers import said_on_reading, spine_inputs
from vertebroplasty.case.cement_files import read_cement
from vertebroplasty.case.injecting import InjectOptions
from vertebroplasty.case.inputs import ScanRequest, open_level
from vertebroplasty.case.plan_file import read_plan_path
from vertebroplasty.case.steps import cement_mass, cement_mix
from vertebroplasty.documents.common import Provenance
from vertebroplasty.documents.fluoro import FluoroDocument, fluoro_document
from vertebroplasty.fluoroscopy.image import xray
from vertebroplasty.fluoroscopy.render import render_png
from vertebroplasty.fluoroscopy.views import parse_view, truth
from vertebroplasty.fluoroscopy.visibility import visibility

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
    needle = None if plan is None else read_plan_path(plan, rank, chosen)
    pose = parse_view(view, frame, chosen.ct.affine, needle)
    grid, mass, product = build_grid(chosen, grid_mm), None, InjectOptions().product
    if cement is not None:
        run = read_cement(cement, grid)
        inputs += run.inputs
        product = run.product
        mass = cement_mass(grid, run.fill, run.arrival_s, product, at_s)
    needles = () if needle is None else (needle,)
    picture = xray(chosen.ct, pose, needles=needles, cement=mass)
    seen = visibility(picture, grid, cement_mix(product), needles)
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
    document = fluoro_document(
        picture, truth(pose, frame), provenance, level=level, image=image, seen=seen, warnings=said
    )
    return document, render_png(picture, flip=flip)
