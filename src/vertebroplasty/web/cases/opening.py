"""Getting at an opened case, or at the page that waits for it."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from vertebroplasty.case.opened import OpenedCase
from vertebroplasty.web.house import house_of
from vertebroplasty.web.pages import page
from vertebroplasty.web.texts.texts import language_of, texts_in
from vertebroplasty.web.work.jobs import Job

__all__ = ["open_or_wait", "waiting"]


def open_or_wait(request: Request, case_id: str, level: str) -> OpenedCase | Response:
    """The case where it is open; else a page that opens it and then comes back to this address.

    Raises:
        Refused: there is no such case or level, or too much work is waiting.
    """
    house = house_of(request)
    opened = house.library.opened(case_id, level)
    if opened is not None:
        return opened
    work, arguments = house.library.opening(case_id, level)
    address = request.url.path

    def keep(found: OpenedCase) -> str:
        house.library.keep(case_id, level, found)
        return address

    job = house.jobs.start(work, *arguments, then=keep, name=f"open {case_id} {level}")
    return waiting(request, job, address)


def waiting(request: Request, job: Job, address: str, more: Mapping[str, str] | None = None) -> Response:
    """The page that shows a job and goes on to `address` when it is done; `more` are words for what it does."""
    texts = texts_in(language_of(request)).under("common.") | dict(more or {})
    return page(request, "common/opening.html", status=202, job=job, next=address, texts=texts)
