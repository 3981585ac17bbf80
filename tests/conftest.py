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


@pytest.fixture(scope="session")
def patient_files(tmp_path_factory) -> Path:
    """ct.nii.gz, seg.nii.gz and patient.json of the synthetic patient."""
    import json

    from vertebroplasty.case.demonstration import DEMO_PATIENT
    from vertebroplasty.phantom import demo_patient, write_nifti

    folder = tmp_path_factory.mktemp("patient")
    write_nifti(demo_patient(), folder)
    (folder / "patient.json").write_text(json.dumps(DEMO_PATIENT), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def walked(patient_files, tmp_path_factory) -> Path:
    """The output folder of one `run` on the synthetic patient."""
    from vertebroplasty.cli.main import main

    out = tmp_path_factory.mktemp("walk") / "out"
    words = ["run", str(patient_files / "ct.nii.gz"), "-s", str(patient_files / "seg.nii.gz"), "--labels", "verse"]
    assert main([*words, "--level", "L2", "--patient", str(patient_files / "patient.json"), "-o", str(out)]) == 0
    return out
