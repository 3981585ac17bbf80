"""What is worked out of an opened case once, and thrown away with it: no image outlives a case that was closed."""

import threading
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from vertebroplasty.case.opened import OpenedCase

__all__ = ["kept_beside_the_case"]

More = ParamSpec("More")
Found = TypeVar("Found")


def kept_beside_the_case(
    work: Callable[Concatenate[OpenedCase, More], Found],
) -> Callable[Concatenate[OpenedCase, More], Found]:
    """Remember the results of `work` by case and further arguments, as long as the case is open somewhere.

    A result must not hold the case itself, or it would keep it alive.
    """
    kept: WeakKeyDictionary[OpenedCase, dict[object, Found]] = WeakKeyDictionary()
    lock = threading.Lock()

    @wraps(work)
    def found(case: OpenedCase, /, *more: More.args, **named: More.kwargs) -> Found:
        key = (more, tuple(named.items()))
        with lock:
            here = kept.setdefault(case, {})
            if key in here:
                return here[key]
        result = work(case, *more, **named)
        with lock:
            return here.setdefault(key, result)

    return found
