"""Which window plays which rehearsal."""

import asyncio

__all__ = ["Windows"]


class Windows:
    """Which window plays which rehearsal: the one that came last."""

    def __init__(self) -> None:
        self._playing: dict[str, asyncio.Event] = {}

    def enter(self, rehearsal_id: str) -> asyncio.Event:
        """Take over; the event is set when another window does."""
        mine = asyncio.Event()
        before = self._playing.get(rehearsal_id)
        self._playing[rehearsal_id] = mine
        if before is not None:
            before.set()
        return mine

    def leave(self, rehearsal_id: str, mine: asyncio.Event) -> None:
        """Go, unless another has taken over."""
        if self._playing.get(rehearsal_id) is mine:
            del self._playing[rehearsal_id]
