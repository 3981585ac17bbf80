"""The gate: every request and every socket shows where it is going, where it comes from and that it was let in."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vertebroplasty.web.safety.answers import refusal
from vertebroplasty.web.safety.asking import (
    cookies_named,
    header_values,
    is_from_elsewhere,
    is_top_level_visit,
    only_header,
    wants_page,
)
from vertebroplasty.web.safety.guard import Guard
from vertebroplasty.web.safety.sentences import Say
from vertebroplasty.web.safety.sessions import Session

__all__ = ["Gate"]

READING = ("GET", "HEAD")
OPEN_PAGES = ("/enter", "/login", "/health")
STATIC = "/static/"
POLICY_VIOLATION = 1008  # [exact] WebSocket close code, RFC 6455 section 7.4.1

Verdict = tuple[int, str]


class Gate:
    """Lets through what comes to one of our addresses, from our own pages, with a session.

    Past the gate `scope["state"]["session"]` holds the session.

    Args:
        app: what lies behind.
        guard: whom to let in.
        say: the sentences.
    """

    def __init__(self, app: ASGIApp, guard: Guard, say: Say) -> None:
        self.app = app
        self.guard = guard
        self.say = say

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may come in and refuse the rest."""
        if scope["type"] == "http":
            await self._request(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        session = self._session(scope)
        verdict = self._address(scope) or self._origin(scope) or self._right(scope, session)
        if verdict is None:
            if session is not None:
                scope.setdefault("state", {})["session"] = session
                send = self._renewing(send, session)
            await self.app(scope, receive, send)
            return
        status, key = verdict
        if key == "no-session-password" and scope["method"] == "GET" and wants_page(scope):
            answer = refusal(scope, self.say, 303, self.say(scope, key), headers={"Location": "/login"})
        else:
            answer = refusal(scope, self.say, status, self.say(scope, key))
        await answer(scope, receive, send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        session = self._session(scope)
        origin = only_header(scope, b"origin")
        ours = origin is not None and self._is_ours(origin)
        if self._address(scope) is not None or not ours or session is None:
            await receive()
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
            return
        scope.setdefault("state", {})["session"] = session
        await self.app(scope, receive, send)

    def _session(self, scope: Scope) -> Session | None:
        return self.guard.session_among(cookies_named(scope, self.guard.cookie_name))

    def _is_ours(self, origin: bytes) -> bool:
        return origin.decode("latin-1") in self.guard.origins

    def _address(self, scope: Scope) -> Verdict | None:
        """A name that is not ours may have been pointed at this machine by someone else (DNS rebinding)."""
        host = only_header(scope, b"host")
        if host is None:
            return 400, "host-missing"
        if host.decode("latin-1").lower() not in self.guard.hosts:
            return 421, "host-foreign"
        path: str = scope["path"]
        if not path.startswith("/") or not path.isprintable() or "\\" in path or "//" in path:
            return 400, "path-odd"
        if any(part in (".", "..") for part in path.split("/")):
            return 400, "path-odd"
        return None

    def _origin(self, scope: Scope) -> Verdict | None:
        """Other sites may open our pages in a window of their own and do nothing else."""
        if is_from_elsewhere(scope) and not is_top_level_visit(scope):
            return 403, "origin-foreign"
        if scope["method"] in READING:
            return None
        if not all(self._is_ours(origin) for origin in header_values(scope, b"origin")):
            return 403, "origin-foreign"
        return None

    def _right(self, scope: Scope, session: Session | None) -> Verdict | None:
        path, method = scope["path"], scope["method"]
        if method in READING and (path in OPEN_PAGES or path.startswith(STATIC)):
            return None
        if method == "POST" and path == "/login":
            return None
        if session is None:
            return 401, "no-session" if self.guard.password is None else "no-session-password"
        token = only_header(scope, b"x-csrf-token")
        if method not in READING and (token is None or not self.guard.is_csrf_token(session, token)):
            return 403, "csrf-wrong"
        return None

    def _renewing(self, send: Send, session: Session) -> Send:
        cookie = self.guard.renewal(session)
        if cookie is None:
            return send

        async def renewing(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).append("Set-Cookie", cookie)
            await send(message)

        return renewing
