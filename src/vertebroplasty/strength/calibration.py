"""From Hounsfield units to calibrated bone density: which line was used, and how far it may be off."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from vertebroplasty.errors import Refused

__all__ = ["GENERIC", "GIVEN", "METHODS", "NONE", "Calibration", "Line", "Reference", "calibration_named", "without"]

SLOPE_LOW = 0.60  # [xraylib] mg/ml hydroxyapatite per HU at an effective 60 keV
SLOPE_MIDDLE = 0.77  # [xraylib] the same at 70 keV, about that of a 120 kVp scan
SLOPE_HIGH = 0.91  # [xraylib] the same at 80 keV
METHODS = ("phantom", "scanner-table", "phantomless", "generic", "none")
UNCALIBRATED = "Without a calibration of density only the ratio can be stated."

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One straight line from HU to density."""

    slope_mg_per_ml_per_hu: float
    intercept_mg_per_ml: float = 0.0

    def density_mg_per_ml(self, hu: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
        """Density of HU; noise may make it negative."""
        return np.asarray(self.intercept_mg_per_ml + self.slope_mg_per_ml_per_hu * np.asarray(hu, np.float64))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Something of known density in the scan: a rod of a phantom, or a tissue of the patient.

    `hu` is its mean over `voxels` with `plus_minus_hu` (one standard error); `density_mg_per_ml` what it stands for.
    """

    name: str
    hu: float
    plus_minus_hu: float
    voxels: int
    density_mg_per_ml: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A straight line from HU to the equivalent density of bone mineral, with the interval of its slope.

    `name` says where it came from: given (the density was handed in), phantom, scanner-table, phantomless, generic (a
    cited average line) or none.  With `none` the generic line only carries the relative course of density: ratios are
    kept, newtons are not given, and `why_none` says why.

    `low_line` and `high_line` give the least and the greatest density of spongy bone that the calibration allows, slope
    and intercept together; where they are None they follow from the interval of the slope alone.  `mineral` is what the
    density is equivalent to (densities against potassium phosphate and against hydroxyapatite differ by some percent),
    `references` what was measured in the scan, and `notes` what a reader should know.
    """

    name: str
    slope_mg_per_ml_per_hu: float
    slope_interval: Interval | None
    intercept_mg_per_ml: float = 0.0
    intercept_interval: Interval | None = None
    low_line: Line | None = None
    high_line: Line | None = None
    mineral: str = "hydroxyapatite"
    references: tuple[Reference, ...] = ()
    residual_mg_per_ml: float | None = None
    why_none: str = ""
    notes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def newtons_known(self) -> bool:
        """Whether an absolute stiffness may be stated."""
        return self.name != "none"

    @property
    def middle(self) -> Line:
        """The best line."""
        return Line(slope_mg_per_ml_per_hu=self.slope_mg_per_ml_per_hu, intercept_mg_per_ml=self.intercept_mg_per_ml)

    @property
    def lines(self) -> tuple[Line, ...]:
        """The best line, then the lowest and the highest one if there are any."""
        if self.low_line is not None and self.high_line is not None:
            return (self.middle, self.low_line, self.high_line)
        ends = (
            Line(slope_mg_per_ml_per_hu=slope, intercept_mg_per_ml=self.intercept_mg_per_ml)
            for slope in self.slope_interval or ()
        )
        return (self.middle, *ends)


GENERIC = Calibration(
    name="generic",
    slope_mg_per_ml_per_hu=SLOPE_MIDDLE,
    slope_interval=(SLOPE_LOW, SLOPE_HIGH),
    sources=("xraylib",),
)
GIVEN = Calibration(name="given", slope_mg_per_ml_per_hu=1.0, slope_interval=None)


def without(why: str = UNCALIBRATED) -> Calibration:
    """No calibration, and the sentence that says why: only ratios can be stated."""
    return Calibration(
        name="none",
        slope_mg_per_ml_per_hu=SLOPE_MIDDLE,
        slope_interval=(SLOPE_LOW, SLOPE_HIGH),
        why_none=why,
        sources=("xraylib",),
    )


NONE = without()


def calibration_named(name: str) -> Calibration:
    """The calibration that needs no further numbers: generic or none.

    Raises:
        Refused: another name; a phantom's or scanner's line is built as a `Calibration` with its own numbers.
    """
    known = {line.name: line for line in (GENERIC, NONE)}
    if name not in known:
        raise Refused(
            f"The calibration {name} needs its own slope and intercept: give them, or choose generic or none.",
            where="--calibration",
        )
    return known[name]
