"""Filling the `measure` document from what was measured, every null with its reason."""

from collections.abc import Sequence

from vertebroplasty.anatomy.measurement import Heights, LevelMeasurement, PedicleSize, Spot
from vertebroplasty.documents.common import Provenance, Unknowns, point, rounded
from vertebroplasty.documents.measure_keys import (
    Axes,
    Bmd,
    Breach,
    CanalEntry,
    Cleft,
    Cortex,
    Defect,
    Evidence,
    GenantEntry,
    LevelEntry,
    LyticHole,
    MeasureDocument,
    PedicleEntry,
    PosteriorWallEntry,
    QuarterHeights,
    Trabecular,
)  # fmt: skip
from vertebroplasty.documents.unmeasured import CutLevel, unmeasured_level

__all__ = ["LevelEntry", "MeasureDocument", "measure_document"]


def measure_document(
    levels: Sequence[LevelMeasurement | CutLevel],
    provenance: Provenance,
    *,
    sources: Sequence[str],
    not_modelled: Sequence[str],
    warnings: Sequence[str] = (),
) -> MeasureDocument:
    """Fill the document from the measured levels, and from those cut so far that nothing could be measured."""
    unknowns = Unknowns()
    entries = [
        unmeasured_level(level, f"levels[{n}]", unknowns)
        if isinstance(level, CutLevel)
        else _level(level, f"levels[{n}]", unknowns)
        for n, level in enumerate(levels)
    ]
    said = [*warnings, *(note for entry in entries for note in (*entry.level_evidence.suspicious, *entry.notes))]
    head = provenance.head(
        "measure", sources=sources, warnings=said, not_modelled=not_modelled, unknown=unknowns.entries
    )
    return MeasureDocument(**head, levels=entries)


def _quarter(heights: Heights, path: str, unknowns: Unknowns) -> QuarterHeights:
    return QuarterHeights(
        anterior=unknowns.value(heights.anterior_mm, f"{path}.anterior"),
        middle=unknowns.value(heights.middle_mm, f"{path}.middle"),
        posterior=unknowns.value(heights.posterior_mm, f"{path}.posterior"),
    )


def _pedicle(size: PedicleSize, path: str, unknowns: Unknowns) -> PedicleEntry:
    if size.axis_lps is None:
        unknowns.note(f"{path}.axis_lps", size.width_mm.why)
    if size.isthmus_lps_mm is None:
        unknowns.note(f"{path}.isthmus_lps_mm", size.width_mm.why)
    return PedicleEntry(
        width_mm=unknowns.value(size.width_mm, f"{path}.width_mm"),
        width_plus_minus_mm=rounded(size.width_mm.plus_minus),
        height_mm=unknowns.value(size.height_mm, f"{path}.height_mm"),
        height_plus_minus_mm=rounded(size.height_mm.plus_minus),
        length_mm=unknowns.value(size.length_mm, f"{path}.length_mm"),
        length_plus_minus_mm=rounded(size.length_mm.plus_minus),
        axis_lps=None if size.axis_lps is None else point(size.axis_lps),
        isthmus_lps_mm=None if size.isthmus_lps_mm is None else point(size.isthmus_lps_mm),
    )


def _canal(m: LevelMeasurement, path: str, unknowns: Unknowns) -> CanalEntry:
    canal = m.canal
    return CanalEntry(
        area_mm2=unknowns.value(canal.area_mm2, f"{path}.area_mm2"),
        ap_mm=unknowns.value(canal.ap_mm, f"{path}.ap_mm"),
        ap_plus_minus_mm=rounded(canal.ap_mm.plus_minus),
        width_mm=unknowns.value(canal.width_mm, f"{path}.width_mm"),
        compromise_percent=unknowns.value(canal.compromise_percent, f"{path}.compromise_percent"),
        compromise_plus_minus_percent=rounded(canal.compromise_percent.plus_minus),
        area_compromise_percent=unknowns.value(canal.area_compromise_percent, f"{path}.area_compromise_percent"),
        reference_levels=list(canal.reference_levels),
    )


def _wall(m: LevelMeasurement, path: str, unknowns: Unknowns) -> PosteriorWallEntry:
    wall = m.posterior_wall
    if wall.intact is None:
        unknowns.note(f"{path}.intact", wall.why_unknown)
    return PosteriorWallEntry(
        retropulsion_mm=unknowns.value(wall.retropulsion_mm, f"{path}.retropulsion_mm"),
        retropulsion_plus_minus_mm=rounded(wall.retropulsion_mm.plus_minus),
        intact=wall.intact,
        defects=[Defect(area_mm2=rounded(d.area_mm2), centre_lps_mm=point(d.centre_lps_mm)) for d in wall.defects],
    )


def _genant(m: LevelMeasurement, path: str, unknowns: Unknowns) -> GenantEntry:
    genant = m.genant
    if genant.grade is None:
        unknowns.note(f"{path}.grade", genant.height_loss_percent.why)
        unknowns.note(f"{path}.shape", genant.height_loss_percent.why)
    return GenantEntry(
        grade=genant.grade,
        shape=genant.shape,
        height_loss_percent=unknowns.value(genant.height_loss_percent, f"{path}.height_loss_percent"),
        height_loss_plus_minus_percent=rounded(genant.height_loss_percent.plus_minus),
        reference_levels=list(genant.reference_levels),
    )


def _cortex(m: LevelMeasurement, path: str, unknowns: Unknowns) -> Cortex:
    return Cortex(
        apparent_mm=unknowns.number(m.cortex_apparent_mm, f"{path}.apparent_mm", "the shell could not be measured"),
        breaches=[_breach(spot) for spot in m.breaches],
        breaches_can_be_seen=m.breaches_can_be_seen,
    )


def _breach(spot: Spot) -> Breach:
    return Breach(area_mm2=rounded(spot.area_mm2), centre_lps_mm=point(spot.centre_lps_mm), toward=spot.toward)


def _core(m: LevelMeasurement, path: str, unknowns: Unknowns) -> Trabecular:
    core = m.trabecular
    return Trabecular(
        mean=unknowns.number(core.mean_hu, f"{path}.mean", core.why),
        sd=unknowns.number(core.sd_hu, f"{path}.sd", core.why),
        n_voxels=core.n_voxels,
    )


def _level(m: LevelMeasurement, path: str, unknowns: Unknowns) -> LevelEntry:
    def value(name: str) -> float | None:
        return unknowns.value(getattr(m, name), f"{path}.{name}")

    if m.contrast_suspected is None:
        unknowns.note(f"{path}.contrast_suspected", "the field of view shows no vessel in front of the spine")
    if m.bmd_calibration is None:
        unknowns.note(f"{path}.bmd_mg_per_ml.calibration", m.bmd_mg_per_ml.why)
    heights, evidence = m.heights, m.evidence
    return LevelEntry(
        level=m.level,
        complete=m.complete,
        missing_sides=list(m.missing_sides),
        level_evidence=Evidence.of(evidence),
        centre_lps_mm=point(m.frame.origin_lps_mm),
        axes_lps=Axes(right=point(m.frame.right), anterior=point(m.frame.anterior), superior=point(m.frame.superior)),
        anterior_height_mm=unknowns.value(heights.anterior_mm, f"{path}.anterior_height_mm"),
        anterior_height_plus_minus_mm=rounded(heights.anterior_mm.plus_minus),
        middle_height_mm=unknowns.value(heights.middle_mm, f"{path}.middle_height_mm"),
        middle_height_plus_minus_mm=rounded(heights.middle_mm.plus_minus),
        posterior_height_mm=unknowns.value(heights.posterior_mm, f"{path}.posterior_height_mm"),
        posterior_height_plus_minus_mm=rounded(heights.posterior_mm.plus_minus),
        heights_quarter_mm={
            side: _quarter(h, f"{path}.heights_quarter_mm.{side}", unknowns) for side, h in m.quarter_heights.items()
        },
        wedge_angle_deg=value("wedge_angle_deg"),
        wedge_angle_plus_minus_deg=rounded(m.wedge_angle_deg.plus_minus),
        body_depth_mm=value("body_depth_mm"),
        body_depth_plus_minus_mm=rounded(m.body_depth_mm.plus_minus),
        body_width_mm=value("body_width_mm"),
        body_width_plus_minus_mm=rounded(m.body_width_mm.plus_minus),
        body_volume_ml=value("body_volume_ml"),
        body_volume_plus_minus_ml=rounded(m.body_volume_ml.plus_minus),
        trabecular_hu=_core(m, f"{path}.trabecular_hu", unknowns),
        contrast_suspected=m.contrast_suspected,
        metal_or_cement=m.metal_or_cement,
        bmd_mg_per_ml=Bmd(
            value=unknowns.value(m.bmd_mg_per_ml, f"{path}.bmd_mg_per_ml.value"), calibration=m.bmd_calibration
        ),
        pedicle={side: _pedicle(p, f"{path}.pedicle.{side}", unknowns) for side, p in m.pedicles.items()},
        canal=_canal(m, f"{path}.canal", unknowns),
        posterior_wall=_wall(m, f"{path}.posterior_wall", unknowns),
        genant=_genant(m, f"{path}.genant", unknowns),
        clefts=[
            Cleft(volume_ml=rounded(c.volume_ml), centre_lps_mm=point(c.centre_lps_mm), content=c.content)
            for c in m.clefts
        ],
        lytic_holes=[
            LyticHole(volume_ml=rounded(c.volume_ml), centre_lps_mm=point(c.centre_lps_mm)) for c in m.lytic_holes
        ],
        cortex=_cortex(m, f"{path}.cortex", unknowns),
        regional_kyphosis_deg=value("regional_kyphosis_deg"),
        notes=list(m.notes),
    )
