"""Who has to be asked now, who was missed, and who is lost."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from vertebroplasty.registry.follow_up.due import standings
from vertebroplasty.registry.follow_up.windows import due, lost, overdue
from vertebroplasty.registry.store.registry import Registry
from vertebroplasty.web.forms.opening import shown

__all__ = ["router"]

MOST_SHOWN = 500  # [choice] lines of one list; the command line prints them all
router = APIRouter()


@router.get("/due")
def due_page(request: Request, on: Annotated[date | None, Query()] = None) -> HTMLResponse:
    """The follow-up that is due, overdue or lost on a day."""
    day = on or date.today()

    def filled(registry: Registry) -> dict[str, Any]:
        found = standings(registry, today=day)
        lists = {"due": due(found), "overdue": overdue(found), "lost": lost(found)}
        return {
            "on": day.isoformat(),
            "today": day,
            "counts": {name: len(each) for name, each in lists.items()},
            "most": MOST_SHOWN,
            **{name: each[:MOST_SHOWN] for name, each in lists.items()},
        }

    return shown(request, "forms/due.html", filled)
