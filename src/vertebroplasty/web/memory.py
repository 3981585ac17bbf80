"""The memory of a server that runs for days: what has been let go must serve others, and go back to the system."""

import asyncio
import ctypes
import gc
import sys
from contextlib import suppress

__all__ = ["hand_back", "hand_back_now_and_then", "share_the_heap"]

ARENA_MAX = -8  # [exact] M_ARENA_MAX of glibc's malloc.h
ARENAS = 2  # [choice] one for the simulation, one for the rest; glibc's own choice is eight for every core
EVERY_S = 60.0  # [choice] the collector holds one picture up for a few hundredths of a second


def share_the_heap() -> None:
    """Let all threads of this process take memory from the same few heaps.

    glibc gives each of a server's many threads a heap of its own, and each grows towards the most that any one
    request ever needed.  Other C libraries have no such setting.
    """
    _ask_glibc("mallopt", ARENA_MAX, ARENAS)


def hand_back() -> None:
    """Give the system back what nobody holds any more.

    A case that is closed goes only when the garbage collector looks for it, as what was measured in it refers to it in
    turn; and Python, which counts objects and not their size, looks seldom.  And glibc of itself gives back only what
    lies at the end of a heap.
    """
    gc.collect()
    _ask_glibc("malloc_trim", 0)


async def hand_back_now_and_then() -> None:
    """Hand memory back once a minute, until cancelled; what is there as this begins is taken to be there for good."""
    gc.freeze()  # the program itself: four fifths of all objects, and of the time that the collector would take
    try:
        while True:
            await asyncio.sleep(EVERY_S)
            await asyncio.to_thread(hand_back)
    finally:
        gc.unfreeze()


def _ask_glibc(function: str, *arguments: int) -> None:
    if sys.platform == "linux":
        with suppress(AttributeError):
            ctypes.CDLL(None)[function](*arguments)
