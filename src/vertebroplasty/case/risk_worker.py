"""A worker process of `risk`: one thread, one injection after another.

Nothing heavy is imported before the threads are bounded: numba reads their number when it is first imported.
"""

import os
import pickle
import signal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vertebroplasty.cement.risk_run import Outcome
    from vertebroplasty.cement.risk_sampling import Sample

__all__ = ["begin", "work_on"]

POOLS = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_state: dict[str, Any] = {}


def begin(work: bytes) -> None:
    """Bound the threads and unpack the injection to repeat; an interrupt is left to the process that waits."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.update(dict.fromkeys(POOLS, "1"))
    from vertebroplasty.kernels import bound_threads

    bound_threads(1)
    _state["runs"] = pickle.loads(work)  # packed by the process that started this one
    _state["runs"].make_known()
    _state["shell"] = _state["runs"].shell()


def work_on(index: int, sample: "Sample") -> "tuple[int, Outcome]":
    """One injection."""
    return index, _state["runs"].outcome(sample, _state["shell"])
