"""Parts of the `strength` document on a chosen force: shortening, tilt, most loaded bone, and the neighbours."""

from pydantic import Field

from vertebroplasty.documents.common import Number, Part, rounded
from vertebroplasty.strength.adjacent import PUBLISHED_RATIOS, AdjacentChange, EndplateLoad
from vertebroplasty.strength.result import Strength
from vertebroplasty.strength.under_force import neighbours_under_force, under_force

__all__ = [
    "BalloonBoneEntry",
    "EnergyEntry",
    "NeighbourEntry",
    "UnderForceEntry",
    "balloon_bone_entry",
    "neighbour_entries",
    "under_force_entry",
]

STRAIN_DECIMALS = 6  # [choice] a strain of 0.0068 is failure: print well below it


class UnderForceEntry(Part):
    """One tested vertebra under the chosen force."""

    force_n: float = Field(description="The axial force, newton.")
    plate_shortening_mm: float = Field(description="How much closer the plates come along the force's line, mm.")
    body_shortening_mm: float = Field(description="How much closer the body's endplates come on average, mm.")
    tilt_forward_deg: float = Field(description="Forward tilt of the upper plate, degrees; 0 where it cannot tilt.")
    tilt_right_deg: float = Field(
        description="Tilt of the upper plate to the patient's right, degrees: one-sided cement makes it tilt away."
    )
    most_loaded_strain: float = Field(
        description="Mean effective strain of the 5 % of the body's voxels that are loaded most."
    )


class BalloonBoneEntry(Part):
    """What balloons made of the bone that is loaded with its cement."""

    cavity_ml: float = Field(description="Room that the balloons emptied; only cement lies there.")
    shell_ml: float = Field(description="Bone around it that holds the mineral pushed aside.")
    height_gain_mm: float = Field(description="Height gained at the front while inflated.")
    height_kept: float = Field(description="Share of that gain which was assumed to stay; not known, 0 unless stated.")
    kept_mm: float = Field(description="Height that stays at the front under this assumption.")
    wedge_change_deg: float = Field(description="By how much less the body is wedged then: local kyphosis corrected.")


class EnergyEntry(Part):
    """Volumes of strain energy beside this document, N·mm per mm³ on the grid that was loaded."""

    force_n: float = Field(description="The axial force they are drawn for, newton.")
    before: str = Field(description="Name of the file without cement.")
    after: str | None = Field(description="Name of the file with cement.")


class EndplateEntry(Part):
    """Load on one neighbour's endplate under the chosen force."""

    total_n: Number = Field(description="Axial force through the endplate, newton.")
    peak_mpa: Number = Field(description="Mean pressure on the most loaded 5 % of the endplate, MPa.")
    nucleus_mpa: Number = Field(description="Mean pressure under the nucleus, MPa.")
    nucleus_share: Number = Field(description="Share of the force that passes under the nucleus.")


class NeighbourEntry(Part):
    """What cement changes for one neighbour."""

    side: str = Field(description="above or below.")
    before: EndplateEntry = Field(description="Without cement.")
    after: EndplateEntry = Field(description="With cement.")
    peak_ratio: float = Field(description="Peak pressure after over before, under the same force.")
    nucleus_pressure_ratio: float = Field(description="Pressure under the nucleus after over before, same force.")
    total_ratio_at_same_displacement: float = Field(
        description="Whole force after over before, when the stack is shortened by the same amount."
    )
    published_ratios: dict[str, float] = Field(
        description="What published models found, after over before, by citation key; quoted from memory."
    )


def balloon_bone_entry(
    *,
    cavity_ml: float,
    shell_ml: float,
    height_gain_mm: float,
    height_kept: float,
    kept_mm: float,
    wedge_change_deg: float,
) -> BalloonBoneEntry:
    """The entry, rounded for print."""
    return BalloonBoneEntry(
        cavity_ml=rounded(cavity_ml) or 0.0,
        shell_ml=rounded(shell_ml) or 0.0,
        height_gain_mm=rounded(height_gain_mm) or 0.0,
        height_kept=height_kept,
        kept_mm=rounded(kept_mm) or 0.0,
        wedge_change_deg=rounded(wedge_change_deg) or 0.0,
    )


def under_force_entry(strength: Strength, force_n: float) -> UnderForceEntry | None:
    """The tested vertebra under a force, or None where newtons are unknown."""
    loaded = under_force(strength, force_n)
    if loaded is None:
        return None
    return UnderForceEntry(
        force_n=force_n,
        plate_shortening_mm=round(loaded.plate_shortening_mm, STRAIN_DECIMALS),
        body_shortening_mm=round(loaded.body_shortening_mm, STRAIN_DECIMALS),
        tilt_forward_deg=round(loaded.tilt_forward_deg, STRAIN_DECIMALS) + 0.0,
        tilt_right_deg=round(loaded.tilt_right_deg, STRAIN_DECIMALS) + 0.0,
        most_loaded_strain=round(loaded.most_loaded_strain, STRAIN_DECIMALS),
    )


def neighbour_entries(before: Strength, after: Strength | None, force_n: float) -> list[NeighbourEntry]:
    """The neighbours before and after cement; empty where there is no stack, no cement or no newtons."""
    if after is None:
        return []
    return [_neighbour(change) for change in neighbours_under_force(before, after, force_n)]


def _neighbour(change: AdjacentChange) -> NeighbourEntry:
    return NeighbourEntry(
        side=change.before.side,
        before=_endplate(change.before),
        after=_endplate(change.after),
        peak_ratio=round(change.peak, STRAIN_DECIMALS),
        nucleus_pressure_ratio=round(change.nucleus_pressure, STRAIN_DECIMALS),
        total_ratio_at_same_displacement=round(change.total_at_same_displacement, STRAIN_DECIMALS),
        published_ratios=dict(PUBLISHED_RATIOS),
    )


def _endplate(load: EndplateLoad) -> EndplateEntry:
    return EndplateEntry(
        total_n=rounded(load.total_n),
        peak_mpa=rounded(load.peak_mpa),
        nucleus_mpa=rounded(load.nucleus_mpa),
        nucleus_share=rounded(load.nucleus_share),
    )
