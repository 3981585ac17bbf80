"""One call that puts all of this around the application."""

from collections.abc import Mapping

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from vertebroplasty.web.safety.body_limit import BodyLimit
from vertebroplasty.web.safety.browser_headers import BrowserHeaders
from vertebroplasty.web.safety.entrance import entrance_routes
from vertebroplasty.web.safety.faults import Faults, answer_http_exception, answer_invalid
from vertebroplasty.web.safety.gate import Gate
from vertebroplasty.web.safety.guard import Guard
from vertebroplasty.web.safety.sentences import Say, english

__all__ = ["protect"]

LOGIN_BYTES = 4096  # [choice] one password in a form


def protect(app: FastAPI, guard: Guard, *, body_limits: Mapping[str, int] | None = None, say: Say = english) -> None:
    """Let `app` answer only those whom `guard` lets in, and add the ways in.

    From outside inwards: headers, faults, gate, body limits; a refused request's body is never read.

    Args:
        app: the application; other middleware is added before this call and so lies inside.
        guard: whom to let in.
        body_limits: bytes allowed below a path prefix, 1 MiB elsewhere.
        say: the sentences.
    """

    def on_http_exception(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return answer_http_exception(request, error, say)

    def on_invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return answer_invalid(request, error, say)

    app.add_exception_handler(HTTPException, on_http_exception)
    app.add_exception_handler(RequestValidationError, on_invalid)
    # First in the list, so that no later route can take their place.
    app.router.routes[:0] = entrance_routes(guard, say)
    app.add_middleware(BodyLimit, say=say, limits={"/login": LOGIN_BYTES} | dict(body_limits or {}))
    app.add_middleware(Gate, guard=guard, say=say)
    app.add_middleware(Faults, say=say)
    app.add_middleware(BrowserHeaders)
