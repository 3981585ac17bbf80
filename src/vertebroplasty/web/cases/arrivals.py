"""Which parts of which uploads are on their way: each is written by one request at a time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from vertebroplasty.web.safety import Conflict

__all__ = ["Arrivals"]

ARRIVING = "This file is being sent already: wait until it has arrived, or cancel that."


class Arrivals:
    """The parts that requests are writing now."""

    def __init__(self) -> None:
        self._parts: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    @contextmanager
    def of(self, upload_id: str, part: str) -> Iterator[None]:
        """Be the one request that writes a part.

        Raises:
            Conflict: another one does.
        """
        with self._lock:
            if (upload_id, part) in self._parts:
                raise Conflict(ARRIVING, where=part)
            self._parts.add((upload_id, part))
        try:
            yield
        finally:
            with self._lock:
                self._parts.discard((upload_id, part))

    def uploads(self) -> frozenset[str]:
        """The uploads that something is on its way to."""
        with self._lock:
            return frozenset(upload_id for upload_id, _ in self._parts)
