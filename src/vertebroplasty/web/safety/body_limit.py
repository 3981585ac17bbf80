"""How much a request may bring and how long it may pause, counted while it arrives."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vertebroplasty.web.safety.answers import refusal
from vertebroplasty.web.safety.sentences import Say

__all__ = ["BODY_BYTES", "BodyLimit", "in_words", "read_and_forget"]

BODY_BYTES = 1 << 20  # [choice] 1 MiB: forms and notes are far smaller
PAUSE_SECONDS = 30.0  # [choice] a working connection never pauses so long
DRAIN_SECONDS = 2.0  # [choice] lets a browser finish sending, so that it reads the refusal instead of a broken line
STEP = 1024  # [exact] from one binary unit to the next


def in_words(size: int) -> str:
    """A number of bytes as people write it: "1 MiB"."""
    for unit in ("bytes", "KiB", "MiB"):
        if size < STEP:
            return f"{size} {unit}"
        size //= STEP
    return f"{size} GiB"


async def read_and_forget(chunks: AsyncIterator[bytes]) -> None:
    """Take in the rest of a body that is refused, for a moment: a browser that still sends reads no answer."""
    with suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            async for _ in chunks:
                pass


class _Refusal(HTTPException):
    """The body is not taken; whatever the page makes of it, the browser gets our sentence."""


class BodyLimit:
    """Counts the bytes of every body; what the headers say of its length is not believed.

    Args:
        app: what lies behind.
        say: the sentences.
        limits: bytes allowed below a path prefix; the longest prefix counts, and 1 MiB where there is none.
        pause_s: longest wait between two pieces.
    """

    def __init__(self, app: ASGIApp, say: Say, limits: Mapping[str, int], pause_s: float = PAUSE_SECONDS) -> None:
        self.app = app
        self.say = say
        self.limits = {prefix.rstrip("/"): most for prefix, most in limits.items()}
        self.pause_s = pause_s

    def most(self, path: str) -> int:
        """Bytes allowed for a path."""
        fitting = [prefix for prefix in self.limits if path == prefix or path.startswith(prefix + "/")]
        return self.limits[max(fitting, key=len)] if fitting else BODY_BYTES

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its body counted."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = _Body(receive, send, self.most(scope["path"]), self.pause_s)
        try:
            await self.app(scope, body.receive, body.send)
        except Exception:
            if body.refused == 0 or body.started:
                raise
        if body.refused == 0 or body.started:
            return
        if body.refused == 413:
            await body.drain()
            sentence = self.say(scope, "too-large", limit=in_words(body.most))
        else:
            sentence = self.say(scope, "too-slow", seconds=round(self.pause_s))
        answer = refusal(scope, self.say, body.refused, sentence, headers={"Connection": "close"})
        await answer(scope, receive, send)


class _Body:
    """One request's body on its way in, and its answer on its way out."""

    def __init__(self, receive: Receive, send: Send, most: int, pause_s: float) -> None:
        self._receive = receive
        self._send = send
        self._pause_s = pause_s
        self._bytes = 0
        self._complete = False
        self.most = most
        self.refused = 0
        self.started = False

    async def receive(self) -> Message:
        if self.refused:
            raise _Refusal(self.refused)
        if self._complete:
            return await self._receive()
        try:
            async with asyncio.timeout(self._pause_s):
                message = await self._receive()
        except TimeoutError:
            self.refused = 408
            raise _Refusal(self.refused) from None
        if message["type"] != "http.request":
            return message
        self._bytes += len(message.get("body", b""))
        self._complete = not message.get("more_body", False)
        if self._bytes > self.most:
            self.refused = 413
            raise _Refusal(self.refused)
        return message

    async def send(self, message: Message) -> None:
        if self.refused and not self.started:
            return
        self.started = True
        await self._send(message)

    async def drain(self) -> None:
        """Read on and forget, for a moment."""
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while not self._complete:
                    message = await self._receive()
                    self._complete = message["type"] != "http.request" or not message.get("more_body", False)
