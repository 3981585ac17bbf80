"""The whole walk runs with nothing but the core's own dependencies installed."""

import json
import os
import re
import subprocess
import sys
from importlib.metadata import distribution, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import vertebroplasty

SOURCE = Path(vertebroplasty.__file__).parents[1]
EXTRAS = (
    "gdcm",
    "highdicom",
    "pyamg",
    "skfem",
    "pytest",
    "hypothesis",
    "sqlalchemy",
    "statsmodels",
    "matplotlib",
    "psycopg",
    "fastapi",
    "uvicorn",
    "playwright",
)


def core() -> set[str]:
    """Distributions that `pip install vertebroplasty` brings along."""
    seen, todo = set(), ["vertebroplasty"]
    while todo:
        name = re.sub(r"[-_.]+", "-", todo.pop()).lower()
        if name not in seen:
            seen.add(name)
            needed = map(Requirement, requires(name) or [])
            todo += [r.name for r in needed if r.marker is None or r.marker.evaluate({"extra": ""})]
    return seen - {"vertebroplasty"}


@pytest.fixture(scope="module")
def core_path(tmp_path_factory) -> Path:
    """A site folder that links to the core's distributions and nothing else."""
    folder = tmp_path_factory.mktemp("core-only")
    for name in core():
        package = distribution(name)
        for top in {Path(file).parts[0] for file in package.files or []} - {"..", "__pycache__"}:
            target = Path(package.locate_file(top)).resolve()
            if target.exists() and not (folder / top).exists():
                (folder / top).symlink_to(target)
    (folder / "vertebroplasty").symlink_to(SOURCE / "vertebroplasty")
    return folder


def bare_python(path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(path)}
    return subprocess.run([sys.executable, "-S", *words], env=environment, capture_output=True, text=True, check=False)


def test_the_extras_are_really_absent(core_path):
    for name in EXTRAS:
        assert bare_python(core_path, "-c", f"import {name}").returncode == 1, name


def test_the_walk_needs_the_core_only(core_path, patient_files, tmp_path):
    out = tmp_path / "out"
    scan = [str(patient_files / "ct.nii.gz"), "-s", str(patient_files / "seg.nii.gz"), "--labels", "verse"]
    done = bare_python(
        core_path, "-m", "vertebroplasty", "run", *scan, "--level", "L2", "--volume-ml", "0.3", "-o", str(out), "--json"
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["schema"] == "vertebroplasty.run/1"
    assert (out / "report.html").is_file()
