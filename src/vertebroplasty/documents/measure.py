"""The `measure` document: what was measured on each level, in the units of its keys."""

from collections.abc import Sequence

from pydantic import Field

from vertebroplasty.anatomy.measurement import Heights, LevelMeasurement, PedicleSize, Spot
from vertebroplasty.documents.common import Document, Number, Part, PointLps, Provenance, Unknowns, point, rounded

__all__ = ["MeasureDocument", "measure_document"]


class Evidence(Part):
    """What speaks for the level's name."""

    counted_from: str = Field(description="Where counting began: sacrum, c2, ribs or none.")
    neighbours: list[str] = Field(description="Labelled levels directly above and below.")
    suspicious: list[str] = Field(description="Sentences on what makes the name doubtful.")
    confirmed_by_user: bool = Field(description="Whether the user confirmed the level with --confirm-level.")


class Axes(Part):
    """The vertebra's own axes, unit vectors in LPS."""

    right: PointLps = Field(description="Towards the patient's right, from the vertebra's mirror symmetry.")
    anterior: PointLps = Field(description="Forwards, completing the frame.")
    superior: PointLps = Field(description="Upwards along the posterior wall in the mid-sagittal plane.")


class QuarterHeights(Part):
    """Heights along one quarter line."""

    anterior: Number = Field(description="Anterior height in mm.")
    middle: Number = Field(description="Middle height in mm.")
    posterior: Number = Field(description="Posterior height in mm.")


class Trabecular(Part):
    """HU of the eroded core of the body."""

    mean: Number = Field(description="Mean HU.")
    sd: Number = Field(description="Standard deviation in HU.")
    n_voxels: int = Field(description="Number of voxels averaged.")


class Bmd(Part):
    """Bone mineral density."""

    value: Number = Field(description="mg/ml, null without a calibration.")
    calibration: str | None = Field(description="Name of the calibration.")


class PedicleEntry(Part):
    """One pedicle at its isthmus."""

    width_mm: Number = Field(description="Smallest chord through the inscribed circle's centre.")
    width_plus_minus_mm: Number = Field(description="± of the width.")
    height_mm: Number = Field(description="Chord at 90 degrees to the width.")
    height_plus_minus_mm: Number = Field(description="± of the height.")
    length_mm: Number = Field(description="From the posterior wall to the arch.")
    length_plus_minus_mm: Number = Field(description="± of the length.")
    axis_lps: PointLps | None = Field(description="Unit vector along the pedicle towards the body.")
    isthmus_lps_mm: PointLps | None = Field(description="Centre of the smallest section.")


class CanalEntry(Part):
    """The vertebral canal and its narrowing."""

    area_mm2: Number = Field(description="Cross-sectional area.")
    ap_mm: Number = Field(description="Smallest mid-sagittal diameter over the height of the body.")
    ap_plus_minus_mm: Number = Field(description="± of the diameter.")
    width_mm: Number = Field(description="Left-to-right width.")
    compromise_percent: Number = Field(description="100·(1 − AP over the neighbours' mean AP).")
    compromise_plus_minus_percent: Number = Field(description="± of the compromise, percentage points.")
    area_compromise_percent: Number = Field(description="The same by area; it never decides.")
    reference_levels: list[str] = Field(description="Complete neighbours used as reference.")


class Defect(Part):
    """A gap in the posterior wall."""

    area_mm2: Number = Field(description="Area of the gap.")
    centre_lps_mm: PointLps = Field(description="Its centre.")


class PosteriorWallEntry(Part):
    """The posterior wall."""

    retropulsion_mm: Number = Field(description="How far it bulges behind the chord of the neighbours' walls.")
    retropulsion_plus_minus_mm: Number = Field(description="± of the bulge.")
    intact: bool | None = Field(description="Whether no gap was seen; null where the CT cannot show one.")
    defects: list[Defect] = Field(description="Gaps that were seen.")


class GenantEntry(Part):
    """Genant's semiquantitative grade."""

    grade: int | None = Field(description="0 to 3; null without a reference level.")
    shape: str | None = Field(description="none, wedge, biconcave or crush.")
    height_loss_percent: Number = Field(description="Largest loss of the three heights against the reference.")
    height_loss_plus_minus_percent: Number = Field(description="± of the loss, percentage points.")
    reference_levels: list[str] = Field(description="Complete unfractured levels used as reference.")


class Cleft(Part):
    """An intravertebral cleft."""

    volume_ml: Number = Field(description="Volume.")
    centre_lps_mm: PointLps = Field(description="Centre.")
    content: str | None = Field(description="gas or fluid.")


class LyticHole(Part):
    """A lytic hole."""

    volume_ml: Number = Field(description="Volume.")
    centre_lps_mm: PointLps = Field(description="Centre.")


class Breach(Part):
    """A gap in the cortex that was seen."""

    area_mm2: Number = Field(description="Area of the gap.")
    centre_lps_mm: PointLps = Field(description="Centre.")
    toward: str | None = Field(description="What lies outside: canal, disc, foramen or paravertebral.")


class Cortex(Part):
    """The cortical shell as far as the CT shows it."""

    apparent_mm: Number = Field(description="Apparent thickness; partial volume makes it thicker than the bone.")
    breaches: list[Breach] = Field(description="Gaps that were seen.")
    breaches_can_be_seen: bool = Field(description="Whether spacing (≤ 1.5 mm) lets a gap of 2 mm be seen.")


class LevelEntry(Part):
    """One measured level."""

    level: str = Field(description="Name of the level.")
    complete: bool = Field(description="Whether the whole vertebra lies in the volume.")
    missing_sides: list[str] = Field(description="Sides at which the volume cuts it.")
    level_evidence: Evidence = Field(description="What speaks for the level's name.")
    centre_lps_mm: PointLps = Field(description="Centre of the body.")
    axes_lps: Axes = Field(description="The vertebra's own axes.")
    anterior_height_mm: Number = Field(description="Anterior height, mid-sagittal.")
    anterior_height_plus_minus_mm: Number = Field(description="± of the anterior height.")
    middle_height_mm: Number = Field(description="Height at half the depth.")
    middle_height_plus_minus_mm: Number = Field(description="± of the middle height.")
    posterior_height_mm: Number = Field(description="Posterior height, mid-sagittal.")
    posterior_height_plus_minus_mm: Number = Field(description="± of the posterior height.")
    heights_quarter_mm: dict[str, QuarterHeights] = Field(description="Heights on the left and right quarter lines.")
    wedge_angle_deg: Number = Field(description="Between the two corner lines; positive when the front is lower.")
    wedge_angle_plus_minus_deg: Number = Field(description="± of the wedge angle.")
    body_depth_mm: Number = Field(description="Between the wall lines at mid-height.")
    body_depth_plus_minus_mm: Number = Field(description="± of the depth.")
    body_width_mm: Number = Field(description="Largest width in the middle third, processes and ribs excluded.")
    body_width_plus_minus_mm: Number = Field(description="± of the width.")
    body_volume_ml: Number = Field(description="Volume of the body.")
    body_volume_plus_minus_ml: Number = Field(description="± of the volume.")
    trabecular_hu: Trabecular = Field(description="HU of the eroded core.")
    contrast_suspected: bool | None = Field(
        description="Whether contrast enhancement is suspected; null if it cannot be told."
    )
    metal_or_cement: bool = Field(description="Whether old cement, screws or other metal lie in or beside the level.")
    bmd_mg_per_ml: Bmd = Field(description="Bone mineral density with its calibration.")
    pedicle: dict[str, PedicleEntry] = Field(description="Left and right pedicle.")
    canal: CanalEntry = Field(description="The canal.")
    posterior_wall: PosteriorWallEntry = Field(description="The posterior wall.")
    genant: GenantEntry = Field(description="Genant grade, shape and height loss.")
    clefts: list[Cleft] = Field(description="Intravertebral clefts.")
    lytic_holes: list[LyticHole] = Field(description="Lytic holes.")
    cortex: Cortex = Field(description="The cortical shell.")
    regional_kyphosis_deg: Number = Field(
        description="Upper plate of the level above to lower plate of the level below."
    )
    notes: list[str] = Field(description="What else was noticed while measuring.")


class MeasureDocument(Document):
    """What `measure` answers."""

    levels: list[LevelEntry] = Field(description="One entry a level.")


def measure_document(
    levels: Sequence[LevelMeasurement],
    provenance: Provenance,
    *,
    sources: Sequence[str],
    not_modelled: Sequence[str],
    warnings: Sequence[str] = (),
) -> MeasureDocument:
    """Fill the document from the measured levels."""
    unknowns = Unknowns()
    entries = [_level(level, f"levels[{n}]", unknowns) for n, level in enumerate(levels)]
    head = provenance.head(
        "measure", sources=sources, warnings=warnings, not_modelled=not_modelled, unknown=unknowns.entries
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
        level_evidence=Evidence(
            counted_from=evidence.counted_from,
            neighbours=list(evidence.neighbours),
            suspicious=list(evidence.suspicious),
            confirmed_by_user=evidence.confirmed_by_user,
        ),
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
