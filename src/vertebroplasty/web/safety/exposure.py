"""May the server listen there? Loopback freely; anywhere else only with a password and TLS."""

import ipaddress
import re
import ssl
import stat
from dataclasses import dataclass, field
from pathlib import Path

from vertebroplasty.errors import Refused
from vertebroplasty.web.safety.password import LEAST_CHARACTERS
from vertebroplasty.web.safety.sentences import in_english

__all__ = ["Exposure", "check_exposure", "is_loopback"]

HOST_NAME = re.compile(
    r"(?=.{1,253}\Z)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
)


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """Where the server listens and what guards it there; without a password the printed one-time address does."""

    host: str
    password: str | None = field(repr=False)
    tls: bool


def is_loopback(host: str) -> bool:
    """Whether only programs of this machine can reach `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def check_exposure(host: str, password_file: Path | None, tls_cert: Path | None, tls_key: Path | None) -> Exposure:
    """Refuse to open patients' data to other machines without a password and encryption.

    Args:
        host: the address or name to listen on, as browsers will write it.
        password_file: text file that holds the password; its last line end does not count.
        tls_cert: PEM certificate (chain).
        tls_key: PEM key of that certificate, without passphrase.

    Raises:
        Refused: the host is none or every address, something is missing, or a file cannot be used.
    """
    _check_host(host)
    if (tls_cert is None) != (tls_key is None):
        raise Refused(in_english("tls-half"), where="--tls-cert" if tls_cert is None else "--tls-key")
    if not is_loopback(host):
        if password_file is None:
            raise Refused(in_english("exposed-no-password", host=host), where="--password-file")
        if tls_cert is None:
            raise Refused(in_english("exposed-no-tls", host=host), where="--tls-cert")
    if tls_cert is not None and tls_key is not None:
        _check_tls(tls_cert, tls_key)
    password = None if password_file is None else _read_password(password_file)
    return Exposure(host=host, password=password, tls=tls_cert is not None)


def _check_host(host: str) -> None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        if not HOST_NAME.fullmatch(host) or host.replace(".", "").isdigit():
            raise Refused(in_english("host-odd"), where="--host") from None
        return
    if address.is_unspecified:
        raise Refused(in_english("host-any"), where="--host")
    if "%" in host:
        raise Refused(in_english("host-odd"), where="--host")


def _check_tls(tls_cert: Path, tls_key: Path) -> None:
    try:
        # The empty passphrase keeps OpenSSL from asking for one at the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tls_cert, tls_key, password="")
    except (OSError, ValueError):
        raise Refused(in_english("tls-unreadable"), where="--tls-cert") from None


def _read_password(path: Path) -> str:
    try:
        mode = Path(path).stat().st_mode
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, ValueError):
        raise Refused(in_english("password-unreadable"), where="--password-file") from None
    if mode & stat.S_IRWXO:
        raise Refused(in_english("password-open"), where="--password-file")
    password = text.removesuffix("\n").removesuffix("\r")
    if len(password) < LEAST_CHARACTERS:
        raise Refused(in_english("password-short", least=LEAST_CHARACTERS), where="--password-file")
    return password
