"""Wrong tries at the door: after ten from one address, a minute's wait."""

from collections import OrderedDict
from collections.abc import Callable
from math import ceil

__all__ = ["MOST_TRIES", "WAIT_SECONDS", "Tries"]

MOST_TRIES = 10  # [choice] more than anyone mistypes in a row
WAIT_SECONDS = 60  # [choice] slows guessing to ten tries a minute
MOST_ADDRESSES = 1000  # [choice] bounds the memory; the longest unseen address is forgotten


class Tries:
    """Counts the tries of each address; a try counts when it begins, so that parallel ones cannot slip through.

    Args:
        clock: seconds that never run backwards.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._made: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def begin(self, address: str) -> int:
        """Seconds the address must wait before it may try; 0 counts a try and lets it be made."""
        now = self._clock()
        count, last = self._made.get(address, (0, now))
        waited = now - last
        if waited >= WAIT_SECONDS:
            count = 0
        if count >= MOST_TRIES:
            return ceil(WAIT_SECONDS - waited)
        self._made[address] = (count + 1, now)
        self._made.move_to_end(address)
        if len(self._made) > MOST_ADDRESSES:
            self._made.popitem(last=False)
        return 0

    def forget(self, address: str) -> None:
        """A try succeeded: the address starts anew."""
        self._made.pop(address, None)
