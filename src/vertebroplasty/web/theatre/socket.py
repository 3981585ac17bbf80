"""The theatre's socket: one answer for one message, one window a rehearsal, the latest state only.

The browser sets the pace: it sends its next message when the answer has come, so a slow one slows only itself.
"""

import asyncio
import logging
from collections.abc import Callable

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from vertebroplasty.errors import VertebroplastyError
from vertebroplasty.web.house import House
from vertebroplasty.web.theatre.answers import refusal
from vertebroplasty.web.theatre.live import Live
from vertebroplasty.web.theatre.messages import NOT_A_MESSAGE, read_message
from vertebroplasty.web.theatre.playing import greeting, played

__all__ = ["attended"]

SEND_S = 20.0  # [choice] a browser that takes longer for one answer is gone
TAKEN_OVER = 4001  # [choice] of the codes that applications may use, RFC 6455 section 7.4.2
NOT_OPEN = 4002  # [choice] likewise
LOG = logging.getLogger("vertebroplasty.web")
BROKE = "That went wrong in a way that nobody foresaw; nothing was changed. Go on, or reload the page."
RELOAD = "This rehearsal must be taken up again: reload the page."
ELSEWHERE = "This rehearsal has been opened in another window, which has taken over."


async def attended(socket: WebSocket, house: House, rehearsal_id: str) -> None:
    """Serve a window until it goes or another takes over."""
    await socket.accept()
    live = house.rehearsals.live(rehearsal_id)
    if live is None:
        await _sent(socket, refusal(RELOAD, code="reload"))
        await socket.close(NOT_OPEN)
        return
    windows = house.rehearsals.windows
    mine = windows.enter(rehearsal_id)
    try:
        await _sent(socket, await _worked(house, lambda: greeting(live)))
        while (text := await _next(socket, mine)) is not None:
            answer = await _answer(house, live, text)
            if mine.is_set():
                break
            await _sent(socket, answer)
        if mine.is_set():
            await _sent(socket, refusal(ELSEWHERE, code="taken"))
            await socket.close(TAKEN_OVER)
    except (WebSocketDisconnect, TimeoutError, RuntimeError):
        pass  # the window is gone
    finally:
        windows.leave(rehearsal_id, mine)
        if not mine.is_set():
            await _left(house, live)


async def _next(socket: WebSocket, mine: asyncio.Event) -> str | None:
    """The next message, empty where it is no text; None when the window goes or another takes over."""
    message, taken = asyncio.ensure_future(socket.receive()), asyncio.ensure_future(mine.wait())
    try:
        await asyncio.wait((message, taken), return_when=asyncio.FIRST_COMPLETED)
    finally:
        taken.cancel()
        if not message.done():
            message.cancel()
    if mine.is_set() or not message.done():
        return None
    came = message.result()
    return None if came["type"] == "websocket.disconnect" else str(came.get("text") or "")


async def _answer(house: House, live: Live, text: str) -> bytes:
    """What came of a message: an answer, or a sentence why not; the session lives on in any case."""
    try:
        message = read_message(text) if text else None
        if message is None:
            return refusal(NOT_A_MESSAGE, where="message")
        return await _worked(house, lambda: played(house.rehearsals, live, message))
    except VertebroplastyError as error:
        return refusal(error.message, where=error.where or "")
    except (asyncio.CancelledError, RuntimeError):
        raise
    except Exception as error:
        LOG.error("a message of the theatre failed: %s", type(error).__name__)
        return refusal(BROKE, code="broke")


async def _worked(house: House, work: Callable[[], bytes]) -> bytes:
    return await asyncio.get_running_loop().run_in_executor(house.simulation, work)


async def _sent(socket: WebSocket, answer: bytes) -> None:
    if socket.application_state is not WebSocketState.DISCONNECTED:
        async with asyncio.timeout(SEND_S):
            await socket.send_bytes(answer)


async def _left(house: House, live: Live) -> None:
    """Keep how late it was, and let go of what only a window needs."""

    def let_go() -> None:
        house.rehearsals.write(live, for_good=True)
        live.tubes.clear()

    try:
        await asyncio.get_running_loop().run_in_executor(house.simulation, let_go)
    except RuntimeError:  # the server is ending, and the simulation with it
        let_go()
