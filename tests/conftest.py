"""What every test stands on: no network, bounded threads, and where the real CTs are."""

import os
import socket
from pathlib import Path

os.environ.setdefault("NUMBA_NUM_THREADS", "2")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import pytest

LOOPBACK = ("127.", "::1", "localhost")
REQUIRED = {name.strip() for name in os.environ.get("VERTEBROPLASTY_REQUIRE", "").split(",") if name.strip()}


def missing(name: str, reason: str) -> None:
    """Skip with one line, or fail if the environment demands what is missing."""
    if name in REQUIRED:
        pytest.fail(f"{name} is required here but missing: {reason}")
    pytest.skip(f"{name}: {reason}")


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """The suite runs with sockets blocked, loopback and local sockets aside."""
    connect = socket.socket.connect

    def guarded(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(LOOPBACK):
            raise AssertionError(f"A test tried to reach {address[0]}.")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real CTs: VERTEBROPLASTY_DATA, else ../shared/data beside the checkout."""
    named = os.environ.get("VERTEBROPLASTY_DATA")
    folder = Path(named) if named else Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        missing("data", "set VERTEBROPLASTY_DATA to the folder of real CTs")
    return folder


@pytest.fixture(scope="session")
def codecs() -> None:
    """The optional decoders of compressed DICOM."""
    try:
        import gdcm  # noqa: F401
    except ImportError:
        missing("codecs", "pip install vertebroplasty[codecs]")
