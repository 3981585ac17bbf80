"""The keys of the `measure` document: what is measured on each level, in the units of their names."""

from pydantic import Field

from vertebroplasty.anatomy.levels import LevelEvidence
from vertebroplasty.documents.common import Document, Number, Part, PointLps

__all__ = [
    "Axes",
    "Bmd",
    "Breach",
    "CanalEntry",
    "Cleft",
    "Cortex",
    "Defect",
    "Evidence",
    "GenantEntry",
    "LevelEntry",
    "LyticHole",
    "MeasureDocument",
    "PedicleEntry",
    "PosteriorWallEntry",
    "QuarterHeights",
    "Trabecular",
]


class Evidence(Part):
    """What speaks for the level's name."""

    counted_from: str = Field(description="Where counting began: sacrum, c2, ribs or none.")
    neighbours: list[str] = Field(description="Labelled levels directly above and below.")
    suspicious: list[str] = Field(description="Sentences on what makes the name doubtful.")
    confirmed_by_user: bool = Field(description="Whether the user confirmed the level with --confirm-level.")

    @classmethod
    def of(cls, evidence: LevelEvidence) -> "Evidence":
        """From the level's evidence."""
        return cls(
            counted_from=evidence.counted_from,
            neighbours=list(evidence.neighbours),
            suspicious=list(evidence.suspicious),
            confirmed_by_user=evidence.confirmed_by_user,
        )


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
    level_evidence: Evidence = Field(description="What the name rests on, and what makes it doubtful.")
    centre_lps_mm: PointLps | None = Field(description="Centre of the body.")
    axes_lps: Axes | None = Field(description="The vertebra's own axes.")
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
    metal_or_cement: bool | None = Field(
        description="Whether old cement, screws or other metal lie in or beside the level."
    )
    bmd_mg_per_ml: Bmd = Field(description="Bone mineral density with its calibration.")
    pedicle: dict[str, PedicleEntry] = Field(description="Left and right pedicle.")
    canal: CanalEntry = Field(description="The canal.")
    posterior_wall: PosteriorWallEntry = Field(description="Bulge and gaps of the posterior wall.")
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
