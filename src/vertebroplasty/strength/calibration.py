"""From Hounsfield units to calibrated bone density: which line was used, and how far it may be off."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from vertebroplasty.errors import Refused

__all__ = ["GENERIC", "GIVEN", "NONE", "Calibration", "calibration_named"]

SLOPE_LOW = 0.60  # [xraylib] mg/ml hydroxyapatite per HU at an effective 60 keV
SLOPE_MIDDLE = 0.77  # [xraylib] the same at 70 keV, about that of a 120 kVp scan
SLOPE_HIGH = 0.91  # [xraylib] the same at 80 keV


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A straight line from HU to hydroxyapatite-equivalent density, with the interval of its slope.

    `name` says where it came from: given (the density was handed in), phantom, scanner-table, phantomless, generic (a
    cited average line) or none.  With `none` the generic line only carries the relative course of density: ratios are
    kept, newtons are not given.
    """

    name: str
    slope_mg_per_ml_per_hu: float
    slope_interval: tuple[float, float] | None
    intercept_mg_per_ml: float = 0.0
    sources: tuple[str, ...] = ()

    @property
    def newtons_known(self) -> bool:
        """Whether an absolute stiffness may be stated."""
        return self.name != "none"

    @property
    def slopes(self) -> tuple[float, ...]:
        """The slope, then the ends of its interval if it has one."""
        return (self.slope_mg_per_ml_per_hu, *(self.slope_interval or ()))

    def density_mg_per_ml(self, hu: Float[np.ndarray, "*n"], slope: float) -> Float[np.ndarray, "*n"]:
        """Density at one of the slopes; noise may make it negative."""
        return np.asarray(self.intercept_mg_per_ml + slope * np.asarray(hu, np.float64))


GENERIC = Calibration(
    name="generic",
    slope_mg_per_ml_per_hu=SLOPE_MIDDLE,
    slope_interval=(SLOPE_LOW, SLOPE_HIGH),
    sources=("xraylib",),
)
NONE = Calibration(
    name="none",
    slope_mg_per_ml_per_hu=SLOPE_MIDDLE,
    slope_interval=(SLOPE_LOW, SLOPE_HIGH),
    sources=("xraylib",),
)
GIVEN = Calibration(name="given", slope_mg_per_ml_per_hu=1.0, slope_interval=None)


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
