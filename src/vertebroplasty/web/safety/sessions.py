"""A session is a random number that only this server can have signed; nothing about it is stored.

The cookie is `id.expiry.signature`; the signature and the token against forged requests are HMAC-SHA-256 under two
keys derived from the server's key, so that neither can stand in for the other.
"""

import hmac
import re
import secrets
from dataclasses import dataclass, field

__all__ = ["SESSION_SECONDS", "Session", "Signer"]

SESSION_SECONDS = 12 * 3600  # [choice] longer than a working day's list, shorter than two days
ID_BYTES = 16  # [choice] 128 random bits, never guessed
COOKIE = re.compile(r"([0-9a-f]{32})\.([0-9]{1,12})\.([0-9a-f]{64})", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Session:
    """One browser that was let in.

    Attributes:
        id: random name of the session, hexadecimal.
        expires_s: when it ends, in seconds of Unix time.
        csrf_token: what the page must send back with every request that changes something.
    """

    id: str = field(repr=False)
    expires_s: int
    csrf_token: str = field(repr=False)

    def is_past_half(self, now_s: float) -> bool:
        """Whether less than half of its time is left, so that the cookie should be renewed."""
        return self.expires_s - now_s < SESSION_SECONDS / 2


class Signer:
    """Makes and checks cookies.

    Args:
        key: the server's secret key.
        audience: what else must stay the same for a cookie to stay valid: the origin, the hash of the password.
    """

    def __init__(self, key: bytes, audience: bytes) -> None:
        self._cookie_key = hmac.digest(key, b"cookie " + audience, "sha256")
        self._csrf_key = hmac.digest(key, b"csrf " + audience, "sha256")

    def fresh(self, now_s: float) -> Session:
        """A new session that begins now."""
        return self._session(secrets.token_hex(ID_BYTES), int(now_s) + SESSION_SECONDS)

    def renewed(self, session: Session, now_s: float) -> Session:
        """The same session with its whole time ahead."""
        return self._session(session.id, int(now_s) + SESSION_SECONDS)

    def cookie(self, session: Session) -> str:
        """The signed text a browser keeps for `session`."""
        text = f"{session.id}.{session.expires_s}"
        return f"{text}.{self._signature(text)}"

    def read(self, cookie: str, now_s: float) -> Session | None:
        """The session of a cookie; None where the cookie is not ours, was altered or has expired."""
        match = COOKIE.fullmatch(cookie)
        if match is None:
            return None
        name, expiry, signature = match.groups()
        if not hmac.compare_digest(signature, self._signature(f"{name}.{expiry}")) or int(expiry) <= now_s:
            return None
        return self._session(name, int(expiry))

    def _session(self, name: str, expires_s: int) -> Session:
        csrf_token = hmac.digest(self._csrf_key, name.encode(), "sha256").hex()
        return Session(id=name, expires_s=expires_s, csrf_token=csrf_token)

    def _signature(self, text: str) -> str:
        return hmac.digest(self._cookie_key, text.encode(), "sha256").hex()
