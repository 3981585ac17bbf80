"""Taking a rehearsal up from its log: after the server was restarted, or when too many others were played since."""

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from vertebroplasty.case.opened import OpenedCase
from vertebroplasty.rehearsal.case import RehearsalCase
from vertebroplasty.rehearsal.pacing import Paced, begun
from vertebroplasty.rehearsal.session import replayed, start
from vertebroplasty.web.cases.opening import waiting
from vertebroplasty.web.house import house_of
from vertebroplasty.web.log_file import entries_of
from vertebroplasty.web.texts.texts import language_of, texts_in
from vertebroplasty.web.theatre.record import Record
from vertebroplasty.web.work.process import Work

__all__ = ["restored", "restored_or_wait"]

ENOUGH_FOR_A_JOB = 2  # [choice] lines of a log: the first says that it began


def restored_or_wait(request: Request, record: Record, case: OpenedCase) -> Paced | Response:
    """The latest state of a rehearsal; or a page that replays its log and then comes back to this address.

    Raises:
        Refused: too much work is waiting.
    """
    house = house_of(request)
    found = house.rehearsals.live(record.id)
    if found is not None:
        return found.paced
    lines = house.rehearsals.whole_log_of(record.id)
    if len(lines) < ENOUGH_FOR_A_JOB:
        live = house.rehearsals.take_up(record, case.rehearsal, begun(start(case.rehearsal, record.seed)))
        return live.paced
    address = request.url.path

    def keep(again: Paced) -> str:
        # The case is sent to the job and back: the session goes on with the one that all others are played on.
        again = replace(again, state=replace(again.state, case=case.rehearsal))
        house.rehearsals.take_up(record, case.rehearsal, again)
        return address

    work: Work = restored
    arguments = (case.rehearsal, record.seed, lines)
    job = house.jobs.start(work, *arguments, then=keep, name=f"replay {record.id}")
    t = texts_in(language_of(request))
    return waiting(request, job, address, {"doing_replaying": t("theatre.replaying")})


def restored(stage: object, case: RehearsalCase, seed: int, lines: list[str]) -> Paced:
    """The state that a log leads to, at the latest moment that it tells.

    Raises:
        Refused: a line is no action, or comes before the one above it.
    """
    if callable(stage):
        stage(0.1, "replaying")
    found = begun(replayed(case, seed, lines))
    latest_s = max((float(each.get("t_s", 0.0)) for each in entries_of(lines)), default=0.0)
    return replace(found, now_s=max(found.now_s, latest_s))
