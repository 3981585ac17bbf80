"""One synthetic level on disk, opened once: what the page shows of it can be compared with the command line."""

from types import SimpleNamespace

import pytest

CASE, LEVEL = "easy", "L2"


@pytest.fixture(scope="session")
def on_disk(tmp_path_factory):
    """The files of a synthetic spine with a fractured L2."""
    from vertebroplasty.case.inputs import ScanRequest
    from vertebroplasty.case.rehearsal_cases import BUILT_IN
    from vertebroplasty.phantom import write_nifti

    ct, seg = write_nifti(BUILT_IN[CASE].phantom(), tmp_path_factory.mktemp("case"))
    return ScanRequest(ct=ct, seg=(seg,))


@pytest.fixture(scope="session")
def opened(on_disk):
    from vertebroplasty.case.opened import open_own

    return open_own(on_disk, LEVEL, None, lambda share, doing: None)


@pytest.fixture
def shown(house, client, opened):
    """A client, and the address of the opened case."""
    house.library.keep(CASE, LEVEL, opened)
    address = f"/cases/{CASE}/{LEVEL}"
    return SimpleNamespace(client=client, address=address, case=opened)
