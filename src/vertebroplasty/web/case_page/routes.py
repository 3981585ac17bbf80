"""One case at one level: its slices, measurements, screening and needles, and what a moved needle would do."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from vertebroplasty.case.opened import OpenedCase
from vertebroplasty.web.case_page.content import content
from vertebroplasty.web.case_page.needle import FARTHEST_MM, SentNeedle, judgement
from vertebroplasty.web.case_page.stills import still_png
from vertebroplasty.web.case_page.surface import as_mz3, bone_surface
from vertebroplasty.web.case_page.turn import in_turn
from vertebroplasty.web.case_page.views import upright_image
from vertebroplasty.web.cases.library import CaseKind
from vertebroplasty.web.cases.opening import open_or_wait
from vertebroplasty.web.house import house_of
from vertebroplasty.web.pages import page
from vertebroplasty.web.safety import Conflict
from vertebroplasty.web.texts.texts import language_of, texts_in

__all__ = ["router"]

router = APIRouter(prefix="/cases")

CaseId = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,64}$")]
LevelName = Annotated[str, Path(pattern=r"^[CTLS][0-9]{1,2}$")]
Given = Annotated[
    list[Annotated[float, Query(ge=-FARTHEST_MM, le=FARTHEST_MM, allow_inf_nan=False)]],
    Query(min_length=3, max_length=3),
]
BINARY = "application/octet-stream"
NOT_KEPT = {"cache-control": "no-store"}
CLOSED = "This case is not open any more: load the page again."


@router.get("/{case_id}/{level}")
def case_page(request: Request, case_id: CaseId, level: LevelName) -> Response:
    """The page of a case, or the one that waits until it is open."""
    opened = open_or_wait(request, case_id, level)
    if isinstance(opened, Response):
        return opened
    kept_here = house_of(request).library.find(case_id).kind is CaseKind.UPLOAD
    shown = content(opened, case_id, texts_in(language_of(request)))
    return page(request, "case_page/case.html", **shown, kept_here=kept_here)


@router.get("/{case_id}/{level}/image")
def image(request: Request, case_id: CaseId, level: LevelName) -> Response:
    """The upright CT as little-endian int16, i fastest, then its label map as uint8."""
    shown = upright_image(_opened(request, case_id, level))
    return Response(shown.hu.astype("<i2").tobytes() + shown.labels.tobytes(), media_type=BINARY, headers=NOT_KEPT)


@router.get("/{case_id}/{level}/bone")
def bone(request: Request, case_id: CaseId, level: LevelName) -> Response:
    """The bone's surface in the vertebra's axes, in the MZ3 format."""
    return Response(as_mz3(bone_surface(_opened(request, case_id, level))), media_type=BINARY, headers=NOT_KEPT)


@router.post("/{case_id}/{level}/needle")
def needle(request: Request, case_id: CaseId, level: LevelName, sent: SentNeedle) -> dict[str, Any]:
    """What is said about a needle."""
    return judgement(_opened(request, case_id, level), sent, house_of(request).simulation)


@router.get("/{case_id}/{level}/xray/{view}")
def still(
    request: Request,
    case_id: CaseId,
    level: LevelName,
    view: Literal["ap", "lateral"],
    entry: Given,
    tip: Given,
    gauge: Annotated[int, Query(ge=1, le=99)] = 11,
) -> Response:
    """A virtual X-ray of a needle in the patient."""
    opened = _opened(request, case_id, level)
    path = SentNeedle(entry_lps_mm=entry, tip_lps_mm=tip, gauge=gauge).path()
    picture = in_turn(house_of(request).simulation, still_png, opened, view, path)
    return Response(picture, media_type="image/png", headers=NOT_KEPT)


def _opened(request: Request, case_id: str, level: str) -> OpenedCase:
    opened = house_of(request).library.opened(case_id, level)
    if opened is None:
        raise Conflict(CLOSED, where="case")
    return opened
