"""What the server writes down: method, path and status; never a query, a token or the words of an error."""

import logging
import re
from typing import Any

from vertebroplasty.web.safety.faults import told_to_log

__all__ = ["NothingPersonal", "log_config", "server_options"]

MAYBE_TYPED = (401, 403, 404, 405, 422)  # [choice] what answers a path that may be no address of ours
PLAIN_PART = re.compile(r"[A-Za-z0-9._-]{0,64}", re.ASCII)
SOCKET_BYTES = 1 << 16  # [choice] 64 KiB: one control message of the theatre is far smaller
HEADER_BYTES = 1 << 15  # [choice] 32 KiB for all headers of a request
WAIT_BETWEEN_REQUESTS_SECONDS = 15  # [choice] an idle connection is closed then


def plain_path(text: str) -> str:
    """A path without its query, each odd part replaced by a sign that something was there."""
    path = text.partition("?")[0].partition("#")[0]
    return "/".join(part if PLAIN_PART.fullmatch(part) else "*" for part in path.split("/"))


class NothingPersonal(logging.Filter):
    """Takes queries out of the arguments of a line and the text out of its exception."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the line in place and let it pass."""
        if isinstance(record.args, tuple):
            record.args = tuple(
                plain_path(value) if isinstance(value, str) and value.startswith("/") else value
                for value in record.args
            )
        if record.exc_info and record.exc_info[1] is not None:
            record.msg, record.args = f"{record.getMessage().strip()}: {told_to_log(record.exc_info[1])}", None
            record.exc_info = record.exc_text = None
        return True


def log_config() -> dict[str, Any]:
    """The logging set-up that uvicorn is started with."""
    handler = {"class": "logging.StreamHandler", "filters": ["nothing-personal"], "stream": "ext://sys.stderr"}
    quiet = {"level": "INFO", "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"nothing-personal": {"()": NothingPersonal}},
        "formatters": {
            "plain": {"format": "%(asctime)s %(levelname)s %(message)s"},
            "access": {"()": AccessLine, "format": "%(asctime)s %(message)s"},
        },
        "handlers": {
            "plain": handler | {"formatter": "plain"},
            "access": handler | {"formatter": "access"},
        },
        "loggers": {
            "uvicorn": quiet | {"handlers": ["plain"]},
            "uvicorn.access": quiet | {"handlers": ["access"]},
            "vertebroplasty.web": quiet | {"handlers": ["plain"]},
        },
    }


class AccessLine(logging.Formatter):
    """`GET /cases/abc 200`: method, path, status."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the standard library's name
        """The line of one request, without the client's address."""
        if isinstance(record.args, tuple) and len(record.args) == 5:
            _, method, path, _, status = record.args
            if status in MAYBE_TYPED:
                path = _room_of(str(path))
            record.message = f"{method} {path} {status}"
        return super().formatMessage(record)


def server_options() -> dict[str, Any]:
    """Arguments of `uvicorn.Config`: quiet about itself, trusting no proxy, bounded headers and socket messages."""
    return {
        "log_config": log_config(),
        "server_header": False,
        "proxy_headers": False,
        "http": "h11",
        "h11_max_incomplete_event_size": HEADER_BYTES,
        "ws_max_size": SOCKET_BYTES,
        "ws_per_message_deflate": False,  # an X-ray picture is mostly noise, and the window is on the same machine
        "timeout_keep_alive": WAIT_BETWEEN_REQUESTS_SECONDS,
    }


def _room_of(path: str) -> str:
    """The first part of a path; of what somebody may have typed behind it only that there was something."""
    room, behind, _ = path.removeprefix("/").partition("/")
    return f"/{room}/*" if behind else path
