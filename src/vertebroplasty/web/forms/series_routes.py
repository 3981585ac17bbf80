"""The series: counts and shares at once, figures and the page to print as jobs, one's own experience on demand."""

from collections.abc import Callable
from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ConfigDict

from vertebroplasty.errors import Refused
from vertebroplasty.registry.series.drift import Drift, drift
from vertebroplasty.registry.series.model_data import procedures
from vertebroplasty.registry.series.queries import chosen_series
from vertebroplasty.registry.series.statistics import series_statistics
from vertebroplasty.registry.store.registry import Registry
from vertebroplasty.registry.store.series_record import Series
from vertebroplasty.web.forms.addresses import addresses, record_id_at
from vertebroplasty.web.forms.drawing import Asked, drawn_series, made_report
from vertebroplasty.web.forms.opening import address_of, opened, shown
from vertebroplasty.web.forms.room import Room, room_of
from vertebroplasty.web.forms.series_view import leak_lines, tables_of
from vertebroplasty.web.forms.who import required_who
from vertebroplasty.web.house import house_of
from vertebroplasty.web.safety import DOCUMENT_POLICY, NotFound
from vertebroplasty.web.texts.texts import language_of, texts_in
from vertebroplasty.web.work.process import Work

__all__ = ["router"]

router = APIRouter(prefix="/series")


class Wanted(BaseModel):
    """Which series, and the shares of the CUSUM as parts of one."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    series: str | None = None
    p0: float | None = None
    p1: float | None = None

    def asked(self) -> Asked:
        """The request as the job takes it, its plan checked."""
        asked = Asked(series=self.series or None, today=date.today(), p0=self.p0, p1=self.p1)
        asked.plan()
        return asked


@router.get("")
def dashboard(request: Request, series: str = "") -> HTMLResponse:
    """A series in numbers; which one is told by the address of its record."""

    def filled(registry: Registry) -> dict[str, Any]:
        others = [entry.record for entry in registry.find(Series.kind)]
        with registry.reading() as connection:
            name = record_id_at(connection, Series.kind, series) if series else None
            found = series_statistics(connection, name, today=date.today())
            known = addresses(connection, ((Series.kind, each.name) for each in others))
        return {
            "found": found,
            "others": [each for each in others if each.name != found.series],
            "addresses": known,
            "tables": list(tables_of(found, language_of(request))),
            "leaks": list(leak_lines(found.leaks, language_of(request))),
            "leak_sites": len(found.leaks),
            "today": date.today().isoformat(),
            "js_texts": texts_in(language_of(request)).under("registry.js_"),
        }

    return shown(request, "forms/series.html", filled)


@router.post("/figures")
def figures(request: Request, wanted: Wanted) -> dict[str, str]:
    """Begin to draw; or where the figures are, if they were drawn from this state of the journal."""

    def keep(room: Room, key: str, made: Any) -> None:
        room.keep_drawing(key, made)

    return _begun(request, wanted, drawn_series, "figures", Room.has_drawing, keep)


@router.post("/report")
def report(request: Request, wanted: Wanted) -> dict[str, str]:
    """Begin to make the page for the quality meeting; or where it is."""

    def keep(room: Room, key: str, made: Any) -> None:
        room.keep_report(key, made)

    return _begun(request, wanted, made_report, "report", Room.has_report, keep)


def _begun(
    request: Request,
    wanted: Wanted,
    work: Work,
    what: str,
    has: Callable[[Room, str], bool],
    keep: Callable[[Room, str, Any], None],
) -> dict[str, str]:
    asked, room = wanted.asked(), room_of(request)
    with opened(request) as registry:
        key = asked.key(registry.head()[1])
    address = f"/registry/series/{what}/{key}"
    if has(room, key):
        return {"ready": address}

    def then(made: Any) -> str:
        keep(room, key, made)
        return address

    return {"job": house_of(request).jobs.start(work, address_of(request), asked, then=then, name=address).id}


@router.get("/figures/{key}")
def figure_list(request: Request, key: str) -> dict[str, Any]:
    """Which figures there are, with their captions, and why others could not be drawn."""
    drawing = room_of(request).drawing(key)
    return {
        "figures": [
            {"address": f"/registry/series/figures/{key}/{n}", "caption": each.caption, "wide": each.wide}
            for n, each in enumerate(drawing.figures)
        ],
        "left_out": [{"name": name, "why": why} for name, why in drawing.left_out],
    }


@router.get("/figures/{key}/{number}")
def figure(request: Request, key: str, number: int) -> Response:
    """One figure as a picture."""
    drawn = room_of(request).drawing(key).figures
    if not 0 <= number < len(drawn):
        raise NotFound("There is no such figure: open the page of the series again.", where="figure")
    return Response(drawn[number].svg, media_type="image/svg+xml", headers=DOCUMENT)


@router.get("/report/{key}")
def report_page(request: Request, key: str) -> Response:
    """The page for the quality meeting, to print."""
    return HTMLResponse(room_of(request).report(key), headers=DOCUMENT)


@router.get("/mine")
def mine(request: Request) -> HTMLResponse:
    """The complications along one's own cases; nobody else's, and nobody is ranked."""

    def filled(registry: Registry) -> dict[str, Any]:
        operator = required_who(request)
        with registry.reading() as connection:
            done = procedures(connection, chosen_series(connection, None))
        try:
            found: Drift | str = drift(done, operator=operator, plan=None)
        except Refused as refusal:
            found = refusal.message
        return {"operator": operator, "found": found, "few": isinstance(found, str)}

    return shown(request, "forms/mine.html", filled)


DOCUMENT = {"Content-Security-Policy": DOCUMENT_POLICY}
