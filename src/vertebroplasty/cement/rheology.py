"""How thick the cement is, and what pressure the cannula costs.

Apparent viscosity is consistency times shear rate to the power n − 1: it thickens with time and thins with shear.  A
cement may state a yield stress, below which it does not flow at all (Herschel and Bulkley).  Levels are those of a
class of cement, never a brand's curve.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from vertebroplasty.cement.product import Product

__all__ = ["PowerLaw", "cannula_flow", "cannula_pressure", "cannula_wall_shear", "power_law", "tube_flow"]

LOWEST_SHEAR = 1e-3  # [choice] 1/s, below it the viscosity stays what it is there
IMMOBILE_PA_S = 1e4  # [choice] a consistency above this no longer moves
GEL_EXPONENT = 1.0  # [choice] with which the consistency of gelling cement diverges
INDEX_TIMES_MIN = (2.0, 5.0, 8.5)  # [choice] minutes at 22 °C at which the shear index is given
INDEX_VALUES = (0.9, 0.7, 0.5)  # [Krause1982] shear index falling from about 0.9 to 0.4 as curing goes on
SMOOTHING_S = 100.0  # [choice] below a shear rate of 1/100 s a plug creeps instead of resting
BISECTIONS = 200  # [exact] halvings that exhaust a float64


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerLaw:
    """Viscosity at one moment: consistency in Pa·s at a shear rate of 1/s, shear index (1: Newtonian), yield stress."""

    consistency_pa_s: float
    index: float
    yield_pa: float = 0.0

    def viscosity(self, shear_per_s: Float[np.ndarray, "*n"] | float) -> Float[np.ndarray, "*n"]:
        """Apparent viscosity in Pa·s at shear rates in 1/s; the yield stress is smoothed as Papanastasiou did."""
        shear = np.maximum(shear_per_s, LOWEST_SHEAR)
        plug = self.yield_pa * -np.expm1(-SMOOTHING_S * shear) / shear
        return np.minimum(self.consistency_pa_s * shear ** (self.index - 1.0) + plug, IMMOBILE_PA_S)


def power_law(product: Product, equivalent_min: float) -> PowerLaw:
    """The cement's viscosity after so many minutes at 22 °C.

    The consistency grows exponentially through the values that the product has at both ends of its pasty phase; beyond
    it gels, and the consistency diverges towards the time at which the cement is hard.  A yield stress grows with it.
    """
    growth = np.log(product.consistency_end_pa_s / product.consistency_paste_pa_s)
    since_paste = (equivalent_min - product.liquid_min) / (product.handling_min - product.liquid_min)
    consistency = product.consistency_paste_pa_s * np.exp(growth * since_paste)
    if equivalent_min > product.handling_min:
        left = max(product.hardened_min - equivalent_min, 0.0) / (product.hardened_min - product.handling_min)
        consistency = consistency / left**GEL_EXPONENT if left > 0.0 else np.inf
    consistency = min(consistency, IMMOBILE_PA_S)
    return PowerLaw(
        consistency_pa_s=float(consistency),
        index=float(np.interp(equivalent_min, INDEX_TIMES_MIN, INDEX_VALUES)),
        yield_pa=float(product.yield_end_pa * consistency / product.consistency_end_pa_s),
    )


def cannula_pressure(law: PowerLaw, flow_m3_per_s: float, *, radius_m: float, length_m: float) -> float:
    """Pressure in Pa that drives a fluid through a straight tube, without entry losses.

    Rabinowitsch's formula for a power law; with a yield stress the wall's shear stress is found by bisection.
    """
    if law.yield_pa > 0.0:
        wall = _wall_stress(law, radius_m, lambda stress, flow: flow > flow_m3_per_s)
        return 2.0 * wall * length_m / radius_m
    n = law.index
    shear = (3.0 * n + 1.0) / n * flow_m3_per_s / (np.pi * radius_m**3)
    return float(2.0 * law.consistency_pa_s * length_m / radius_m * shear**n)


def tube_flow(law: PowerLaw, wall_stress_pa: float, *, radius_m: float) -> float:
    """Flow in m³/s through a straight tube at a shear stress on its wall; none up to the yield stress.

    Herschel and Bulkley's fluid moves as a plug within the radius where the stress is its yield stress; with index 1 it
    is Bingham's (Buckingham and Reiner), without yield stress the power law's.
    """
    if wall_stress_pa <= law.yield_pa:
        return 0.0
    n, plug = law.index, law.yield_pa / wall_stress_pa
    sheared = 1.0 - plug
    shape = sheared**2 / (3.0 * n + 1.0) + 2.0 * plug * sheared / (2.0 * n + 1.0) + plug**2 / (n + 1.0)
    shear = (wall_stress_pa / law.consistency_pa_s) ** (1.0 / n)
    return float(np.pi * radius_m**3 * n * shear * sheared ** (1.0 / n + 1.0) * shape)


def _wall_stress(law: PowerLaw, radius_m: float, too_high: Callable[[float, float], bool]) -> float:
    """The highest stress on the wall that is not too high, for a stress and the flow that it drives."""
    low, high = 0.0, 2.0 * law.yield_pa
    while not too_high(high, tube_flow(law, high, radius_m=radius_m)):
        low, high = high, 2.0 * high
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if too_high(middle, tube_flow(law, middle, radius_m=radius_m)):
            high = middle
        else:
            low = middle
    return low


def cannula_wall_shear(law: PowerLaw, flow_m3_per_s: float, *, radius_m: float) -> float:
    """Shear rate in 1/s at the wall of the tube."""
    n = law.index
    return float((3.0 * n + 1.0) / (4.0 * n) * 4.0 * flow_m3_per_s / (np.pi * radius_m**3))


def cannula_flow(
    law: PowerLaw, pressure_pa: float, *, radius_m: float, length_m: float, bed_pa_s_per_m3: float = 0.0
) -> float:
    """Flow in m³/s that a pressure at the syringe drives through the tube and a bed of given resistance behind it.

    Solved by bisection: cannula and bed pressure both rise with the flow.
    """
    if pressure_pa <= 0.0:
        return 0.0
    if law.yield_pa > 0.0:
        per_stress = 2.0 * length_m / radius_m
        wall = _wall_stress(
            law, radius_m, lambda stress, flow: per_stress * stress + bed_pa_s_per_m3 * flow > pressure_pa
        )
        return tube_flow(law, wall, radius_m=radius_m)
    unit = cannula_pressure(law, 1.0, radius_m=radius_m, length_m=length_m)
    high = (pressure_pa / unit) ** (1.0 / law.index)
    if bed_pa_s_per_m3 > 0.0:
        high = min(high, pressure_pa / bed_pa_s_per_m3)
    low = 0.0
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if unit * middle**law.index + bed_pa_s_per_m3 * middle > pressure_pa:
            high = middle
        else:
            low = middle
    return high if bed_pa_s_per_m3 == 0.0 else low
