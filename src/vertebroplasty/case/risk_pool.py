"""Many injections at once: as many processes as asked, each with one thread, each run independent of all others."""

import multiprocessing
import os
import pickle
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool

from vertebroplasty.case.risk_worker import begin, work_on
from vertebroplasty.cement.risk_run import Outcome, RiskRuns
from vertebroplasty.cement.risk_sampling import Sample
from vertebroplasty.errors import Refused

__all__ = ["finish_runs", "usable_cores"]

Keep = Callable[[int, Outcome], None]


def usable_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def finish_runs(runs: RiskRuns, samples: Sequence[Sample], *, workers: int, known: Collection[int], keep: Keep) -> None:
    """Make every run whose index is not known and hand each to `keep` as it ends, in any order.

    Raises:
        Refused: an option is out of range, or a worker was ended from outside.
    """
    todo = [index for index in range(len(samples)) if index not in known]
    if min(workers, len(todo)) <= 1:
        shell = runs.shell()
        for index in todo:
            keep(index, runs.outcome(samples[index], shell))
        return
    pool = ProcessPoolExecutor(
        max_workers=min(workers, len(todo)),
        mp_context=multiprocessing.get_context("spawn"),  # a forked copy would share the compiled loops' threads
        initializer=begin,
        initargs=(pickle.dumps(runs),),
    )
    try:
        for future in as_completed([pool.submit(work_on, index, samples[index]) for index in todo]):
            keep(*future.result())
    except BrokenProcessPool:
        raise Refused(
            "A worker process was ended, perhaps for want of memory: use fewer --threads, or a larger --grid-mm.",
            where="--threads",
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)
