"""Compiled loops: one decorator for all numba kernels, cached where a cache can be written, threads bounded.

Importing this module imports numba (0.7 s), so only kernel modules do so.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FunctionType
from typing import Any, TypeVar

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # spinning threads cost tenfold on a busy machine

import numba

__all__ = ["bound_threads", "few_threads", "kernel", "parallel_kernel", "prange"]

Function = TypeVar("Function", bound=Callable[..., Any])
prange = numba.prange


def _compiled(function: Function, **options: Any) -> Function:
    """Compile with a cache; without one where no folder is writable (a read-only image without a home)."""
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:
        return numba.njit(**options)(function)


def kernel(function: Function) -> Function:
    """A serial compiled loop, strict floating point.  Keep its helpers in the same file: the cache is keyed on it."""
    return _compiled(function)


def parallel_kernel(function: Function) -> Function:
    """A compiled loop over `prange`; write results that do not depend on the number of threads."""
    return _compiled(_renamed(function), parallel=True)


def _renamed(function: Any) -> Any:
    """The same function under another name: the cache knows functions by name, not by how they were compiled.

    Without it the serial and the parallel form of one body load each other's code, and the parallel one runs alone.
    """
    twin = FunctionType(
        function.__code__, function.__globals__, f"{function.__name__}_parallel", function.__defaults__,
        function.__closure__,
    )  # fmt: skip
    twin.__qualname__ = f"{function.__qualname__}_parallel"
    twin.__doc__, twin.__module__, twin.__annotations__ = (
        function.__doc__,
        function.__module__,
        function.__annotations__,
    )
    return twin


def bound_threads(threads: int) -> None:
    """Use at most so many threads in all kernels from here on."""
    numba.set_num_threads(max(1, min(threads, int(os.environ.get("NUMBA_NUM_THREADS", os.cpu_count() or 1)))))


@contextmanager
def few_threads(alone: bool) -> Iterator[None]:
    """Run the parallel kernels inside on one thread if `alone`: short loops finish before a second one has woken."""
    before = numba.get_num_threads()
    numba.set_num_threads(1 if alone else before)
    try:
        yield
    finally:
        numba.set_num_threads(before)
