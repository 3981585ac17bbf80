"""Memory that many threads took and let go, counted by the system."""

import asyncio
import gc
import subprocess
import sys
import weakref

import pytest

from vertebroplasty.web import memory

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems have another malloc")

MANY_THREADS = """
import ctypes, threading
from vertebroplasty.web.memory import share_the_heap
{}
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
held = threading.Barrier(13)
heaps = set()
def take():
    heaps.add(libc.malloc(1000) >> 26)  # a heap of glibc beside the first lies within 64 MiB of its own
    held.wait()
threads = [threading.Thread(target=take) for _ in range(12)]
for each in threads: each.start()
held.wait()
for each in threads: each.join()
print(len(heaps))
"""
LET_GO = """
import ctypes
from pathlib import Path
from vertebroplasty.web.memory import hand_back
PIECE, PIECES = 100_000, 2000
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
def held_mib():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if "VmRSS" in line) / 1024
before = held_mib()
places = [libc.malloc(PIECE) for _ in range(PIECES)]
for place in places: ctypes.memset(place, 1, PIECE)
for place in places[:-1]: libc.free(ctypes.c_void_p(place))  # the last one keeps the end of the heap
{}
print(held_mib() - before)
"""


def told(script: str, line: str) -> float:
    words = [sys.executable, "-c", script.format(line)]
    return float(subprocess.run(words, capture_output=True, text=True, check=True).stdout)


def test_many_threads_share_a_few_heaps():
    assert told(MANY_THREADS, "share_the_heap()") <= 3 < told(MANY_THREADS, "")


def test_what_was_let_go_is_handed_back():
    """200 MB, of which one piece is still held."""
    assert told(LET_GO, "hand_back()") < 10 < 150 < told(LET_GO, "")


def test_a_closed_case_goes_although_it_refers_to_itself():
    """As what was measured in a case does; the collector of itself would wait for thousands of other objects."""

    class Closed:
        def __init__(self):
            self.itself = self

    closed = Closed()
    gone = weakref.ref(closed)
    del closed
    assert gone() is not None
    memory.hand_back()
    assert gone() is None


def test_it_is_handed_back_again_and_again(monkeypatch):
    calls = []
    monkeypatch.setattr(memory, "EVERY_S", 0.01)
    monkeypatch.setattr(memory, "hand_back", lambda: calls.append(1))

    async def a_while() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(memory.hand_back_now_and_then(), 1.0)

    asyncio.run(a_while())
    assert len(calls) > 3
    assert gc.get_freeze_count() == 0
