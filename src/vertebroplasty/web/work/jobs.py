"""The jobs of a server: started, watched and cancelled by an id; two run at a time, the others wait."""

import logging
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from typing import Any

from vertebroplasty.errors import Refused, VertebroplastyError
from vertebroplasty.web.work.process import BROKE, Answer, Work, performed

__all__ = ["Job", "JobState", "Jobs"]

AT_ONCE = 2  # [choice] processes beside the server
WAITING = 8  # [choice] more are refused
KEPT = 64  # [choice] ended jobs that can still be asked about
LOG = logging.getLogger("vertebroplasty.web")
FULL = "Too much work is waiting already: let some of it end, or cancel it."


class JobState(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self not in (JobState.WAITING, JobState.RUNNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job as it stands: share done from 0 to 1, what it is doing, and where to go on when it is done."""

    id: str
    name: str = ""
    state: JobState = JobState.WAITING
    share: float = 0.0
    doing: str = ""
    sentence: str = ""
    next: str = ""
    stop: threading.Event = field(default_factory=threading.Event)

    def as_json(self) -> dict[str, Any]:
        """What a page is told."""
        told = {name: getattr(self, name) for name in ("id", "share", "doing", "sentence", "next")}
        return told | {"state": self.state.value}


class Jobs:
    """All jobs of a server."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="job")

    def start(self, work: Work, *arguments: Any, then: Callable[[Any], str], name: str = "") -> Job:
        """Begin a job; `then` takes its result (in a thread of the server) and says which page comes next.

        Of jobs with the same name one runs at a time: who asks for it again is given the one that has not ended.

        Raises:
            Refused: too many wait already.
        """
        job = Job(id=f"j-{secrets.token_hex(8)}", name=name)
        with self._lock:
            for each in self._jobs.values():
                if name and each.name == name and not each.state.ended:
                    return each
            if sum(not each.state.ended for each in self._jobs.values()) >= AT_ONCE + WAITING:
                raise Refused(FULL)
            self._forget_old()
            self._jobs[job.id] = job
        self._threads.submit(self._run, job, work, arguments, then)
        return job

    def find(self, job_id: str) -> Job:
        """A job by its id.

        Raises:
            Refused: there is none.
        """
        with self._lock:
            if job_id not in self._jobs:
                raise Refused("That work is not known here: the server was restarted. Start it again.", where="job")
            return self._jobs[job_id]

    def names(self) -> frozenset[str]:
        """The names of the jobs that have not ended."""
        with self._lock:
            return frozenset(each.name for each in self._jobs.values() if not each.state.ended)

    def cancel(self, job_id: str) -> Job:
        """Stop a job; one that has ended stays as it is."""
        job = self.find(job_id)
        job.stop.set()
        if job.state is JobState.WAITING:
            self._set(job_id, state=JobState.CANCELLED)
        return self.find(job_id)

    def close(self) -> None:
        """Stop everything, as the server ends."""
        with self._lock:
            jobs = list(self._jobs.values())
        for job in jobs:
            job.stop.set()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _run(self, job: Job, work: Work, arguments: tuple[Any, ...], then: Callable[[Any], str]) -> None:
        if job.stop.is_set():
            self._set(job.id, state=JobState.CANCELLED)
            return
        self._set(job.id, state=JobState.RUNNING)
        stage = partial(self._staged, job.id)
        try:
            outcome = self._outcome(performed(work, arguments, stage, job.stop), then)
        except Exception as error:  # a full disk, say: a job that never ended would keep its place for good
            LOG.error("A job failed: %s", type(error).__name__)
            outcome = {"state": JobState.FAILED, "sentence": BROKE}
        self._set(job.id, **outcome)

    def _staged(self, job_id: str, share: float, doing: str) -> None:
        self._set(job_id, share=share, doing=doing)

    def _outcome(self, answer: Answer, then: Callable[[Any], str]) -> dict[str, Any]:
        if answer.cancelled:
            return {"state": JobState.CANCELLED}
        if answer.sentence:
            return {"state": JobState.FAILED, "sentence": answer.sentence}
        try:
            return {"state": JobState.DONE, "share": 1.0, "next": then(answer.result)}
        except VertebroplastyError as refusal:
            return {"state": JobState.FAILED, "sentence": refusal.message}

    def _set(self, job_id: str, **values: Any) -> None:
        with self._lock:
            self._jobs[job_id] = replace(self._jobs[job_id], **values)

    def _forget_old(self) -> None:
        ended = [each.id for each in self._jobs.values() if each.state.ended]
        for job_id in ended[: max(len(ended) - KEPT, 0)]:
            del self._jobs[job_id]
