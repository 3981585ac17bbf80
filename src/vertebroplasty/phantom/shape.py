"""The shape of one synthetic vertebra: what may be set, and the lines and surfaces that follow exactly from it.

Local coordinates are (right, anterior, superior) in mm from the body's centre: mid-depth, and half way between the
middle points of the two endplates.  The posterior wall is the plane anterior = −depth / 2.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float

from vertebroplasty.errors import Refused

__all__ = ["Breach", "Bulge", "Cleft", "LevelShape", "LyticHole", "OldCement", "PedicleShape", "Point", "Screw"]

Point = tuple[float, float, float]
Coordinates = float | Float[np.ndarray, "*n"]

SIDES = ("left", "right")
GAS_HU = -750.0  # [choice] gas in a cleft, never quite air in a small gap
FLUID_HU = 15.0  # [choice] fluid in a cleft
LESION_HU = 45.0  # [choice] soft tissue in a lytic hole
OLD_CEMENT_HU = 4000.0  # [choice] cement of an earlier treatment, above what twelve bits hold
METAL_HU = 8000.0  # [choice] a screw, above what twelve bits hold
EXPONENT = 2.5  # [choice] of the superellipses: between an ellipse and a rectangle, and cheap to take
WIDEST = 0.42  # [choice] widest place of the body in front of its posterior wall, as a share of its depth
BACK_STRETCH = 1.4  # [choice] the hind half of the outline is cut by the wall before it closes
WAIST = 0.06  # [choice] how much narrower the body is at mid-height than at its rims, as a share
ISTHMUS_BEHIND_WALL_MM = 4.5  # [choice] the narrowest pedicle section behind the posterior wall
PEDICLE_GAP_MM = 0.5  # [choice] the isthmus clears the canal by this much
PEDICLE_BELOW_RIM_MM = 2.5  # [choice] the pedicle's upper edge below the upper corner at the back
MIDDLE_THIRD = 1.0 / 3.0  # [exact] the middle third ends at this share of the half height
LARGEST_BULGE_PERCENT = 90.0  # [choice] a fragment never closes the canal
BULGE_WIDTH = 0.8  # [choice] half width of a bulge in half widths of the canal
BULGE_HEIGHT = 0.32  # [choice] half height of a bulge in posterior heights
BULGE_CENTRE = 0.15  # [choice] centre of a bulge above mid-height in posterior heights


def _mirrored(point: Point) -> Point:
    return (-point[0], point[1], point[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class PedicleShape:
    """One pedicle: outer width and height of its elliptic isthmus in mm, convergence and cranial tilt in degrees.

    The tilt is positive where the pedicle rises on its way forward.
    """

    width_mm: float = 9.0
    height_mm: float = 14.0
    convergence_deg: float = 12.0
    tilt_deg: float = 0.0

    def axis(self, side: str) -> Float[np.ndarray, "3"]:
        """Local unit vector from the arch towards the body."""
        turn, rise = np.radians(self.convergence_deg), np.radians(self.tilt_deg)
        medial = -1.0 if side == "right" else 1.0
        return np.array([medial * np.sin(turn) * np.cos(rise), np.cos(turn) * np.cos(rise), np.sin(rise)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulge:
    """A retropulsed fragment: how much of the canal's depth its summit takes, in percent."""

    canal_percent: float

    def __post_init__(self) -> None:
        if not 0.0 < self.canal_percent <= LARGEST_BULGE_PERCENT:
            raise Refused(
                f"A bulge takes more than 0 and at most {LARGEST_BULGE_PERCENT:g} % of the canal.",
                where="Bulge.canal_percent",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class LyticHole:
    """A spherical hole in the bone, filled with soft tissue."""

    centre_mm: Point
    radius_mm: float
    hu: float = LESION_HU


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleft:
    """A flat intravertebral cleft: an ellipsoid with half axes along right, anterior and superior."""

    centre_mm: Point
    half_axes_mm: Point
    content: str = "gas"  # gas | fluid

    def __post_init__(self) -> None:
        if self.content not in ("gas", "fluid"):
            raise Refused(f"A cleft holds gas or fluid, not {self.content}.", where="Cleft.content")

    @property
    def hu(self) -> float:
        """HU of its content."""
        return GAS_HU if self.content == "gas" else FLUID_HU


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A round hole through the body's shell.

    `toward` names the surface; `at_mm` gives the two local coordinates on it: (right, anterior) on an endplate,
    (right, superior) on the posterior wall (canal) and the front, (anterior, superior) on the left and right sides.
    """

    toward: str  # disc-above | disc-below | canal | left | right | front
    at_mm: tuple[float, float]
    diameter_mm: float = 4.0

    def __post_init__(self) -> None:
        if self.toward not in ("disc-above", "disc-below", "canal", "left", "right", "front"):
            raise Refused(
                f"No surface is called {self.toward}: use disc-above, disc-below, canal, left, right or front.",
                where="Breach.toward",
            )

    def mirrored(self) -> "Breach":
        """The same hole on the other side."""
        if self.toward in SIDES:
            return replace(self, toward="right" if self.toward == "left" else "left")
        return replace(self, at_mm=(-self.at_mm[0], self.at_mm[1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class OldCement:
    """A ball of cement from an earlier treatment."""

    centre_mm: Point
    radius_mm: float
    hu: float = OLD_CEMENT_HU


@dataclass(frozen=True, slots=True, kw_only=True)
class Screw:
    """A metal pedicle screw along the axis of the pedicle on one side."""

    side: str
    diameter_mm: float = 6.0
    hu: float = METAL_HU


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelShape:
    """One vertebra: six heights and sizes of its body, its pedicles, canal, shell, marrow and damage.

    Heights are corner to corner in the mid-sagittal plane.  `upper_share` of the wedge and of the dip lies in the
    upper endplate, the rest in the lower one.  `width_mm` is the largest width in the middle third of the height.
    """

    anterior_mm: float = 27.0
    middle_mm: float = 25.5
    posterior_mm: float = 27.5
    upper_share: float = 0.5
    depth_mm: float = 33.0
    width_mm: float = 44.0
    trabecular_hu: float = 140.0
    arch_hu: float = 250.0
    cortex_mm: float = 1.2
    cortex_hu: float = 700.0
    pedicle_left: PedicleShape = field(default_factory=PedicleShape)
    pedicle_right: PedicleShape = field(default_factory=PedicleShape)
    canal_ap_mm: float = 17.0
    canal_width_mm: float = 24.0
    basivertebral_mm: float = 3.0
    bulge: Bulge | None = None
    lytic_hole: LyticHole | None = None
    cleft: Cleft | None = None
    breaches: tuple[Breach, ...] = ()
    old_cement: OldCement | None = None
    screw: Screw | None = None

    def __post_init__(self) -> None:
        sizes = (self.anterior_mm, self.middle_mm, self.posterior_mm, self.depth_mm, self.width_mm)
        if min(*sizes, self.canal_ap_mm, self.canal_width_mm, self.cortex_mm) <= 0.0:
            raise Refused("Every height, depth, width and thickness of a level must be above 0 mm.", where="LevelShape")
        if self.dip_mm < 0.0:
            raise Refused(
                "The middle height exceeds the mean of the anterior and posterior heights: lower middle_mm.",
                where="LevelShape.middle_mm",
            )
        if not 0.0 <= self.upper_share <= 1.0:
            raise Refused("upper_share is a share: choose it between 0 and 1.", where="LevelShape.upper_share")

    @property
    def dip_mm(self) -> float:
        """How far the two endplates together sink below their rims at mid-depth."""
        return 0.5 * (self.anterior_mm + self.posterior_mm) - self.middle_mm

    @property
    def wall_mm(self) -> float:
        """Anterior coordinate of the posterior wall."""
        return -0.5 * self.depth_mm

    @property
    def upper_mm(self) -> Point:
        """Superior coordinates of the upper endplate: front corner, middle, back corner."""
        middle = 0.5 * self.middle_mm
        rim = middle + self.upper_share * self.dip_mm
        tilt = 0.5 * self.upper_share * (self.posterior_mm - self.anterior_mm)
        return rim - tilt, middle, rim + tilt

    @property
    def lower_mm(self) -> Point:
        """Superior coordinates of the lower endplate: front corner, middle, back corner."""
        share = 1.0 - self.upper_share
        middle = -0.5 * self.middle_mm
        rim = middle - share * self.dip_mm
        tilt = 0.5 * share * (self.posterior_mm - self.anterior_mm)
        return rim + tilt, middle, rim - tilt

    @property
    def half_height_mm(self) -> float:
        """Half the height at which the waist ends: half the mean of the front and back heights."""
        return 0.25 * (self.upper_mm[0] + self.upper_mm[2] - self.lower_mm[0] - self.lower_mm[2])

    @property
    def rim_half_width_mm(self) -> float:
        """Half the width at the rims, above and below the waist."""
        return 0.5 * self.width_mm / (1.0 - WAIST * (1.0 - MIDDLE_THIRD**2))

    def edge_mm(self, anterior_mm: Coordinates, superior_mm: Coordinates) -> Float[np.ndarray, "*n"]:
        """Half width of the body's outline at depths and heights."""
        ratio = np.minimum(1.0, np.abs(superior_mm) / self.half_height_mm)
        half_width = self.rim_half_width_mm * (1.0 - WAIST * (1.0 - ratio**2))
        from_widest = anterior_mm - (WIDEST - 0.5) * self.depth_mm
        reach = np.where(from_widest > 0.0, 1.0 - WIDEST, WIDEST * BACK_STRETCH) * self.depth_mm
        inside = np.maximum(0.0, 1.0 - (np.abs(from_widest) / reach) ** EXPONENT)
        return half_width * inside ** (1.0 / EXPONENT)

    def plates_mm(
        self, right_mm: Coordinates, anterior_mm: Coordinates
    ) -> tuple[Float[np.ndarray, "*n"], Float[np.ndarray, "*n"]]:
        """Superior coordinates of the upper and the lower endplate surface."""
        along = np.asarray(anterior_mm) / self.depth_mm + 0.5
        across = np.asarray(right_mm) / self.rim_half_width_mm
        dome = np.maximum(0.0, 1.0 - across**2 - (2.0 * along - 1.0) ** 2)
        (up_front, _, up_back), (low_front, _, low_back) = self.upper_mm, self.lower_mm
        upper = up_back + (up_front - up_back) * along - self.upper_share * self.dip_mm * dome
        lower = low_back + (low_front - low_back) * along + (1.0 - self.upper_share) * self.dip_mm * dome
        return upper, lower

    def wall_bulge_mm(self, right_mm: float, superior_mm: float) -> float:
        """How far the posterior wall stands behind its plane."""
        u = right_mm / self.bulge_half_width_mm
        w = (superior_mm - self.bulge_centre_mm) / self.bulge_half_height_mm
        return self.bulge_mm * max(0.0, 1.0 - u * u) * max(0.0, 1.0 - w * w)

    @property
    def bulge_mm(self) -> float:
        """How far the fragment's summit stands behind the plane of the posterior wall."""
        return 0.0 if self.bulge is None else 0.01 * self.bulge.canal_percent * self.canal_ap_mm

    @property
    def bulge_half_width_mm(self) -> float:
        """Half the fragment's width on the wall."""
        return BULGE_WIDTH * 0.5 * self.canal_width_mm

    @property
    def bulge_half_height_mm(self) -> float:
        """Half the fragment's height on the wall."""
        return BULGE_HEIGHT * self.posterior_mm

    @property
    def bulge_centre_mm(self) -> float:
        """Superior coordinate of the fragment's summit."""
        return 0.5 * (self.upper_mm[2] + self.lower_mm[2]) + BULGE_CENTRE * self.posterior_mm

    def pedicle(self, side: str) -> PedicleShape:
        """The pedicle of one side."""
        return self.pedicle_right if side == "right" else self.pedicle_left

    def isthmus_mm(self, side: str) -> Float[np.ndarray, "3"]:
        """Local centre of the narrowest section of a pedicle."""
        shape = self.pedicle(side)
        lateral = 0.5 * self.canal_width_mm + PEDICLE_GAP_MM
        lateral += 0.5 * shape.width_mm / np.cos(np.radians(shape.convergence_deg))
        superior = self.upper_mm[2] - PEDICLE_BELOW_RIM_MM - 0.5 * shape.height_mm
        sign = 1.0 if side == "right" else -1.0
        return np.array([sign * lateral, self.wall_mm - ISTHMUS_BEHIND_WALL_MM, superior])

    def mirrored(self) -> "LevelShape":
        """The same vertebra with left and right exchanged."""
        hole, cleft, cement, screw = self.lytic_hole, self.cleft, self.old_cement, self.screw
        return replace(
            self,
            pedicle_left=self.pedicle_right,
            pedicle_right=self.pedicle_left,
            lytic_hole=hole and replace(hole, centre_mm=_mirrored(hole.centre_mm)),
            cleft=cleft and replace(cleft, centre_mm=_mirrored(cleft.centre_mm)),
            old_cement=cement and replace(cement, centre_mm=_mirrored(cement.centre_mm)),
            screw=screw and replace(screw, side="left" if screw.side == "right" else "right"),
            breaches=tuple(breach.mirrored() for breach in self.breaches),
        )
