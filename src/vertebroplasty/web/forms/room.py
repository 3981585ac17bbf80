"""What the registry's pages remember between requests: figures that were drawn, pages made, the last check."""

from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import TypeVar

from fastapi import Request

from vertebroplasty.registry.store.entries import Verification
from vertebroplasty.web.forms.drawing import Drawing
from vertebroplasty.web.safety import NotFound
from vertebroplasty.web.shelf import Shelf

__all__ = ["Checked", "Room", "room_of"]

MOST_KEPT = 8  # [choice] sets of figures and reports; older ones are drawn again when asked for
FORGOTTEN = "That is not kept any more: make it again from the page of the series."
MAKING = Lock()
Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class Checked:
    """The outcome of a check of the whole journal, and when it ended."""

    found: Verification
    at: datetime


@dataclass(eq=False)
class Room:
    """Results of long work, for every browser of this server."""

    checked: Checked | None = None
    _drawings: Shelf[str, Drawing] = field(default_factory=lambda: Shelf(MOST_KEPT))
    _reports: Shelf[str, str] = field(default_factory=lambda: Shelf(MOST_KEPT))

    def keep_drawing(self, key: str, drawing: Drawing) -> None:
        """Keep the figures of one state of a series."""
        self._drawings.keep(key, drawing)

    def keep_report(self, key: str, html: str) -> None:
        """Keep a page to print."""
        self._reports.keep(key, html)

    def has_drawing(self, key: str) -> bool:
        """Whether the figures are there."""
        return self._drawings.find(key) is not None

    def has_report(self, key: str) -> bool:
        """Whether the page is there."""
        return self._reports.find(key) is not None

    def drawing(self, key: str) -> Drawing:
        """The figures.

        Raises:
            NotFound: they are not kept any more.
        """
        return _get(self._drawings, key)

    def report(self, key: str) -> str:
        """The page to print.

        Raises:
            NotFound: it is not kept any more.
        """
        return _get(self._reports, key)


def _get(where: Shelf[str, Kept], key: str) -> Kept:
    found = where.find(key)
    if found is None:
        raise NotFound(FORGOTTEN, where="series")
    return found


def room_of(request: Request) -> Room:
    """The room of the server that a request came to."""
    state = request.app.state
    with MAKING:
        if not hasattr(state, "registry_room"):
            state.registry_room = Room()
        room: Room = state.registry_room
    return room
