"""The rows of a comparison: what two plans, products or volumes differ in, the canal first."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from vertebroplasty.documents.common import Document
from vertebroplasty.documents.inject import InjectDocument
from vertebroplasty.documents.plan import PathEntry, PlanDocument
from vertebroplasty.documents.screen import ScreenDocument
from vertebroplasty.documents.strength import StrengthDocument

__all__ = ["Cell", "RowPair", "Side", "compared_rows", "one_sided"]

OUTSIDE, VERDICT, NEEDLE, INJECTION, STRENGTH = (
    "Cement outside the bone",
    "Verdict",
    "Needle, path 1",
    "Injection",
    "Strength",
)
DIRECTIONS = ("medial", "lateral", "superior", "inferior", "anterior", "canal")
NO_PATH = "no safe path was found"


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of one side; None is unknown and then `why` is a sentence."""

    value: float | str | None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowPair:
    """One quantity on both sides."""

    group: str
    key: str  # document and JSON path
    label: str
    unit: str
    first: Cell
    second: Cell


@dataclass(frozen=True, eq=False, kw_only=True)
class Side:
    """What one folder or file holds; None for a document that is not there."""

    name: str
    plan: PlanDocument | None = None
    inject: InjectDocument | None = None
    screen: ScreenDocument | None = None
    strength: StrengthDocument | None = None

    @property
    def documents(self) -> tuple[Document, ...]:
        """Those that are there."""
        return tuple(d for d in (self.plan, self.inject, self.screen, self.strength) if d is not None)

    @property
    def path(self) -> PathEntry | None:
        """The plan's first path."""
        return self.plan.paths[0] if self.plan is not None and self.plan.paths else None

    @property
    def ct(self) -> frozenset[str]:
        """Hashes of the CT behind it."""
        return frozenset(i.sha256 for document in self.documents for i in document.inputs if i.role == "ct")

    @property
    def levels(self) -> frozenset[str]:
        """The levels that its plan, injection and strength are of."""
        worked_on = (self.plan, self.inject, self.strength)
        return frozenset(d.level for d in worked_on if d is not None and d.level is not None)


def compared_rows(first: Side, second: Side, level: str) -> Iterator[RowPair]:
    """Every quantity that both sides have a document for, in the order a clinician asks."""
    for group, name, quantities in (
        (OUTSIDE, "inject", _outside(first, second)),
        (VERDICT, "screen", _VERDICT),
        (NEEDLE, "plan", _NEEDLE),
        (INJECTION, "inject", _INJECTION),
        (STRENGTH, "strength", _STRENGTH),
    ):
        if getattr(first, name) is None or getattr(second, name) is None:
            continue
        for key, label, unit in quantities:
            one, other = (_cell(side, name, key, level) for side in (first, second))
            yield RowPair(group=group, key=f"{name}.{key}", label=label, unit=unit, first=one, second=other)


def one_sided(first: Side, second: Side) -> Iterator[str]:
    """What only one side has, so that it is not compared: a sentence each."""
    for group, name in (("The injection", "inject"), (VERDICT, "screen"), ("Needle", "plan"), (STRENGTH, "strength")):
        without = [side.name for side in (first, second) if getattr(side, name) is None]
        if len(without) == 1:
            yield f"{group}: {without[0]} holds no {name}.json, so it is not compared."


Quantity = tuple[str, str, str]
_VERDICT: tuple[Quantity, ...] = (
    ("verdict", "verdict", ""),
    ("verdict_after_overrides", "verdict after overrides", ""),
)
_NEEDLE: tuple[Quantity, ...] = (
    ("count", "safe paths", ""),
    ("side", "side", ""),
    ("approach", "approach", ""),
    ("gauge", "gauge", "G"),
    ("worst_clearance_mm", "worst clearance", "mm"),
    *((f"clearance_mm.{direction}", f"clearance {direction}", "mm") for direction in DIRECTIONS),
    ("breach_probability", "chance of a breach", ""),
    ("gertzbein_robbins", "Gertzbein–Robbins grade", ""),
    ("convergence_deg", "convergence", "°"),
    ("cranio_caudal_deg", "cranio-caudal angle", "°"),
    ("length_mm", "length in bone", "mm"),
    ("depth_from_skin_mm", "depth from the skin", "mm"),
)
_INJECTION: tuple[Quantity, ...] = (
    ("parameters.product", "product", ""),
    ("parameters.volume_ml", "volume asked for", "ml"),
    ("parameters.rate_ml_per_s", "rate", "ml/s"),
    ("parameters.start_s", "begun after mixing", "s"),
    ("parameters.gauge", "gauge", "G"),
    ("stop_reason", "stopped because of", ""),
    ("stop_time_s", "stopped after mixing", "s"),
    ("injected_ml", "injected", "ml"),
    ("in_body_ml", "in the bone", "ml"),
    ("peak_pressure_kpa", "peak pressure at the syringe", "kPa"),
    ("peak_tip_pressure_kpa", "peak pressure in bone", "kPa"),
)
_STRENGTH: tuple[Quantity, ...] = (
    ("ratio.stiffness", "stiffness, after over before", "×"),
    ("ratio.failure_load", "failure load, after over before", "×"),
    ("before.failure_load_n", "failure load before", "N"),
    ("after.failure_load_n", "failure load after", "N"),
)


def _outside(first: Side, second: Side) -> tuple[Quantity, ...]:
    """The canal first, then every site that either side leaked to or could not assess."""
    runs = [side.inject for side in (first, second) if side.inject is not None]
    sites = [site for run in runs for site in (*(leak.site for leak in run.leaks), *run.not_assessed)]
    return (
        ("in_canal_ml", "in the canal", "ml"),
        *((f"leaks.{site}", f"leak {site}", "ml") for site in dict.fromkeys(sites)),
    )


def _cell(side: Side, name: str, key: str, level: str) -> Cell:
    """One value of one side with the reason where it is null."""
    document: Document = getattr(side, name)
    if isinstance(document, ScreenDocument):
        entry = next((e for e in document.levels if e.level == level), None)
        return Cell(None, f"{level} was not screened") if entry is None else _read(entry, key, document, key)
    if isinstance(document, PlanDocument):
        if key == "count":
            return Cell(float(len(document.paths)))
        if side.path is None:
            return Cell(None, NO_PATH)
        return _read(side.path, key, document, f"paths[0].{key}")
    if isinstance(document, InjectDocument) and key.startswith("leaks."):
        return _leak(document, key.removeprefix("leaks."))
    return _read(document, key, document, key)


def _leak(run: InjectDocument, site: str) -> Cell:
    for leak in run.leaks:
        if leak.site == site:
            return Cell(leak.volume_ml)
    if run.injected_ml is None:
        return Cell(None, run.stop_sentence)
    return Cell(None, "the CT is too coarse to show a breach there") if site in run.not_assessed else Cell(0.0)


def _read(node: Any, key: str, document: Document, path: str) -> Cell:
    """The value at a JSON path; an enumeration as its text."""
    value = node
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else getattr(value, part, None)
        if value is None:
            why = {entry.what: entry.why for entry in document.unknown}
            parents = [path[: len(path) - cut] for cut in range(len(path))]
            return Cell(None, next((why[parent] for parent in parents if parent in why), "not stated"))
    if isinstance(value, bool | int | float):
        return Cell(float(value))
    return Cell(str(value))
