"""A few costly things kept in memory; the one used longest ago goes first, and is made again when it is wanted."""

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

__all__ = ["Shelf"]

Kept = TypeVar("Kept")


class Shelf(Generic[Kept]):
    """So many things by name, for all threads of a server."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, name: str) -> Kept | None:
        """The thing of that name; None if it is not here, or not any more."""
        with self._lock:
            if name in self._kept:
                self._kept.move_to_end(name)
            return self._kept.get(name)

    def keep(self, name: str, thing: Kept) -> None:
        """Hold a thing under its name."""
        with self._lock:
            self._kept[name] = thing
            self._kept.move_to_end(name)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
