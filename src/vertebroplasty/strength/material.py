"""How stiff bone of a given density is, and bone whose pores hold cement: published laws, each with its source.

Published density–modulus laws differ by a factor of two to four, mostly by protocol [Ohman2022]: the choice of a law
changes newtons far more than the ratio of two results with the same law.
"""

from dataclasses import dataclass
from enum import StrEnum

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
    "Density",
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


class Density(StrEnum):
    """What a law's density is; calibrated density is read as ash density, both being bone mineral (a choice)."""

    QCT = "QCT"
    ASH = "ash"
    APPARENT = "apparent"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoneLaw:
    """Young's modulus (MPa) = offset + factor · density^exponent, density in g/cm³.

    The density is of the kind that the law was made in.  Apparent density is the calibrated density divided by 0.6,
    the ash share of dry bone.
    """

    name: str
    offset_mpa: float
    factor_mpa: float
    exponent: float
    density: Density
    source: str

    def modulus_mpa(self, density_mg_per_ml: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
        """Modulus of bone of a calibrated density, never below the floor."""
        divisor = MG_PER_G * (ASH_PER_APPARENT if self.density is Density.APPARENT else 1.0)
        density = np.maximum(np.asarray(density_mg_per_ml, np.float64), 0.0) / divisor
        return np.maximum(self.offset_mpa + self.factor_mpa * density**self.exponent, FLOOR_MPA)

    @property
    def equation(self) -> str:
        """The law as it is printed in its paper."""
        offset = f"{self.offset_mpa:g} + " if self.offset_mpa else ""
        power = f"^{self.exponent:g}" if self.exponent != 1 else ""
        return f"E = {offset}{self.factor_mpa:g} · rho{power} MPa, rho: {self.density} density in g/cm³"


KOPPERDAHL_POWER, KOPPERDAHL_LINEAR = (0.0, 2980.0, 1.05), (-34.7, 3230.0, 1.0)  # [Kopperdahl2002] vertebra
MORGAN = (0.0, 4730.0, 1.56)  # [Morgan2003] vertebra
KEAVENY = (-58.0, 1540.0, 1.0)  # [Keaveny1997] lumbar vertebra
KOPPERDAHL_KEAVENY = (-80.0, 2100.0, 1.0)  # [KopperdahlKeaveny1998] vertebra
KELLER = (0.0, 1890.0, 1.92)  # [Keller1994] spine


def _law(name: str, numbers: tuple[float, float, float], density: Density, source: str) -> BoneLaw:
    offset, factor, exponent = numbers
    return BoneLaw(name=name, offset_mpa=offset, factor_mpa=factor, exponent=exponent, density=density, source=source)


LAWS = {
    law.name: law
    for law in (
        _law("kopperdahl2002-power", KOPPERDAHL_POWER, Density.QCT, "Kopperdahl2002"),
        _law("kopperdahl2002-linear", KOPPERDAHL_LINEAR, Density.QCT, "Kopperdahl2002"),
        _law("morgan2003", MORGAN, Density.APPARENT, "Morgan2003"),
        _law("keaveny1997", KEAVENY, Density.APPARENT, "Keaveny1997"),
        _law("kopperdahl-keaveny1998", KOPPERDAHL_KEAVENY, Density.APPARENT, "KopperdahlKeaveny1998"),
        _law("keller1994", KELLER, Density.ASH, "Keller1994"),
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
