"""A few costly things kept in memory; the one used longest ago goes first, and is made again when it is wanted."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

__all__ = ["Shelf"]

Name = TypeVar("Name", bound=Hashable)
Kept = TypeVar("Kept")


class Shelf(Generic[Name, Kept]):
    """So many things by name, for all threads of a server."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Name, Kept] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, name: Name) -> Kept | None:
        """The thing of that name; None if it is not here, or not any more."""
        with self._lock:
            if name in self._kept:
                self._kept.move_to_end(name)
            return self._kept.get(name)

    def keep(self, name: Name, thing: Kept) -> None:
        """Hold a thing under its name."""
        with self._lock:
            self._kept[name] = thing
            self._kept.move_to_end(name)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def forget(self, unwanted: Callable[[Name], bool]) -> None:
        """Let go of everything whose name is not wanted any more."""
        with self._lock:
            for name in [each for each in self._kept if unwanted(each)]:
                del self._kept[name]
