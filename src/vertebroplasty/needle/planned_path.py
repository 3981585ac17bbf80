"""What a needle plan says: each path with its clearances, angles and C-arm views, the pairs, and what was refused."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from vertebroplasty.geometry.needle_path import NeedlePath

__all__ = ["CArmAngles", "CheckPoint", "Clearance", "NeedlePair", "NeedlePlan", "PlannedPath", "RefusedPath"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearance:
    """Millimetres from the needle's surface to the outer bone surface by direction, negative outside bone.

    Read along the shaft from 5 mm past the entry to the tip; `anterior` from the tip straight on; `canal` and
    `foramen` to bone surface that faces them, and for an approach beside the pedicle to the foramen itself; the
    endplates from within the body.  None where the direction has no meaning on this path.
    """

    medial: float | None
    lateral: float | None
    superior: float | None
    inferior: float | None
    anterior: float | None
    canal: float | None
    foramen: float | None = None
    upper_endplate: float | None = None
    lower_endplate: float | None = None

    @property
    def worst(self) -> float:
        """The smallest of those known."""
        return min(value for value in (getattr(self, name) for name in self.__slots__) if value is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class CArmAngles:
    """Where the C-arm's detector stands, degrees: positive LAO and positive cranial, as in DICOM."""

    lao_deg: float
    cranial_deg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckPoint:
    """One depth of the tip past the bone entry: what AP and lateral show there, and the rule that holds."""

    depth_mm: float
    ap: str
    lateral: str
    rule: str


@dataclass(frozen=True, eq=False, kw_only=True)
class PlannedPath:
    """One straight needle, judged.

    `skin_lps_mm` and `depth_from_skin_mm` (skin to tip) are None where the scan holds no skin behind the entry.
    `convergence_deg` is towards the midline, `cranio_caudal_deg` positive cranial, both in the vertebra's axes.
    `breach_probability` is known to ± `breach_plus_minus` (95 %);
    `breach_by_wall` splits it by the wall that a shaky hand breaches first, `breach_into` names the shares that come
    out in canal and foramen; `plausible_clearance_mm` is kept by 95 % of placed needles.  `needle_length_mm` is the
    depth from the skin with an allowance for the hub, None without skin.  `role` says what the path is best at.
    """

    rank: int
    path: NeedlePath
    skin_lps_mm: Float[np.ndarray, "3"] | None
    depth_from_skin_mm: float | None
    convergence_deg: float
    cranio_caudal_deg: float
    clearance_mm: Clearance
    breach_probability: float
    breach_plus_minus: float
    breach_by_wall: dict[str, float]
    breach_into: dict[str, float]
    plausible_clearance_mm: float | None
    needle_length_mm: float | None
    gertzbein_robbins: str
    c_arm: dict[str, CArmAngles]  # barrel, ap, lateral
    checkpoints: tuple[str, ...]
    checkpoint_table: tuple[CheckPoint, ...]
    role: str  # robust | target | between | pair | own
    why: str

    @property
    def side(self) -> str:
        """Left or right."""
        return self.path.side

    @property
    def approach(self) -> str:
        """Transpedicular, parapedicular, posterolateral or anterolateral."""
        return self.path.approach

    @property
    def gauge(self) -> int:
        """Gauge number."""
        return self.path.gauge_number

    @property
    def entry_lps_mm(self) -> Float[np.ndarray, "3"]:
        """Entry on the outer cortex."""
        return self.path.entry_lps_mm

    @property
    def tip_lps_mm(self) -> Float[np.ndarray, "3"]:
        """Tip."""
        return self.path.tip_lps_mm

    @property
    def length_mm(self) -> float:
        """Entry to tip."""
        return self.path.length_mm

    @property
    def worst_clearance_mm(self) -> float:
        """The smallest clearance in any direction."""
        return self.clearance_mm.worst


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedPath:
    """A side and approach without an acceptable path, why, how narrow the pedicle is, and what may be tried."""

    side: str
    approach: str
    reason: str
    narrowest_mm: float | None = None
    suggestion: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedlePair:
    """Two paths that may be used together, by rank."""

    ranks: tuple[int, int]
    why: str


@dataclass(frozen=True, eq=False, kw_only=True)
class NeedlePlan:
    """The paths of one level, best first, the pairs among them, and what was refused."""

    level: str
    paths: tuple[PlannedPath, ...]
    pairs: tuple[NeedlePair, ...]
    refused: tuple[RefusedPath, ...]
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
