"""Bars between two plates with no Poisson's ratio, so that strains are those of textbook bars."""

import numpy as np

from vertebroplasty.strength.specimen import Matter, Specimen
from vertebroplasty.strength.yield_laws import YieldStress

SHAPE = (8, 4, 4)
SPACING_MM = 2.0
AREA_MM2 = 4 * 4 * SPACING_MM**2
HEIGHT_MM = 8 * SPACING_MM
STRESS_IS_DENSITY = YieldStress(
    name="density", offset_mpa=0.0, factor_mpa=1.0, exponent=1.0, source="house"
)  # 1000 mg/ml yields at 1 MPa


def bar(modulus_mpa=100.0, yield_mpa=1.0, matter=Matter.BONE, poisson_ratio=0.0):
    """A bar whose modulus and yield stress are numbers or fields."""
    modulus = np.broadcast_to(np.asarray(modulus_mpa, np.float32), SHAPE).copy()
    return Specimen(
        modulus_mpa=modulus,
        matter=np.broadcast_to(np.asarray(matter, np.uint8), SHAPE).copy(),
        density_mg_per_ml=np.broadcast_to(np.asarray(yield_mpa, np.float32) * 1000, SHAPE).copy(),
        spacing_mm=SPACING_MM,
        height_mm=HEIGHT_MM,
        poisson_ratio=poisson_ratio,
    )


def halves(low, high, axis):
    """One value in the lower half along an axis, another in the upper."""
    index = np.indices(SHAPE)[axis]
    return np.where(index < SHAPE[axis] // 2, low, high)
