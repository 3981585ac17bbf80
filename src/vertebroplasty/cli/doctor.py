"""`vertebroplasty doctor`: what is installed, and what is missing for which feature."""

import json as json_module
import os
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

from cyclopts import Parameter

from vertebroplasty.__about__ import __version__
from vertebroplasty.cli.output import print_json, print_lines

__all__ = ["doctor"]

JsonOption = Annotated[bool, Parameter(name="--json", negative="", help="Print exactly one JSON object on stdout.")]
FEATURES = {
    "everything from CT to report": (
        "numpy", "scipy", "numba", "nibabel", "pydicom", "pillow", "jinja2", "pydantic", "cyclopts", "jaxtyping",
    ),
    "compressed DICOM (codecs)": ("python-gdcm",),
    "the registry in one file (registry)": ("sqlalchemy", "alembic", "statsmodels", "matplotlib"),
    "the registry on a PostgreSQL server (postgres)": ("psycopg",),
    "rehearsal, recorder and registry in the browser (web)": ("fastapi", "uvicorn", "websockets"),
}  # fmt: skip
TESTED = ("linux", "darwin")


def doctor(*, json: JsonOption = False) -> None:
    """Say what is installed, what is missing for which feature, and how to get it."""
    found = {feature: {name: _version(name) for name in names} for feature, names in FEATURES.items()}
    if json:
        body = {
            "schema": "vertebroplasty.doctor/1",
            "software": {"name": "vertebroplasty", "version": __version__},
            "python": sys.version.split()[0],
            "platform": sys.platform,
            "cores": os.cpu_count(),
            "features": found,
        }
        print_json(json_module.dumps(body))
        return
    tested = "" if sys.platform in TESTED else " (untested: Linux and macOS are tested)"
    python = f"Python {sys.version.split()[0]}"
    print_lines([f"vertebroplasty {__version__}, {python}, {sys.platform}{tested}, {os.cpu_count()} cores"])
    for feature, packages in found.items():
        missing = [name for name, installed in packages.items() if installed is None]
        state = f"missing {', '.join(missing)}: pip install 'vertebroplasty[{_extra(feature)}]'" if missing else "ready"
        print_lines([f"{feature}: {state}"])


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _extra(feature: str) -> str:
    """The extra that brings a feature, named in its brackets."""
    return feature.partition("(")[2].rstrip(")") or "dev"
