"""The `strength` document: stiffness and failure load before and after cement, with the calibration interval."""

from collections.abc import Iterable, Mapping

from pydantic import Field

from vertebroplasty.documents.common import Document, Number, Part, Provenance, Unknowns, rounded
from vertebroplasty.strength.result import Interval, Strength, ratio

__all__ = ["RatioEntry", "StrengthDocument", "StrengthEntry", "strength_document"]


class StrengthEntry(Part):
    """One finite-element answer."""

    stiffness_n_per_mm: Number = Field(description="Axial stiffness between the caps.")
    stiffness_interval: list[float] | None = Field(description="Range over the calibration's uncertainty.")
    failure_load_n: Number = Field(description="Estimated failure load.")
    failure_load_interval: list[float] | None = Field(description="Range over the calibration's uncertainty.")
    criterion: str = Field(description="How failure was defined.")
    iterations: int | None = Field(description="Iterations of the solver.")
    relative_residual: Number = Field(description="True relative residual of the solver.")


class RatioEntry(Part):
    """After over before."""

    stiffness: Number = Field(description="Ratio of stiffness.")
    failure_load: Number = Field(description="Ratio of failure load.")


class StrengthDocument(Document):
    """What `strength` answers."""

    level: str | None = Field(description="Name of the level; null for a density volume.")
    before: StrengthEntry | None = Field(description="Without cement.")
    after: StrengthEntry | None = Field(description="With cement; null with the reason when there is none.")
    ratio: RatioEntry = Field(description="What the cement changed, after over before.")
    case: str = Field(description="Load case.")
    material: str = Field(description="Density–modulus law.")
    calibration: str = Field(description="Where the density came from: given, generic or none.")


def strength_document(
    before: Strength,
    after: Strength | None,
    provenance: Provenance,
    *,
    level: str | None,
    why_no_after: str,
    not_modelled: Iterable[str],
    warnings: Iterable[str] = (),
) -> StrengthDocument:
    """Fill the document; without cement `after` is null with its reason."""
    unknowns = Unknowns()
    entries: Mapping[str, StrengthEntry | None] = {
        name: _entry(strength, name, unknowns) for name, strength in (("before", before), ("after", after))
    }
    if after is None:
        for path in ("after", "ratio.stiffness", "ratio.failure_load"):
            unknowns.note(path, why_no_after)
    compared = None if after is None else ratio(before, after)
    if compared is not None and compared.stiffness is None:
        unknowns.note("ratio.stiffness", compared.why_unknown)
        unknowns.note("ratio.failure_load", compared.why_unknown)
    said = [*warnings, *before.notes, *(after.notes if after else ())]
    head = provenance.head(
        "strength", sources=before.sources, warnings=said, not_modelled=not_modelled, unknown=unknowns.entries
    )
    return StrengthDocument(
        **head,
        level=level,
        before=entries["before"],
        after=entries["after"],
        ratio=RatioEntry(
            stiffness=compared.stiffness if compared else None, failure_load=compared.failure_load if compared else None
        ),
        case=before.case,
        material=before.material,
        calibration=before.calibration,
    )


def _entry(strength: Strength | None, path: str, unknowns: Unknowns) -> StrengthEntry | None:
    if strength is None:
        return None
    why = strength.why_unknown
    return StrengthEntry(
        stiffness_n_per_mm=unknowns.number(strength.stiffness_n_per_mm, f"{path}.stiffness_n_per_mm", why),
        stiffness_interval=_interval(strength.stiffness_interval),
        failure_load_n=unknowns.number(strength.failure_load_n, f"{path}.failure_load_n", why),
        failure_load_interval=_interval(strength.failure_load_interval),
        criterion=strength.criterion,
        iterations=strength.iterations,
        relative_residual=strength.relative_residual,
    )


def _interval(interval: Interval | None) -> list[float] | None:
    return None if interval is None else [rounded(end) or 0.0 for end in interval]
