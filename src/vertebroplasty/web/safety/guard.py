"""Who may come in: the server's own addresses, the one-time token of the printed address, and the sessions."""

import hmac
import ipaddress
import secrets
import time
from collections.abc import Callable, Iterable

from vertebroplasty.web.safety.password import Password
from vertebroplasty.web.safety.sessions import SESSION_SECONDS, Session, Signer
from vertebroplasty.web.safety.tries import Tries

__all__ = ["Guard", "own_hosts"]

TOKEN_BYTES = 32  # [choice] 256 bits, never guessed
PORT_OF = {"http": 80, "https": 443}


def _written(host: str) -> str:
    """A host as a URL writes it: IPv6 addresses in brackets."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host.lower()
    return f"[{address.compressed}]" if address.version == 6 else address.compressed


def own_hosts(host: str, port: int, scheme: str) -> frozenset[str]:
    """Every value of the Host header that names this server, port included."""
    names = {_written(host)}
    if names & {"127.0.0.1", "[::1]"}:
        names |= {"localhost"}
    elif "localhost" in names:
        names |= {"127.0.0.1", "[::1]"}
    bare = names if port == PORT_OF[scheme] else set()
    return frozenset({f"{name}:{port}" for name in names} | bare)


class Guard:
    """What the server knows about itself and whom it has let in.

    Args:
        host: address or name it listens on.
        port: port it really listens on.
        key: secret key of 32 bytes.
        tls: whether it speaks HTTPS.
        password: with one, `/login` replaces the one-time token.
        wall_clock: Unix time in seconds, for the cookies.
        clock: seconds that never run backwards, for the waits.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        key: bytes,
        tls: bool = False,
        password: str | None = None,
        wall_clock: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        scheme = "https" if tls else "http"
        self.tls = tls
        self.hosts = own_hosts(host, port, scheme)
        self.origins = frozenset(f"{scheme}://{name}" for name in self.hosts)
        self.origin = f"{scheme}://{_written(host)}:{port}"
        self.password = None if password is None else Password(password, key)
        self.tries = Tries(clock)
        # Browsers send cookies to every port of a host: the name keeps two servers apart. `__Host-` forbids that
        # another host of the domain sets it, and browsers accept it under TLS only.
        self.cookie_name = f"{'__Host-' if tls else ''}vertebroplasty-{port}"
        self._clock = wall_clock
        audience = f"{self.origin} ".encode() + (b"" if self.password is None else self.password.digest)
        self._signer = Signer(key, audience)
        self._token: str | None = secrets.token_urlsafe(TOKEN_BYTES) if password is None else None

    def entry_url(self) -> str:
        """The address to print once: with the one-time token, or the plain one where a password is asked."""
        return f"{self.origin}/" if self._token is None else f"{self.origin}/enter?token={self._token}"

    def redeem(self, token: str) -> bool:
        """Whether `token` is the one of the printed address, which is thereby used up."""
        expected = self._token
        if expected is None or not hmac.compare_digest(token.encode("utf-8", "replace"), expected.encode()):
            return False
        self._token = None
        return True

    def session(self, cookie: str) -> Session | None:
        """The session of a cookie's value, or None."""
        return self._signer.read(cookie, self._clock())

    def session_among(self, cookies: Iterable[str]) -> Session | None:
        """The session of the first valid one; another server of this host may have set a false one of the name."""
        return next((found for value in cookies if (found := self.session(value)) is not None), None)

    def is_csrf_token(self, session: Session, token: bytes) -> bool:
        """Whether a page of this session sent `token`."""
        return hmac.compare_digest(token, session.csrf_token.encode())

    def new_cookie(self) -> tuple[str, str]:
        """Name and value of the cookie of a new session."""
        return self.cookie_name, self._signer.cookie(self._signer.fresh(self._clock()))

    def set_cookie(self) -> str:
        """The Set-Cookie header that begins a session."""
        return self._header(self.new_cookie()[1])

    def renewal(self, session: Session) -> str | None:
        """The Set-Cookie header that prolongs a session in use, once half of its time is gone."""
        now = self._clock()
        if not session.is_past_half(now):
            return None
        return self._header(self._signer.cookie(self._signer.renewed(session, now)))

    def _header(self, value: str) -> str:
        secure = "; Secure" if self.tls else ""
        return f"{self.cookie_name}={value}; Path=/; Max-Age={SESSION_SECONDS}; HttpOnly; SameSite=Strict{secure}"
