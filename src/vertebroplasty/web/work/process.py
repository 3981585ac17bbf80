"""One piece of long work in a process of its own, so that it can be stopped at once and never holds up a page."""

import multiprocessing
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from threading import Event
from typing import Any

from vertebroplasty.errors import VertebroplastyError

__all__ = ["BROKE", "Answer", "Work", "performed"]

Work = Callable[..., Any]  # called with a stage function first: share done, and what is being done
POLL_S = 0.1  # [choice] how often a running process is asked whether it shall stop
GRACE_S = 2.0  # [choice] given to end, then killed
DIED = "The work ended without an answer, perhaps for lack of memory: close other programs and try again."
BROKE = "The work failed in a way that nobody foresaw: look into the terminal, and report it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of it: a result, or a sentence why there is none; `cancelled` where it was stopped."""

    result: Any = None
    sentence: str = ""
    where: str = ""
    cancelled: bool = False


def performed(work: Work, arguments: tuple[Any, ...], stage: Callable[[float, str], None], stop: Event) -> Answer:
    """Do the work in a new process and hand its answer back; blocks until it ends or `stop` is set.

    `work` is a function at the top of a module; its arguments and result can be pickled.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_in_the_process, args=(there, work, arguments), daemon=True)
    process.start()
    there.close()
    try:
        while not stop.is_set():
            if not here.poll(POLL_S):
                continue
            try:
                kind, *content = pickle.loads(here.recv_bytes())
            except EOFError:
                return Answer(sentence=DIED)
            if kind == "answer":
                return Answer(**content[0])
            stage(*content)
        return Answer(cancelled=True)
    finally:
        here.close()
        _ended(process)


def _ended(process: Any) -> None:
    process.join(GRACE_S if not process.is_alive() else 0.0)
    if process.is_alive():
        process.terminate()
        process.join(GRACE_S)
    if process.is_alive():
        process.kill()
        process.join()


def _in_the_process(pipe: Connection, work: Work, arguments: tuple[Any, ...]) -> None:
    """What runs beside: every stage and the answer go through the pipe."""

    def stage(share: float, what: str) -> None:
        pipe.send_bytes(pickle.dumps(("stage", float(share), str(what))))

    try:
        answer = {"result": work(stage, *arguments)}
    except VertebroplastyError as refusal:
        answer = {"sentence": refusal.message, "where": refusal.where}
    except MemoryError:
        answer = {"sentence": DIED}
    except KeyboardInterrupt:
        return
    except Exception:
        import traceback

        traceback.print_exc()
        answer = {"sentence": BROKE}
    pipe.send_bytes(pickle.dumps(("answer", answer), protocol=pickle.HIGHEST_PROTOCOL))
    pipe.close()
