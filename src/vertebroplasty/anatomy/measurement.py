"""What is measured on one level: every value with its unit, its ± and, where it is unknown, the reason."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from vertebroplasty.anatomy.levels import LevelEvidence
from vertebroplasty.geometry.frame import Frame

__all__ = [
    "CanalSize",
    "Density",
    "Genant",
    "Heights",
    "LevelMeasurement",
    "Measured",
    "PedicleSize",
    "PosteriorWall",
    "Spot",
    "unknown",
]


@dataclass(frozen=True, slots=True)
class Measured:
    """A number with its ±; `None` is unknown and then `why` is a sentence."""

    value: float | None
    plus_minus: float | None = None
    why: str = ""


def unknown(why: str) -> Measured:
    """A value that cannot be given, and why."""
    return Measured(None, None, why)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heights:
    """Anterior, middle and posterior height in mm along one sagittal line of the body."""

    anterior_mm: Measured
    middle_mm: Measured
    posterior_mm: Measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Density:
    """HU of the body's core: mean, standard deviation, voxels."""

    mean_hu: float | None
    sd_hu: float | None
    n_voxels: int
    why: str = ""


@dataclass(frozen=True, eq=False, kw_only=True)
class PedicleSize:
    """One pedicle: width and height at the isthmus, length, axis towards the body and isthmus, both LPS."""

    width_mm: Measured
    height_mm: Measured
    length_mm: Measured
    axis_lps: Float[np.ndarray, "3"] | None
    isthmus_lps_mm: Float[np.ndarray, "3"] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CanalSize:
    """The canal and what a fragment leaves of it, against the complete neighbours' canals."""

    area_mm2: Measured
    ap_mm: Measured
    width_mm: Measured
    compromise_percent: Measured
    area_compromise_percent: Measured
    reference_levels: tuple[str, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class Spot:
    """A hole, cleft or gap: where it is, how large, what it holds or faces."""

    centre_lps_mm: Float[np.ndarray, "3"]
    volume_ml: float | None = None
    area_mm2: float | None = None
    content: str | None = None  # gas | fluid, for clefts
    toward: str | None = None  # canal | disc-above | disc-below | foramen-left | foramen-right | paravertebral


@dataclass(frozen=True, eq=False, kw_only=True)
class PosteriorWall:
    """Retropulsion against the neighbours' walls, and gaps; `intact` is None where the CT cannot show them."""

    retropulsion_mm: Measured
    intact: bool | None
    why_unknown: str
    defects: tuple[Spot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Genant:
    """Genant grade 0–3, shape (none, wedge, biconcave, crush) and the largest height loss; None without a reference."""

    grade: int | None
    shape: str | None
    height_loss_percent: Measured
    reference_levels: tuple[str, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class LevelMeasurement:
    """Everything measured on one level; keys and units follow the contract's `measure` document."""

    level: str
    complete: bool
    missing_sides: tuple[str, ...]
    evidence: LevelEvidence
    frame: Frame
    heights: Heights
    quarter_heights: dict[str, Heights]  # left, right
    wedge_angle_deg: Measured
    body_depth_mm: Measured
    body_width_mm: Measured
    body_volume_ml: Measured
    trabecular: Density
    contrast_suspected: bool | None
    metal_or_cement: bool
    bmd_mg_per_ml: Measured
    bmd_calibration: str | None
    pedicles: dict[str, PedicleSize]  # left, right
    canal: CanalSize
    posterior_wall: PosteriorWall
    genant: Genant
    clefts: tuple[Spot, ...]
    lytic_holes: tuple[Spot, ...]
    cortex_apparent_mm: float | None
    breaches: tuple[Spot, ...]
    breaches_can_be_seen: bool
    regional_kyphosis_deg: Measured
    notes: tuple[str, ...] = ()
    points_lps_mm: dict[str, Float[np.ndarray, "3"]] | None = None  # anterior-upper, anterior-lower, middle-upper, …
