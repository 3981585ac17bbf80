"""The password of a server that other machines can reach, kept only as a slow hash."""

import hashlib
import hmac
import threading

__all__ = ["LEAST_CHARACTERS", "Password"]

LEAST_CHARACTERS = 12  # [choice] long enough that ten tries a minute lead nowhere
SCRYPT_COST = 2**15  # [choice] about 0.1 s and 32 MiB a try
SCRYPT_BLOCK = 8  # [choice] block size usual with scrypt
SCRYPT_LANES = 1  # [choice] one lane
SCRYPT_BYTES = 2 * 128 * SCRYPT_COST * SCRYPT_BLOCK  # [exact] twice the 128 N r bytes that scrypt fills
LONGEST_BYTES = 1024  # [choice] nobody types more


class Password:
    """The hash of the one password; tries are checked one at a time, so that they cannot fill the memory.

    The salt comes from the server's key: the same password with the same key gives the same hash after a restart,
    and the cookies signed with it stay valid until the password is changed.
    """

    def __init__(self, password: str, key: bytes) -> None:
        self._salt = hmac.digest(key, b"password salt", "sha256")
        self._lock = threading.Lock()
        self.digest = self._hash(password)

    def _hash(self, text: str) -> bytes:
        return hashlib.scrypt(
            text.encode(),
            salt=self._salt,
            n=SCRYPT_COST,
            r=SCRYPT_BLOCK,
            p=SCRYPT_LANES,
            maxmem=SCRYPT_BYTES,
            dklen=32,
        )

    def matches(self, typed: str) -> bool:
        """Whether `typed` is the password; takes the same time whether or not it is."""
        if len(typed.encode("utf-8", "replace")) > LONGEST_BYTES:
            return False
        with self._lock:
            found = self._hash(typed.encode("utf-8", "replace").decode())
        return hmac.compare_digest(found, self.digest)
