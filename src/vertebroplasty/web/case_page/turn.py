"""Waiting for the one thread that computes: few wait at a time, and who comes too late is told so."""

import threading
from collections.abc import Callable
from concurrent.futures import Executor
from typing import ParamSpec, TypeVar

from vertebroplasty.web.safety import Conflict

__all__ = ["in_turn"]

AT_ONCE = 8  # [choice] requests that wait; each page sends one at a time
BUSY = "Too much is being worked out already: try again in a moment."

waiting = threading.BoundedSemaphore(AT_ONCE)
Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


def in_turn(
    simulation: Executor,
    work: Callable[Arguments, Answer],
    *arguments: Arguments.args,
    **named: Arguments.kwargs,
) -> Answer:
    """The answer of a function that runs in the simulation thread.

    Raises:
        Conflict: too many wait already.
    """
    if not waiting.acquire(blocking=False):
        raise Conflict(BUSY, where="simulation")
    try:
        return simulation.submit(work, *arguments, **named).result()
    finally:
        waiting.release()
