"""The output of one `run` in a server that was started to show it, and copies to be spoilt."""

import json
import shutil
from hashlib import sha256

import pytest

from vertebroplasty.web.house import House, Settings


@pytest.fixture
def shown(tmp_path, let_in):
    """A client of a server that shows a folder."""
    houses = []

    def client(folder):
        house = House.built(Settings(state=tmp_path / "state", finished=folder))
        houses.append(house)
        return let_in(house)

    yield client
    for house in houses:
        house.close()


@pytest.fixture
def copy(walked, tmp_path):
    """A copy of the run that a test may spoil."""
    return shutil.copytree(walked, tmp_path / "out")


@pytest.fixture
def forged(copy):
    """Replace a file and its hash in the manifest, as somebody would who means harm."""

    def replace(name, content: bytes):
        (copy / name).write_bytes(content)
        manifest = json.loads((copy / "manifest.json").read_text())
        entries = [entry for entry in manifest["files"] if entry["name"] != name]
        manifest["files"] = [*entries, {"name": name, "sha256": sha256(content).hexdigest()}]
        (copy / "manifest.json").write_text(json.dumps(manifest))
        return copy

    return replace
