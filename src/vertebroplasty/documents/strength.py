"""The `strength` document: stiffness and failure load before and after cement, with the calibration interval."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import Field

from vertebroplasty.documents.common import Document, Number, Part, Provenance, Unknowns, rounded
from vertebroplasty.documents.strength_calibration import CalibrationEntry, calibration_entry
from vertebroplasty.documents.strength_load import (
    BalloonBoneEntry,
    EnergyEntry,
    NeighbourEntry,
    UnderForceEntry,
    neighbour_entries,
    under_force_entry,
)
from vertebroplasty.documents.strength_more import (
    NOTHING_MORE,
    CriterionEntry,
    DailyLoadEntry,
    More,
    SettingEntry,
    VolumesEntry,
    criterion_entries,
    daily_load_entries,
    noted,
    setting_entries,
    volumes_entry,
)
from vertebroplasty.strength.result import Interval, Ratio, Strength, ratio
from vertebroplasty.strength.yielding import YieldCurve

__all__ = ["RatioEntry", "StrengthDocument", "StrengthEntry", "strength_document"]

GIVEN_DENSITY = "the density was handed in"
NO_CEMENT = "without cement there is nothing to compare"
NO_VOLUMES = "no volumes were asked for: add --volumes"
NO_FORCE = "no force was asked for: add --force-n"


class StrengthEntry(Part):
    """One finite-element answer."""

    stiffness_n_per_mm: Number = Field(description="Axial stiffness between the caps.")
    stiffness_interval: list[float] | None = Field(description="Range over the calibration's uncertainty.")
    failure_load_n: Number = Field(description="Estimated failure load.")
    failure_load_interval: list[float] | None = Field(description="Range over the calibration's uncertainty.")
    criterion: str = Field(description="How failure was defined.")
    iterations: int | None = Field(description="Iterations of the solver.")
    relative_residual: Number = Field(description="True relative residual of the solver.")
    criteria: list[CriterionEntry] = Field(
        default=[], description="Failure load by every definition that was computed, side by side."
    )
    under_force: UnderForceEntry | None = Field(
        default=None, description="The vertebra under the chosen force; null without one or without newtons."
    )


class RatioEntry(Part):
    """After over before."""

    stiffness: Number = Field(description="Ratio of stiffness.")
    failure_load: Number = Field(description="Ratio of failure load.")
    same_by_rule: bool = Field(
        default=False,
        description="Whether the failure rule makes both ratios one number, so that the second is no finding.",
    )


class StrengthDocument(Document):
    """What `strength` answers."""

    level: str | None = Field(description="Name of the level; null for a density volume.")
    before: StrengthEntry | None = Field(description="Without cement.")
    after: StrengthEntry | None = Field(description="With cement; null with the reason when there is none.")
    ratio: RatioEntry = Field(description="What the cement changed, after over before.")
    case: str = Field(description="Load case: compression, flexion, through-discs or stack.")
    material: str = Field(description="Density–modulus law.")
    calibration: str = Field(
        description="Where the density came from: given, phantom, scanner-table, phantomless, generic or none."
    )
    calibration_line: CalibrationEntry | None = Field(
        default=None, description="The line from HU to density; null where density was given or is not calibrated."
    )
    neighbours: list[NeighbourEntry] = Field(
        default=[], description="Load on the neighbours' endplates before and after cement; only for a stack."
    )
    daily_loads: list[DailyLoadEntry] = Field(
        default=[], description="Loads of daily life over the failure load, without and with cement."
    )
    volumes: VolumesEntry | None = Field(default=None, description="Effect of the cement's volume; null if not asked.")
    balloons: BalloonBoneEntry | None = Field(
        default=None, description="What balloons made of the bone in after; null where none was used."
    )
    energy: EnergyEntry | None = Field(
        default=None, description="Maps of strain energy written beside this document; null where not asked for."
    )
    setting: list[SettingEntry] = Field(default=[], description="Strength at times after mixing, where asked for.")


def strength_document(
    before: Strength,
    after: Strength | None,
    provenance: Provenance,
    *,
    level: str | None,
    why_no_after: str,
    not_modelled: Iterable[str],
    warnings: Iterable[str] = (),
    force_n: float | None = None,
    more: More = NOTHING_MORE,
    balloons: BalloonBoneEntry | None = None,
    energy: EnergyEntry | None = None,
) -> StrengthDocument:
    """Fill the document; without cement `after` is null with its reason, without a force what a force would do."""
    unknowns = Unknowns()
    entries: Mapping[str, StrengthEntry | None] = {
        name: _entry(strength, name, unknowns, force_n, curves)
        for name, strength, curves in (("before", before, more.curves_before), ("after", after, more.curves_after))
    }
    if after is None:
        unknowns.note("after", why_no_after)
    compared = _ratio_entry(before, after, why_no_after, unknowns)
    neighbours = _neighbours(before, after, force_n, why_no_after, unknowns)
    line = calibration_entry(before.density_line)
    if line is None:
        unknowns.note("calibration_line", before.why_unknown or GIVEN_DENSITY)
    said = [
        *warnings,
        *(before.density_line.notes if before.density_line else ()),
        *before.notes,
        *(after.notes if after else ()),
        *more.said(),
    ]
    extra = _extra(before, after, more, unknowns)
    head = provenance.head(
        "strength",
        sources=[*before.sources, *more.sources()],
        warnings=said,
        not_modelled=not_modelled,
        unknown=unknowns.entries,
    )
    return StrengthDocument(
        **head,
        level=level,
        before=entries["before"],
        after=entries["after"],
        ratio=compared,
        case=before.case,
        material=before.material,
        calibration=before.calibration,
        calibration_line=line,
        neighbours=neighbours,
        balloons=balloons,
        energy=energy,
        **extra,
    )


def _ratio_entry(before: Strength, after: Strength | None, why_no_after: str, unknowns: Unknowns) -> RatioEntry:
    """After over before, or nulls with the reason."""
    compared = Ratio(stiffness=None, failure_load=None, why_unknown=why_no_after)
    if after is not None:
        compared = ratio(before, after)
    if compared.stiffness is None:
        unknowns.note("ratio.stiffness", compared.why_unknown)
        unknowns.note("ratio.failure_load", compared.why_unknown)
    return RatioEntry(
        stiffness=compared.stiffness, failure_load=compared.failure_load, same_by_rule=compared.same_by_rule
    )


def _neighbours(
    before: Strength, after: Strength | None, force_n: float | None, why_no_after: str, unknowns: Unknowns
) -> list[NeighbourEntry]:
    """The neighbours of a stack before and after cement under the chosen force, or the reason why there are none."""
    entries = [] if force_n is None else neighbour_entries(before, after, force_n)
    if before.case == "stack" and not entries:
        unknowns.note("neighbours", NO_FORCE if force_n is None else before.why_unknown or why_no_after)
    return entries


def _extra(before: Strength, after: Strength | None, more: More, unknowns: Unknowns) -> dict[str, Any]:
    """Daily loads, and what was asked for beside them."""
    loads = daily_load_entries(before, after)
    for n, entry in enumerate(loads):
        if entry.before is None:
            unknowns.note(f"daily_loads[{n}].before", entry.sentence_before)
        if entry.after is None:
            unknowns.note(f"daily_loads[{n}].after", entry.sentence_after or NO_CEMENT)
    if not more.volumes_by_line:
        unknowns.note("volumes", before.why_unknown if before.response is None else NO_VOLUMES)
    curves = more.volumes_by_line
    volumes = volumes_entry(curves, more.placement, before.why_unknown, unknowns) if curves else None
    setting = setting_entries(more.setting_by_line, before.why_unknown, unknowns)
    return {"daily_loads": loads, "volumes": volumes, "setting": setting}


def _entry(
    strength: Strength | None, path: str, unknowns: Unknowns, force_n: float | None, curves: Sequence[YieldCurve]
) -> StrengthEntry | None:
    if strength is None:
        return None
    why = strength.why_unknown
    loaded = None if force_n is None else under_force_entry(strength, force_n)
    if loaded is None:
        unknowns.note(f"{path}.under_force", NO_FORCE if force_n is None else why)
    return StrengthEntry(
        stiffness_n_per_mm=unknowns.number(strength.stiffness_n_per_mm, f"{path}.stiffness_n_per_mm", why),
        stiffness_interval=noted(_interval(strength.stiffness_interval), f"{path}.stiffness_interval", why, unknowns),
        failure_load_n=unknowns.number(strength.failure_load_n, f"{path}.failure_load_n", why),
        failure_load_interval=noted(
            _interval(strength.failure_load_interval), f"{path}.failure_load_interval", why, unknowns
        ),
        criterion=strength.criterion,
        iterations=strength.iterations,
        relative_residual=strength.relative_residual,
        criteria=criterion_entries(strength, curves, path, unknowns),
        under_force=loaded,
    )


def _interval(interval: Interval | None) -> list[float] | None:
    return None if interval is None else [rounded(end) or 0.0 for end in interval]
