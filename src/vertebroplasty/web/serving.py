"""Running the server: bind first, print the one address, serve until it is told to end."""

import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from vertebroplasty.errors import Refused
from vertebroplasty.web.house import House, Settings
from vertebroplasty.web.memory import share_the_heap

__all__ = ["Place", "make_private", "serve_house"]

BACKLOG = 128  # [choice] connections that may wait
GRACE_S = 5  # [choice] for open connections when the server ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where to listen; a host other than this machine needs a password and TLS files."""

    host: str = "127.0.0.1"
    port: int = 0
    password_file: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None


def serve_house(settings: Settings, place: Place, *, tell: Callable[[str], None]) -> None:
    """Serve until interrupted; `tell` is given the address to open, once the server listens.

    Raises:
        Refused: the port is taken, the host is exposed without password and TLS, or a folder cannot be used.
    """
    import uvicorn

    from vertebroplasty.web.app import build_app
    from vertebroplasty.web.safety import Guard, check_exposure, secret_key, server_options

    exposure = check_exposure(place.host, place.password_file, place.tls_cert, place.tls_key)
    make_private(settings.state)
    share_the_heap()
    with _listening(place) as listening:
        guard = Guard(
            host=exposure.host,
            port=listening.getsockname()[1],
            key=secret_key(settings.state),
            tls=exposure.tls,
            password=exposure.password,
        )
        app = build_app(House.built(settings), guard)
        config = uvicorn.Config(
            app,
            timeout_graceful_shutdown=GRACE_S,
            ssl_certfile=place.tls_cert if exposure.tls else None,
            ssl_keyfile=place.tls_key if exposure.tls else None,
            **server_options(),
        )
        tell(guard.entry_url())
        with suppress(KeyboardInterrupt):  # Ctrl-C is how a server ends
            uvicorn.Server(config).run(sockets=[listening])


def make_private(folder: Path) -> None:
    """Make the folder below which patients' images lie, or close one that stood open to other users.

    Raises:
        Refused: it cannot be made or closed.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
    except OSError as error:
        reason = (error.strerror or "it cannot be used").lower()
        message = f"{folder.name} cannot be kept for you alone: {reason}. Choose another XDG_STATE_HOME."
        raise Refused(message, where="XDG_STATE_HOME") from None


def _listening(place: Place) -> socket.socket:
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((place.host, place.port))
        found.listen(BACKLOG)
    except OSError as error:
        found.close()
        reason = (error.strerror or "it cannot be used").lower()
        raise Refused(
            f"{place.host} port {place.port} cannot be listened on: {reason}. Choose another --port.", where="--port"
        ) from None
    return found
