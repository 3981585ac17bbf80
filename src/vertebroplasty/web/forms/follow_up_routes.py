"""Who has to be asked now, who was missed, and who is lost."""

from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict

from vertebroplasty.registry.follow_up.due import standings
from vertebroplasty.registry.follow_up.windows import Planned, Standing, due, lost, overdue
from vertebroplasty.registry.store.registry import Registry
from vertebroplasty.web.forms.addresses import addresses
from vertebroplasty.web.forms.opening import opened, shown
from vertebroplasty.web.pages import fragment

__all__ = ["router"]

MOST_SHOWN = 500  # [choice] lines of one list; the command line prints them all
router = APIRouter()


class Day(BaseModel):
    """The day that is asked about."""

    model_config = ConfigDict(extra="forbid")
    on: date


@router.get("/due")
def due_page(request: Request) -> HTMLResponse:
    """The follow-up that is due, overdue or lost today."""
    return shown(request, "forms/due.html", lambda registry: _waited_for(registry, date.today()))


@router.post("/due")
def due_on(request: Request, asked: Day) -> dict[str, str]:
    """The same lists for another day, as a part of that page."""
    with opened(request) as registry:
        content = _waited_for(registry, asked.on)
    return {"html": fragment(request, "forms/due_lists.html", **content), "said": ""}


def _waited_for(registry: Registry, day: date) -> dict[str, Any]:
    found = standings(registry, today=day)
    planned, missed, gone = due(found), overdue(found), lost(found)
    shown_rows: list[Planned | Standing] = [*planned[:MOST_SHOWN], *missed[:MOST_SHOWN], *gone[:MOST_SHOWN]]
    with registry.reading() as connection:
        known = addresses(
            connection,
            (pair for row in shown_rows for pair in (("patient", row.patient), ("procedure", row.procedure))),
        )
    return {
        "on": day.isoformat(),
        "today": day,
        "due": planned[:MOST_SHOWN],
        "overdue": missed[:MOST_SHOWN],
        "lost": gone[:MOST_SHOWN],
        "counts": {"due": len(planned), "overdue": len(missed), "lost": len(gone)},
        "most": MOST_SHOWN,
        "addresses": known,
    }
