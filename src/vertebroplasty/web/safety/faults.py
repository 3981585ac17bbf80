"""What went wrong, told to the user in one sentence and to the log without a word of what was being worked on."""

import logging
import traceback
from http import HTTPStatus

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from vertebroplasty.errors import DiskFull, Refused, Tampered, VertebroplastyError
from vertebroplasty.web.safety.answers import refusal
from vertebroplasty.web.safety.sentences import Say

__all__ = ["AnswerBrokeOff", "Conflict", "Faults", "NotFound", "answer_http_exception", "answer_invalid"]

INTERNAL_ERROR = 1011  # [exact] WebSocket close code, RFC 6455 section 7.4.1
PLACES = 8  # [choice] innermost places of a fault in the log; the outer ones are the framework's
LOG = logging.getLogger("vertebroplasty.web")
KEY_OF_STATUS = {404: "no-page", 405: "no-method"}


class NotFound(Refused):
    """No case, job, rehearsal or record has this name."""

    kind = "not-found"


class Conflict(Refused):
    """What is asked does not fit the state things are in now."""

    kind = "conflict"


class AnswerBrokeOff(Exception):
    """A fault came after the answer had begun: the connection is cut, so that half an answer never looks whole."""


def status_of(error: VertebroplastyError) -> int:
    """The HTTP status of one of our errors."""
    if isinstance(error, NotFound):
        return HTTPStatus.NOT_FOUND
    if isinstance(error, Conflict | Tampered):
        return HTTPStatus.CONFLICT
    if isinstance(error, DiskFull):
        return HTTPStatus.INSUFFICIENT_STORAGE
    return HTTPStatus.BAD_REQUEST


def told_to_log(error: BaseException) -> str:
    """Type and places of an error; its own words may hold a name or a path and are left out."""
    places = [
        f"{place.filename}:{place.lineno} {place.name}" for place in traceback.extract_tb(error.__traceback__, -PLACES)
    ]
    return f"{type(error).__name__} at {' < '.join(reversed(places))}"


class Faults:
    """Answers every error that no page has answered.

    Args:
        app: what lies behind.
        say: the sentences.
    """

    def __init__(self, app: ASGIApp, say: Say) -> None:
        self.app = app
        self.say = say

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request or socket on and answer what it raises."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        begun = ended = False

        async def watching(message: Message) -> None:
            nonlocal begun, ended
            begun = True
            ended = ended or message["type"] == "websocket.close"
            await send(message)

        try:
            await self.app(scope, receive, watching)
        except (ClientDisconnect, WebSocketDisconnect):
            return  # the window was closed, the upload cancelled: there is nobody to answer
        except Exception as error:
            if scope["type"] == "websocket":
                LOG.error("Fault in a socket: %s", told_to_log(error))
                if not ended:
                    await _close(send)
            elif begun:
                LOG.error("Fault after the answer had begun: %s", told_to_log(error))
                raise AnswerBrokeOff from None
            else:
                await self._answer(scope, error)(scope, receive, send)

    def _answer(self, scope: Scope, error: Exception) -> Response:
        if isinstance(error, VertebroplastyError):
            return refusal(scope, self.say, status_of(error), error.message, where=error.where, problems=error.problems)
        LOG.error("Fault: %s", told_to_log(error))
        return refusal(scope, self.say, HTTPStatus.INTERNAL_SERVER_ERROR, self.say(scope, "fault"))


async def _close(send: Send) -> None:
    try:
        await send({"type": "websocket.close", "code": INTERNAL_ERROR})
    except (RuntimeError, OSError) as error:
        # The browser went away first.
        LOG.info("A socket was gone before it could be closed: %s", type(error).__name__)


def answer_http_exception(request: Request, error: HTTPException, say: Say) -> Response:
    """Our sentence for a status that the framework raised (no such page, no such method)."""
    key = KEY_OF_STATUS.get(error.status_code, "bad-request")
    return refusal(request.scope, say, error.status_code, say(request.scope, key), headers=error.headers)


def answer_invalid(request: Request, error: RequestValidationError, say: Say) -> Response:
    """Our sentence for a value of the wrong kind: the field is named, what was sent is not repeated."""
    first = error.errors()[0] if error.errors() else {}
    where = ".".join(str(part) for part in first.get("loc", ()) if isinstance(part, int) or str(part).isidentifier())
    return refusal(request.scope, say, HTTPStatus.UNPROCESSABLE_ENTITY, say(request.scope, "bad-field"), where=where)
