"""When bone of a given density yields: published laws of yield stress, or one yield strain for all bone."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64

from vertebroplasty.errors import Refused
from vertebroplasty.strength.material import MG_PER_G
from vertebroplasty.strength.specimen import Matter, Specimen

__all__ = ["DEFAULT_YIELD", "YIELD_LAWS", "YieldLaw", "YieldStrain", "YieldStress", "yield_law", "yield_strains"]

YIELD_STRAIN = 0.008  # [bilinear-bone] vertebral trabecular bone in compression: 0.77 to 0.84 %
KOPPERDAHL_POWER = (0.0, 37.4, 1.39)  # [Kopperdahl2002] yield stress in MPa of QCT density in g/cm³
KOPPERDAHL_LINEAR = (-0.75, 24.9, 1.0)  # [Kopperdahl2002] the same as a straight line
LEAST_MPA = 1e-4  # [choice] yield stress of the softest bone: a straight line would make it negative


@dataclass(frozen=True, slots=True, kw_only=True)
class YieldStrain:
    """All bone yields at one strain."""

    name: str
    strain: float
    source: str

    def strains(
        self, density_mg_per_ml: Float[np.ndarray, "*n"] | None, modulus_mpa: Float[np.ndarray, "*n"]
    ) -> Float64[np.ndarray, "*n"]:
        """The strain at which each voxel of bone yields."""
        return np.full(modulus_mpa.shape, self.strain)


@dataclass(frozen=True, slots=True, kw_only=True)
class YieldStress:
    """Yield stress (MPa) = offset + factor · density^exponent, density in g/cm³."""

    name: str
    offset_mpa: float
    factor_mpa: float
    exponent: float
    source: str

    def stress_mpa(self, density_mg_per_ml: Float[np.ndarray, "*n"]) -> Float64[np.ndarray, "*n"]:
        """Yield stress of bone of a density."""
        density = np.maximum(np.asarray(density_mg_per_ml, np.float64), 0.0) / MG_PER_G
        return np.maximum(self.offset_mpa + self.factor_mpa * density**self.exponent, LEAST_MPA)

    def strains(
        self, density_mg_per_ml: Float[np.ndarray, "*n"] | None, modulus_mpa: Float[np.ndarray, "*n"]
    ) -> Float64[np.ndarray, "*n"]:
        """The strain at which each voxel of bone yields: stress over modulus.

        Raises:
            Refused: no density is known.
        """
        if density_mg_per_ml is None:
            raise Refused(f"The yield law {self.name} needs densities: choose a law of yield strain.")
        return self.stress_mpa(density_mg_per_ml) / np.maximum(
            np.asarray(modulus_mpa, np.float64), np.finfo(float).tiny
        )


YieldLaw = YieldStrain | YieldStress


def _stress(name: str, numbers: tuple[float, float, float]) -> YieldStress:
    offset, factor, exponent = numbers
    return YieldStress(name=name, offset_mpa=offset, factor_mpa=factor, exponent=exponent, source="Kopperdahl2002")


YIELD_LAWS: dict[str, YieldLaw] = {
    law.name: law
    for law in (
        _stress("kopperdahl2002-power", KOPPERDAHL_POWER),
        _stress("kopperdahl2002-linear", KOPPERDAHL_LINEAR),
        YieldStrain(name="yield-strain", strain=YIELD_STRAIN, source="bilinear-bone"),
    )
}
DEFAULT_YIELD = "kopperdahl2002-power"


def yield_law(name: str) -> YieldLaw:
    """A yield law by its name.

    Raises:
        Refused: no such law.
    """
    try:
        return YIELD_LAWS[name]
    except KeyError:
        raise Refused(f"No yield law is called {name}: choose one of {', '.join(YIELD_LAWS)}.") from None


def yield_strains(specimen: Specimen, law: YieldLaw) -> Float64[np.ndarray, "k j i"]:
    """The strain at which each voxel yields; infinite where it is not bone without cement (caps, discs, cement).

    Cement breaks at about ten times the stress of the bone that it replaces, so its yield is left out.

    Raises:
        Refused: the law needs densities and the specimen holds none.
    """
    strains = np.full(specimen.modulus_mpa.shape, np.inf)
    bone = specimen.made_of(Matter.BONE, Matter.PROCESS)
    density = None if specimen.density_mg_per_ml is None else specimen.density_mg_per_ml[bone]
    strains[bone] = law.strains(density, specimen.modulus_mpa[bone])
    return strains
