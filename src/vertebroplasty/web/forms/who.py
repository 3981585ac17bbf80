"""Who acts: a pseudonym, asked for once and kept in a cookie of this browser; the journal keeps it with every change.

It names a person to the journal and proves nothing: whoever may open the server may say it.
"""

import re

from fastapi import Request
from fastapi.responses import JSONResponse
from starlette.requests import HTTPConnection

from vertebroplasty.errors import Refused
from vertebroplasty.registry.fields import PSEUDONYM

__all__ = ["COOKIE", "remember", "required_who", "who_of"]

COOKIE = "who"
AS_PSEUDONYM = re.compile(PSEUDONYM["pattern"])
FORM = "who acts is a pseudonym: letters, digits and . _ : - without blanks, at most 64, and never a name."
UNSAID = f"Say first who you are: {FORM}"


def who_of(connection: HTTPConnection) -> str:
    """The pseudonym that this browser gave; empty if none."""
    told = connection.cookies.get(COOKIE, "")
    return told if AS_PSEUDONYM.fullmatch(told) else ""


def required_who(request: Request) -> str:
    """The pseudonym for the journal.

    Raises:
        Refused: none was given yet.
    """
    who = who_of(request)
    if not who:
        raise Refused(UNSAID, where="who")
    return who


def remember(who: str, *, secure: bool) -> JSONResponse:
    """An answer that keeps the pseudonym in this browser until it is closed.

    Raises:
        Refused: it is no pseudonym.
    """
    if not AS_PSEUDONYM.fullmatch(who.strip()):
        raise Refused(f"That cannot stand in the journal: {FORM}", where="who")
    answer = JSONResponse({"who": who.strip()})
    answer.set_cookie(COOKIE, who.strip(), samesite="strict", httponly=True, secure=secure)
    return answer
