"""The two ways in: the printed address with its one-time token, or the password."""

from html import escape
from http import HTTPStatus
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from vertebroplasty.web.safety.answers import page, refusal
from vertebroplasty.web.safety.asking import is_from_elsewhere
from vertebroplasty.web.safety.guard import Guard
from vertebroplasty.web.safety.sentences import Say

__all__ = ["entrance_routes"]

MOST_FIELDS = 4  # [choice] the form has one field
FORM = """<form method="post" action="/login">
<p><label for="password">{label}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required autofocus></p>
<p><button type="submit">{button}</button></p>
</form>"""


def entrance_routes(guard: Guard, say: Say) -> list[Route]:
    """`/enter` where the server prints a one-time address, `/login` where it has a password."""

    async def enter(request: Request) -> Response:
        return _enter(request, guard, say)

    async def show_login(request: Request) -> Response:
        return HTMLResponse(_login_page(request, say, ""))

    async def login(request: Request) -> Response:
        return await _login(request, guard, say)

    if guard.password is None:
        return [Route("/enter", enter, methods=["GET"])]
    return [Route("/login", show_login, methods=["GET"]), Route("/login", login, methods=["POST"])]


def _enter(request: Request, guard: Guard, say: Say) -> Response:
    """Let a browser in once; one that is in already is sent on, so that reloading the printed address does no harm."""
    if "session" in request.scope.get("state", {}):
        return RedirectResponse("/", HTTPStatus.SEE_OTHER)
    address = _address(request)
    if wait := guard.tries.begin(address):
        return _must_wait(request, say, wait)
    token = _only_field(request.url.query, "token")
    # Looking at a link ahead (HEAD, a browser's prefetch) does not use the token up.
    ahead = request.method != "GET" or "sec-purpose" in request.headers
    if ahead or token is None or not guard.redeem(token):
        return refusal(request.scope, say, HTTPStatus.FORBIDDEN, say(request.scope, "token-wrong"))
    guard.tries.forget(address)
    return _let_in(request, guard, say)


def _let_in(request: Request, guard: Guard, say: Say) -> Response:
    """Set the cookie and go to the start page, so that the token leaves the address bar.

    A strict cookie is withheld while a visit that another site caused is redirected; then a page of our own leads on.
    """
    scope = request.scope
    if is_from_elsewhere(scope):
        text = page(scope, say, title="entered-title", sentence=say(scope, "entered"), to_start=True)
        return HTMLResponse(text, headers={"Set-Cookie": guard.set_cookie()})
    return RedirectResponse("/", HTTPStatus.SEE_OTHER, headers={"Set-Cookie": guard.set_cookie()})


async def _login(request: Request, guard: Guard, say: Say) -> Response:
    address = _address(request)
    if wait := guard.tries.begin(address):
        return _must_wait(request, say, wait)
    typed = await _typed_password(request)
    assert guard.password is not None
    if typed is None or not await run_in_threadpool(guard.password.matches, typed):
        text = _login_page(request, say, say(request.scope, "password-wrong"))
        return HTMLResponse(text, HTTPStatus.FORBIDDEN)
    guard.tries.forget(address)
    return _let_in(request, guard, say)


async def _typed_password(request: Request) -> str | None:
    try:
        return _only_field((await request.body()).decode(), "password")
    except UnicodeDecodeError:
        return None


def _only_field(text: str, name: str) -> str | None:
    """The value of a field sent exactly once; None where there is none, several, or too many fields."""
    try:
        values = parse_qs(text, keep_blank_values=True, max_num_fields=MOST_FIELDS).get(name, [])
    except ValueError:
        return None
    return values[0] if len(values) == 1 else None


def _login_page(request: Request, say: Say, sentence: str) -> str:
    scope = request.scope
    form = FORM.format(label=escape(say(scope, "password")), button=escape(say(scope, "sign-in")))
    return page(scope, say, title="login-title", sentence=sentence, content=form)


def _must_wait(request: Request, say: Say, seconds: int) -> Response:
    sentence = say(request.scope, "too-many-tries", seconds=seconds)
    headers = {"Retry-After": str(seconds)}
    return refusal(request.scope, say, HTTPStatus.TOO_MANY_REQUESTS, sentence, headers=headers)


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
