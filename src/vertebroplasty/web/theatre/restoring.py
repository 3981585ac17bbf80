"""Taking a rehearsal up from its log: after the server was restarted, or when too many others were played since."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from vertebroplasty.case.opened import OpenedCase
from vertebroplasty.rehearsal.case import RehearsalCase
from vertebroplasty.rehearsal.pacing import Paced, begun
from vertebroplasty.rehearsal.session import moments_replayed, start
from vertebroplasty.rehearsal.state import RehearsalState, views_taken
from vertebroplasty.web.cases.opening import waiting
from vertebroplasty.web.house import house_of
from vertebroplasty.web.log_file import entries_of
from vertebroplasty.web.texts.texts import language_of, texts_in
from vertebroplasty.web.theatre.live import Live, Shot
from vertebroplasty.web.theatre.pictures import monitors, retaken
from vertebroplasty.web.theatre.record import Record
from vertebroplasty.web.work.process import Work

__all__ = ["TakenUp", "restored", "restored_or_wait"]

ENOUGH_FOR_A_JOB = 2  # [choice] lines of a log: the first says that it began


@dataclass(frozen=True, eq=False, kw_only=True)
class TakenUp:
    """A rehearsal as its log leaves it, and the pictures that its monitors held, at most one each."""

    paced: Paced
    shots: tuple[Shot, ...]


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

    def keep(again: TakenUp) -> str:
        # The case is sent to the job and back: the session goes on with the one that all others are played on.
        paced = replace(again.paced, state=replace(again.paced.state, case=case.rehearsal))
        house.rehearsals.take_up(record, case.rehearsal, paced, again.shots)
        return address

    work: Work = restored
    arguments = (case.rehearsal, record, lines)
    job = house.jobs.start(work, *arguments, then=keep, name=f"replay {record.id}")
    t = texts_in(language_of(request))
    return waiting(request, job, address, {"doing_replaying": t("theatre.replaying")})


def restored(stage: object, case: RehearsalCase, record: Record, lines: list[str]) -> TakenUp:
    """The state that a log leads to, at the latest moment that it tells, and the last picture of each monitor.

    The pictures are taken again of the moments at which they were taken: that costs no dose and leaves no entry.

    Raises:
        Refused: a line is no action, or comes before the one above it.
    """
    if callable(stage):
        stage(0.1, "replaying")
    state, last = _with_last_pictures(moments_replayed(case, record.seed, lines))
    found = begun(state)
    latest_s = max((float(each.get("t_s", 0.0)) for each in entries_of(lines)), default=0.0)
    paced = replace(found, now_s=max(found.now_s, latest_s))
    return TakenUp(paced=paced, shots=tuple(retaken(Live(record=record, case=case, paced=paced), last)))


def _with_last_pictures(
    moments: Iterable[RehearsalState],
) -> tuple[RehearsalState, dict[str, tuple[RehearsalState, int]]]:
    """The last of some states, and by monitor the one of the last picture on it, with the tube that took it."""
    last: dict[str, tuple[RehearsalState, int]] = {}
    entries = 0
    for state in moments:
        fresh, entries = state.log[entries:], len(state.log)
        for picture in (each for each in fresh if each.get("event") == "picture"):
            planes = len(views_taken(picture))
            last |= {monitor: (state, plane) for monitor, plane in monitors(state, planes).items()}
    return state, last
