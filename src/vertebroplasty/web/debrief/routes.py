"""The debrief of a rehearsal: its page, its pictures and volumes, and what can be taken away."""

import hashlib
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from vertebroplasty.case.opened import OpenedCase
from vertebroplasty.documents.common import dump
from vertebroplasty.rehearsal.pacing import Paced
from vertebroplasty.rehearsal.scoring import ELEMENTS
from vertebroplasty.web.cases.opening import open_or_wait, waiting
from vertebroplasty.web.debrief import registry_routes, sheet
from vertebroplasty.web.debrief.debriefed import Debriefed, Played, work_out
from vertebroplasty.web.debrief.happenings import happenings
from vertebroplasty.web.debrief.kept import RehearsalId, worked_out
from vertebroplasty.web.debrief.words import in_words, names
from vertebroplasty.web.forms.who import who_of
from vertebroplasty.web.house import house_of
from vertebroplasty.web.pages import page
from vertebroplasty.web.safety import NotFound
from vertebroplasty.web.texts.texts import Texts, language_of, texts_in
from vertebroplasty.web.theatre.record import Record

__all__ = ["router"]

router = APIRouter(prefix="/debrief")
router.include_router(registry_routes.router)
CANAL = ("epidural", "basivertebral-vein")


@router.get("/{rehearsal_id}")
def debrief(request: Request, rehearsal_id: RehearsalId) -> Response:
    """The page; where it is not worked out yet, the page that waits for it."""
    house = house_of(request)
    record = house.rehearsals.find(rehearsal_id)
    lines = tuple(house.rehearsals.log_of(rehearsal_id))
    found = house.debriefs.find(rehearsal_id)
    if found is not None and found.played_sha256 == _sha256(lines):
        return _page(request, record, found)
    case = open_or_wait(request, record.case_id, record.level)
    if isinstance(case, Response):
        return case
    return _waiting(request, rehearsal_id, _played(case, record.seed, lines, house.rehearsals.paced(rehearsal_id)))


def _sha256(lines: tuple[str, ...]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _played(case: OpenedCase, seed: int, lines: tuple[str, ...], live: Paced | None) -> Played:
    """The rehearsal, with the state it led to where it is in memory: that of the same case, as it travels with it."""
    state = None if live is None else live.state
    same = case.rehearsal if state is None else state.case
    return Played(case=same, seed=seed, lines=lines, synthetic=case.synthetic, said=case.said, state=state)


def _waiting(request: Request, rehearsal_id: str, played: Played) -> Response:
    """The page that waits while the debrief is worked out beside."""
    house, address = house_of(request), f"/debrief/{rehearsal_id}"

    def keep(made: Debriefed) -> str:
        house.debriefs.keep(rehearsal_id, made)
        return address

    job = house.jobs.start(work_out, played, then=keep, name=f"debrief {rehearsal_id} {played.sha256}")
    return waiting(request, job, address, texts_in(language_of(request)).under("debrief."))


def _page(request: Request, record: Record, found: Debriefed) -> Response:
    here, t = f"/debrief/{record.id}", texts_in(language_of(request))
    leaks = sorted(found.document.leaks, key=lambda leak: (leak.site not in CANAL, -leak.volume_ml))
    return page(
        request,
        "debrief/page.html",
        found=found,
        guided=record.guided,
        told=found.document,
        leaks=leaks,
        canal=CANAL,
        elements=ELEMENTS,
        sheet=sheet,
        key_moments=sheet.key_moments(found.timeline, found.moments),
        lines=happenings(found.document.log),
        here=here,
        again=f"/cases/{record.case_id}/{record.level}",
        has_registry=house_of(request).settings.db is not None,
        who=who_of(request),
        film=_film(found, here, t),
        names=partial(names, t),
        in_words=partial(in_words, t),
    )


def _film(found: Debriefed, here: str, t: Texts) -> dict[str, Any]:
    """What the scripts need: the moments, where pictures and volumes are, and words."""
    return {
        "here": here,
        "moments": [
            {"t_s": each.t_s, "ml": each.injected_ml, "clock": sheet.clock(each.t_s)} for each in found.moments
        ],
        "pictures": {view: f"{here}/{view}" for view in ("ap", "lateral")},
        "cement": None if found.cement is None else f"{here}/cement",
        "bone": f"{here}/bone",
        "texts": t.under("debrief."),
    }


@router.get("/{rehearsal_id}/{view}/{number}")
def picture(request: Request, rehearsal_id: RehearsalId, view: str, number: int) -> Response:
    """The X-ray of one moment: `ap` or `lateral`."""
    moments = worked_out(request, rehearsal_id).moments
    if view not in ("ap", "lateral") or not 0 <= number < len(moments):
        raise NotFound(texts_in(language_of(request))("common.not_found"))
    png: bytes = getattr(moments[number], view)
    return Response(png, media_type="image/png")


@router.get("/{rehearsal_id}/cement")
def cement(request: Request, rehearsal_id: RehearsalId) -> Response:
    """The cement at every moment: a gzipped NIfTI with four dimensions."""
    made = worked_out(request, rehearsal_id).cement
    if made is None:
        raise NotFound(texts_in(language_of(request))("debrief.no_cement"))
    return Response(made, media_type="application/octet-stream")


@router.get("/{rehearsal_id}/bone")
def bone(request: Request, rehearsal_id: RehearsalId) -> Response:
    """The bone of the level: a gzipped NIfTI."""
    return Response(worked_out(request, rehearsal_id).bone, media_type="application/octet-stream")


@router.get("/{rehearsal_id}/log.jsonl")
def log(request: Request, rehearsal_id: RehearsalId) -> Response:
    """The log, for `rehearse --replay`."""
    return _file(worked_out(request, rehearsal_id).log, "application/x-ndjson", "rehearsal.jsonl")


@router.get("/{rehearsal_id}/result.json")
def result(request: Request, rehearsal_id: RehearsalId) -> Response:
    """What `rehearse` answers for the log."""
    found = worked_out(request, rehearsal_id)
    return _file(dump(found.document) + "\n", "application/json", "rehearsal.json")


def _file(text: str, kind: str, name: str) -> Response:
    return Response(text, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
