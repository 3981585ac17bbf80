"""Getting at a debrief that was worked out."""

from typing import Annotated

from fastapi import Path, Request

from vertebroplasty.web.debrief.debriefed import Debriefed
from vertebroplasty.web.house import house_of
from vertebroplasty.web.safety import NotFound
from vertebroplasty.web.texts.texts import language_of, texts_in

__all__ = ["RehearsalId", "worked_out"]

RehearsalId = Annotated[str, Path(pattern="^[a-z0-9-]{1,64}$")]


def worked_out(request: Request, rehearsal_id: str) -> Debriefed:
    """The debrief of a rehearsal.

    Raises:
        NotFound: it is not in memory any more; its page makes it anew.
    """
    found = house_of(request).debriefs.find(rehearsal_id)
    if found is None:
        raise NotFound(texts_in(language_of(request))("debrief.gone"), where="rehearsal")
    return found
