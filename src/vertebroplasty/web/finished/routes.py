"""A finished run in the browser: its answers, its cement in 3-D, its pictures, and its own report without scripts."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from vertebroplasty.documents.inject import InjectDocument
from vertebroplasty.documents.measure import MeasureDocument
from vertebroplasty.documents.plan import PlanDocument
from vertebroplasty.documents.screen import ScreenDocument
from vertebroplasty.documents.strength import StrengthDocument
from vertebroplasty.errors import Refused
from vertebroplasty.web.debrief import sheet
from vertebroplasty.web.debrief.words import names
from vertebroplasty.web.finished.files import REMEDY, RunFolder
from vertebroplasty.web.finished.growth import Growth, film_of, growth_of
from vertebroplasty.web.finished.measurements import measurements
from vertebroplasty.web.finished.possible import checked_inject, checked_strength
from vertebroplasty.web.house import house_of
from vertebroplasty.web.pages import page
from vertebroplasty.web.safety import DOCUMENT_POLICY, NotFound
from vertebroplasty.web.texts.texts import language_of, texts_in

__all__ = ["router"]

router = APIRouter(prefix="/finished")
PICTURES = ("ap_before", "lateral_before", "ap_after", "lateral_after")
REPORT = "report.html"
PNG = b"\x89PNG\r\n\x1a\n"


def _run(request: Request) -> RunFolder:
    """The folder that the server was started with.

    Raises:
        NotFound: it was started without one.
        Refused: the folder is no finished run.
    """
    folder = house_of(request).settings.finished
    if folder is None:
        raise NotFound(texts_in(language_of(request))("finished.none"), where="folder")
    return RunFolder.opened(folder)


def _injected(run: RunFolder) -> InjectDocument:
    return checked_inject(run.document("inject", InjectDocument))


@router.get("")
def finished(request: Request) -> Response:
    """All answers of the run on one page."""
    run = _run(request)
    measure, screen = run.document("measure", MeasureDocument), run.document("screen", ScreenDocument)
    if not measure.levels or not screen.levels:
        raise Refused(f"The run tells of no level: {REMEDY}.", where="measure.json")
    inject, t = _injected(run), texts_in(language_of(request))
    growth = growth_of(run, inject)
    return page(
        request,
        "finished/page.html",
        manifest=run.manifest,
        measured=measurements(measure.levels[0], t),
        screened=screen.levels[0],
        plan=run.document("plan", PlanDocument),
        inject=inject,
        strength=checked_strength(run.document("strength", StrengthDocument)),
        growth=growth,
        pictures=[name for name in PICTURES if run.has(f"{name}.png")],
        has_report=run.has(REPORT),
        sheet=sheet,
        sites=lambda which: names(t, "site", which),
        film=None if growth is None else _film(request, growth),
    )


def _film(request: Request, growth: Growth) -> dict[str, Any]:
    """What the scripts need."""
    moments = [{"t_s": t_s, "ml": ml, "clock": sheet.clock(t_s)} for t_s, ml in growth.moments]
    texts = texts_in(language_of(request)).under("debrief.")
    return {"moments": moments, "pictures": {}, "cement": "/finished/cement", "bone": None, "texts": texts}


@router.get("/cement")
def cement(request: Request) -> Response:
    """The cement at every moment: a gzipped NIfTI with four dimensions."""
    run = _run(request)
    growth = growth_of(run, _injected(run))
    if growth is None:
        raise NotFound(texts_in(language_of(request))("debrief.no_cement"))
    return Response(film_of(run, growth), media_type="application/octet-stream")


@router.get("/picture/{name}")
def picture(request: Request, name: str) -> Response:
    """One of the four X-ray pictures."""
    if name not in PICTURES:
        raise NotFound(texts_in(language_of(request))("common.not_found"))
    content = _run(request).content(f"{name}.png")
    if not content.startswith(PNG):
        raise Refused(f"{name}.png is no picture: {REMEDY}.", where=name)
    return Response(content, media_type="image/png")


@router.get("/report")
def report(request: Request) -> Response:
    """The run's own page; the browser runs no script of it, loads nothing for it, and gives it no cookie."""
    content = _run(request).content(REPORT)
    return Response(
        content, media_type="text/html; charset=utf-8", headers={"Content-Security-Policy": DOCUMENT_POLICY}
    )
