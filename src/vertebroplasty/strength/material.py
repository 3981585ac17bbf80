"""How stiff bone of a given density is, and bone whose pores hold cement: published laws, each with its source.

Published density–modulus laws differ by a factor of two to four, mostly by protocol [Ohman2022]: the choice of a law
changes newtons far more than the ratio of two results with the same law.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from vertebroplasty.errors import Refused

__all__ = [
    "CAP_MPA",
    "CEMENT_MPA",
    "DEFAULT_LAW",
    "LAWS",
    "POISSON_RATIO",
    "BoneLaw",
    "bone_law",
    "cement_modulus_mpa",
    "with_cement",
]

FLOOR_MPA = 0.1  # [spineFE-benchmark] softest bone: noise makes densities negative, stiffness cannot be
CAP_MPA = 2500.0  # [spineFE-benchmark] acrylic end caps
CEMENT_MPA = 1937.0  # [Kolb-lowmod] regular acrylic cement, SD 478
POISSON_RATIO = 0.3  # [spineFE-benchmark] of bone and caps
ASH_PER_APPARENT = 0.6  # [Morgan2003] ash over apparent density
MG_PER_G = 1000.0  # [exact] mg/ml per g/cm³


@dataclass(frozen=True, slots=True, kw_only=True)
class BoneLaw:
    """Young's modulus (MPa) = offset + factor · (density / density_divisor)^exponent, density in g/cm³."""

    name: str
    offset_mpa: float
    factor_mpa: float
    exponent: float
    density_divisor: float
    source: str

    def modulus_mpa(self, density_mg_per_ml: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
        """Modulus of bone of a density, never below the floor."""
        density = np.maximum(np.asarray(density_mg_per_ml, np.float64), 0.0) / (MG_PER_G * self.density_divisor)
        return np.maximum(self.offset_mpa + self.factor_mpa * density**self.exponent, FLOOR_MPA)


LAWS = {
    law.name: law
    for law in (
        BoneLaw(
            name="kopperdahl2002-power",
            offset_mpa=0.0,
            factor_mpa=2980.0,
            exponent=1.05,
            density_divisor=1.0,
            source="Kopperdahl2002",
        ),
        BoneLaw(
            name="kopperdahl2002-linear",
            offset_mpa=-34.7,
            factor_mpa=3230.0,
            exponent=1.0,
            density_divisor=1.0,
            source="Kopperdahl2002",
        ),
        # The law is in apparent density; calibrated density is read as ash density, which is a choice.
        BoneLaw(
            name="morgan2003",
            offset_mpa=0.0,
            factor_mpa=4730.0,
            exponent=1.56,
            density_divisor=ASH_PER_APPARENT,
            source="Morgan2003",
        ),
    )
}
DEFAULT_LAW = "kopperdahl2002-power"


def bone_law(name: str) -> BoneLaw:
    """A law by its name.

    Raises:
        Refused: no such law.
    """
    try:
        return LAWS[name]
    except KeyError:
        raise Refused(f"No bone law is called {name}: choose one of {', '.join(LAWS)}.", where="--material") from None


def cement_modulus_mpa(conversion: float) -> float:
    """Modulus of cement whose share `conversion` of monomer has set, taken as proportional (a choice).

    Raises:
        Refused: not between 0 and 1.
    """
    if not 0 <= conversion <= 1:
        raise Refused(f"A conversion of {conversion} is impossible: use 0 (liquid) to 1 (set).")
    return CEMENT_MPA * conversion


def with_cement(
    bone_mpa: Float[np.ndarray, "*n"], fill: Float[np.ndarray, "*n"], cement_mpa: float
) -> Float[np.ndarray, "*n"]:
    """Modulus of voxels whose volume fraction `fill` is cement: bone plus cement that bears in parallel with it.

    E = E_bone + fill · κ · E_cement with κ = 1 / (2 − fill): the cement part is the upper bound of a porous solid
    of Poisson's ratio 0.3 [Hashin-Shtrikman1963], which is linear only when the voxel is full.  Perfect bonding between
    cement and bone is assumed and is optimistic.

    Raises:
        Refused: a fill outside 0..1.
    """
    if fill.size and (fill.min() < 0 or fill.max() > 1):
        raise Refused("A cement fill lies outside 0..1: hand in the volume fraction of each voxel.")
    return np.asarray(bone_mpa + fill / (2.0 - fill) * cement_mpa)
