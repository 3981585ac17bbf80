"""A straight line through references of known density, with the lowest and highest line that its errors allow."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.special import stdtrit

from vertebroplasty.strength.calibration import Interval, Line

__all__ = ["LineFit", "fit_known_errors", "fit_residuals"]

NORMAL_95 = 1.959963984540054  # [exact] half width of a 95 % interval in standard deviations
UPPER_97_5 = 0.975  # [exact] the upper end of a two-sided 95 % interval
BONE_HU = 150.0  # [choice] spongy bone between porotic and healthy: where lowest and highest line are furthest apart
POINTS_FOR_A_LINE = 2  # [exact] what is left over tells how well the line fits


@dataclass(frozen=True, eq=False, kw_only=True)
class LineFit:
    """density = intercept + slope · HU with the covariance of (intercept, slope).

    `cover` is how many standard deviations make a 95 % interval; `residual_mg_per_ml` the standard deviation about the
    line, None where the errors were known beforehand.
    """

    line: Line
    covariance: Float[np.ndarray, "2 2"]
    cover: float
    residual_mg_per_ml: float | None

    @property
    def slope_interval(self) -> Interval:
        """95 % interval of the slope."""
        return self._interval(self.line.slope_mg_per_ml_per_hu, 1)

    @property
    def intercept_interval(self) -> Interval:
        """95 % interval of the density at 0 HU."""
        return self._interval(self.line.intercept_mg_per_ml, 0)

    def lowest_and_highest(self, hu: float = BONE_HU) -> tuple[Line, Line]:
        """The lines of the joint 95 % ellipse of slope and intercept with the least and greatest density at `hu`.

        At that HU they lie as far apart as the 95 % confidence band of the density; errors of slope and intercept that
        cancel each other do not widen it.
        """
        at = np.array([1.0, hu])
        spread = self.covariance @ at
        width = float(np.sqrt(at @ spread))
        step = self.cover * spread / width if width > 0 else np.zeros(2)
        return self._moved(-step), self._moved(step)

    def _moved(self, step: Float[np.ndarray, "2"]) -> Line:
        return Line(
            intercept_mg_per_ml=self.line.intercept_mg_per_ml + float(step[0]),
            slope_mg_per_ml_per_hu=self.line.slope_mg_per_ml_per_hu + float(step[1]),
        )

    def _interval(self, value: float, which: int) -> Interval:
        half = self.cover * float(np.sqrt(self.covariance[which, which]))
        return value - half, value + half


def fit_residuals(
    hu: Float[np.ndarray, "n"], density_mg_per_ml: Float[np.ndarray, "n"], hu_error: Float[np.ndarray, "n"]
) -> LineFit:
    """Line through references whose densities are exact: HU scatter about HU = a + b · density, which is inverted.

    The scatter about the line is taken as the error of every HU, at least that of their measurement; the interval uses
    Student's t with two degrees of freedom fewer than references.

    Args:
        hu: measured means, at least three of them.
        density_mg_per_ml: what the references hold.
        hu_error: standard errors of the measured means.
    """
    design = np.stack([np.ones_like(density_mg_per_ml), density_mg_per_ml], axis=1)
    normal = np.linalg.inv(design.T @ design)
    offset, rise = normal @ design.T @ hu
    freedom = hu.size - POINTS_FOR_A_LINE
    scatter = float(np.sqrt(np.sum((hu - offset - rise * density_mg_per_ml) ** 2) / freedom))
    variance = max(scatter**2, float(np.mean(hu_error**2)))
    # Density = −a/b + HU/b: its derivatives with respect to (a, b).
    turned = np.array([[-1.0 / rise, offset / rise**2], [0.0, -1.0 / rise**2]])
    return LineFit(
        line=Line(slope_mg_per_ml_per_hu=float(1.0 / rise), intercept_mg_per_ml=float(-offset / rise)),
        covariance=turned @ (variance * normal) @ turned.T,
        cover=float(stdtrit(freedom, UPPER_97_5)),
        residual_mg_per_ml=float(scatter / abs(rise)),
    )


def fit_known_errors(
    hu: Float[np.ndarray, "n"],
    density_mg_per_ml: Float[np.ndarray, "n"],
    density_error: Float[np.ndarray, "n"],
    hu_error: Float[np.ndarray, "n"],
) -> LineFit:
    """Line through references whose densities are uncertain, each weighted by its own standard deviation.

    Args:
        hu: measured means, at least two of them.
        density_mg_per_ml: what the references are taken to hold.
        density_error: standard deviations of these densities.
        hu_error: standard errors of the measured means.
    """
    design = np.stack([np.ones_like(hu), hu], axis=1)
    variance = density_error**2
    for _ in range(2):  # the slope turns errors of HU into errors of density
        weighted = design.T / variance
        covariance = np.linalg.inv(weighted @ design)
        intercept, slope = covariance @ weighted @ density_mg_per_ml
        variance = density_error**2 + (slope * hu_error) ** 2
    return LineFit(
        line=Line(slope_mg_per_ml_per_hu=float(slope), intercept_mg_per_ml=float(intercept)),
        covariance=covariance,
        cover=NORMAL_95,
        residual_mg_per_ml=None,
    )
