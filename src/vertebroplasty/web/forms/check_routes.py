"""The check of the whole journal: begun as a job, its outcome shown to everyone who may open the registry."""

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict

from vertebroplasty.registry.store.entries import Verification
from vertebroplasty.registry.store.registry import Registry
from vertebroplasty.web.forms.drawing import checked_registry
from vertebroplasty.web.forms.opening import address_of, shown
from vertebroplasty.web.forms.room import Checked, room_of
from vertebroplasty.web.house import house_of
from vertebroplasty.web.texts.texts import language_of, texts_in

__all__ = ["router"]

PAGE = "/registry/check"
router = APIRouter(prefix="/check")


class Head(BaseModel):
    """A hash of the head that was noted before, or none."""

    model_config = ConfigDict(extra="forbid")
    head: str | None = None


@router.get("")
def check_page(request: Request) -> HTMLResponse:
    """The last check, and a button for another."""

    def filled(registry: Registry) -> dict[str, Any]:
        rows, head = registry.head()
        texts = texts_in(language_of(request)).under("registry.js_")
        return {"rows": rows, "head": head, "checked": room_of(request).checked, "js_texts": texts}

    return shown(request, "forms/check.html", filled)


@router.post("")
def check(request: Request, noted: Head) -> dict[str, str]:
    """Begin a check."""
    room = room_of(request)

    def then(found: Verification) -> str:
        room.checked = Checked(found, datetime.now(UTC))
        return PAGE

    head = (noted.head or "").strip() or None
    job = house_of(request).jobs.start(checked_registry, address_of(request), head, then=then, name="registry-check")
    return {"job": job.id}
