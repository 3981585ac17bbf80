"""What every JSON document has: schema name, inputs by hash, sources, warnings, unknowns, what is not modelled."""

import math
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from vertebroplasty.__about__ import __version__
from vertebroplasty.anatomy.measurement import Measured
from vertebroplasty.anatomy.volume import InputFile
from vertebroplasty.sources import CHOICE, EXACT

__all__ = [
    "NOT_APPLICABLE",
    "NOT_A_DEVICE",
    "Document",
    "InputEntry",
    "Number",
    "Part",
    "PointLps",
    "Provenance",
    "UnknownEntry",
    "Unknowns",
    "dump",
    "point",
    "rounded",
]

NOT_A_DEVICE = "For research, education and audit. Not a medical device; decisions remain with the treating team."
NOT_APPLICABLE = "does not apply here"
DECIMALS = 4  # [choice] digits behind the point in documents: below any accuracy claimed


class Part(BaseModel):
    """A piece of a document: unknown keys and NaN are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, populate_by_name=True)


Number = float | None
PointLps = Annotated[list[float], Field(min_length=3, max_length=3)]


class InputEntry(Part):
    """One input file or folder."""

    role: str = Field(description="What the input was used as: ct, labels, subregions, patient, plan.")
    name: str = Field(description="Last path component; the role alone for DICOM folders.")
    sha256: str = Field(description="SHA-256 of the file, or of the sorted hashes of a folder's files.")


class Software(Part):
    """Which program wrote the document."""

    name: str = Field(description="Always vertebroplasty.")
    version: str = Field(description="Version of the program.")


class UnknownEntry(Part):
    """One value that is not known."""

    what: str = Field(description="JSON path of the value that is null.")
    why: str = Field(description="The reason, in one sentence.")


class Document(Part):
    """Keys common to all documents."""

    schema_name: str = Field(alias="schema", description="Name and version of this document's schema.")
    inputs: list[InputEntry] = Field(description="Every input with its SHA-256.")
    software: Software = Field(description="The program that wrote this.")
    parameters: dict[str, Any] = Field(description="The options the result was made with.")
    sources: list[str] = Field(description="Citation keys of the numbers and rules used; `info sources` explains them.")
    warnings: list[str] = Field(description="Sentences a user must read before using the result.")
    not_modelled: list[str] = Field(description="Sentences on what the computation leaves out.")
    unknown: list[UnknownEntry] = Field(description="Every null with its reason.")
    duration_s: float = Field(description="Wall-clock seconds the computation took.")
    disclaimer: str = Field(default=NOT_A_DEVICE, description="What this result may not be used for.")


class Provenance(Part):
    """What a room's caller hands to a document besides the result itself."""

    inputs: list[InputEntry]
    parameters: dict[str, Any]
    duration_s: float

    @classmethod
    def of(cls, inputs: Iterable[InputFile], parameters: Mapping[str, Any], duration_s: float) -> "Provenance":
        """From the inputs that the rooms carried along; the same file is listed once."""
        entries = {(i.role, i.sha256): InputEntry(role=i.role, name=i.name, sha256=i.sha256) for i in inputs}
        return cls(inputs=list(entries.values()), parameters=dict(parameters), duration_s=round(duration_s, 3))

    def head(
        self,
        command: str,
        *,
        sources: Iterable[str],
        warnings: Iterable[str],
        not_modelled: Iterable[str],
        unknown: Iterable[UnknownEntry],
    ) -> dict[str, Any]:
        """The common keys, ready for a document's constructor."""
        return {
            "schema_name": f"vertebroplasty.{command}/1",
            "inputs": self.inputs,
            "software": Software(name="vertebroplasty", version=__version__),
            "parameters": self.parameters,
            "sources": sorted(set(sources) - {CHOICE, EXACT}),
            "warnings": list(dict.fromkeys(warnings)),
            "not_modelled": list(dict.fromkeys(not_modelled)),
            "unknown": list(unknown),
            "duration_s": self.duration_s,
        }


class Unknowns:
    """Collects the reasons of nulls while a document is filled."""

    def __init__(self) -> None:
        self.entries: list[UnknownEntry] = []

    def value(self, measured: Measured, path: str) -> float | None:
        """The number, or null with its reason noted under `path`."""
        return self.number(measured.value, path, measured.why)

    def number(self, value: float | None, path: str, why: str) -> float | None:
        """The number rounded for print, or null with its reason noted under `path`."""
        if value is None or not math.isfinite(value):
            self.note(path, why)
            return None
        return rounded(value)

    def note(self, path: str, why: str) -> None:
        """Say why something is null."""
        self.entries.append(UnknownEntry(what=path, why=why or "not determined"))


def explain_nulls(document: Document) -> None:
    """Give every null that has no reason yet the reason its place implies, so that none is left unexplained."""
    said = {entry.what for entry in document.unknown}
    body = document.model_dump(by_alias=True, exclude={"unknown", "parameters"})
    for path in _nulls(body, ""):
        if path not in said and not any(path.startswith((f"{parent}.", f"{parent}[")) for parent in said):
            why = "no ± is stated for this value" if "plus_minus" in path or "interval" in path else NOT_APPLICABLE
            document.unknown.append(UnknownEntry(what=path, why=why))


def _nulls(node: Any, path: str) -> Iterable[str]:
    if node is None:
        yield path
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _nulls(value, f"{path}.{key}" if path else str(key))
    elif isinstance(node, list):
        for n, value in enumerate(node):
            yield from _nulls(value, f"{path}[{n}]")


def rounded(value: float | None) -> float | None:
    """The number as documents print it."""
    return None if value is None else round(float(value), DECIMALS) + 0.0  # never a minus zero


def point(lps_mm: np.ndarray) -> list[float]:
    """An LPS point or direction as a list of three."""
    return [round(float(x), DECIMALS) for x in lps_mm]


def dump(document: BaseModel) -> str:
    """The document as JSON text, two-space indented; every null carries its reason."""
    if isinstance(document, Document):
        explain_nulls(document)
    return document.model_dump_json(by_alias=True, indent=2)
