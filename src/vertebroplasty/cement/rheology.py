"""How thick the cement is, and what pressure the cannula costs.

Apparent viscosity is consistency times shear rate to the power n − 1: it thickens with time and thins with shear.
Levels are those of a class of cement, never a brand's curve.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from vertebroplasty.cement.product import Product

__all__ = ["PowerLaw", "cannula_flow", "cannula_pressure", "cannula_wall_shear", "power_law"]

LOWEST_SHEAR = 1e-3  # [choice] 1/s, below it the viscosity stays what it is there
IMMOBILE_PA_S = 1e4  # [choice] a consistency above this no longer moves
INDEX_TIMES_MIN = (2.0, 5.0, 8.5)  # [choice] minutes at 22 °C at which the shear index is given
INDEX_VALUES = (0.9, 0.7, 0.5)  # [Krause1982] shear index falling from about 0.9 to 0.4 as curing goes on
BISECTIONS = 200  # [exact] halvings that exhaust a float64


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerLaw:
    """Viscosity at one moment: consistency in Pa·s at a shear rate of 1/s, and shear index (1 is Newtonian)."""

    consistency_pa_s: float
    index: float

    def viscosity(self, shear_per_s: Float[np.ndarray, "*n"] | float) -> Float[np.ndarray, "*n"]:
        """Apparent viscosity in Pa·s at shear rates in 1/s."""
        shear = np.maximum(shear_per_s, LOWEST_SHEAR)
        return np.minimum(self.consistency_pa_s * shear ** (self.index - 1.0), IMMOBILE_PA_S)


def power_law(product: Product, equivalent_min: float) -> PowerLaw:
    """The cement's viscosity after so many minutes at 22 °C.

    The consistency grows exponentially through the values that the product has at both ends of its pasty phase.
    """
    growth = np.log(product.consistency_end_pa_s / product.consistency_paste_pa_s)
    since_paste = (equivalent_min - product.liquid_min) / (product.handling_min - product.liquid_min)
    consistency = product.consistency_paste_pa_s * np.exp(growth * since_paste)
    return PowerLaw(
        consistency_pa_s=float(min(consistency, IMMOBILE_PA_S)),
        index=float(np.interp(equivalent_min, INDEX_TIMES_MIN, INDEX_VALUES)),
    )


def cannula_pressure(law: PowerLaw, flow_m3_per_s: float, *, radius_m: float, length_m: float) -> float:
    """Pressure in Pa that drives a power-law fluid through a straight tube (Rabinowitsch), without entry losses."""
    n = law.index
    shear = (3.0 * n + 1.0) / n * flow_m3_per_s / (np.pi * radius_m**3)
    return float(2.0 * law.consistency_pa_s * length_m / radius_m * shear**n)


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
