"""How the monomer converts: an autocatalytic rate law whose two reactions follow Arrhenius, and the laws in use.

Two laws are kept apart.  `HANDLING` is fitted to the measured handling times of one cement at 22 °C and in an ice bath:
what starts the reaction needs far more energy than what carries it on, so that cold lengthens the liquid phase more
than the pasty one.  `BALIGA` is the published law of bulk polymerisation, for heat in bone at 37 °C and above.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

__all__ = [
    "BALIGA",
    "END_CONVERSION",
    "GAS_CONSTANT",
    "HANDLING",
    "KELVIN",
    "PASTE_CONVERSION",
    "REFERENCE_C",
    "Kinetics",
    "arrhenius",
    "conversion",
    "time_to_conversion_s",
]

GAS_CONSTANT = 8.314462618  # [exact] J/(mol·K)
KELVIN = 273.15  # [exact] 0 °C in K
REFERENCE_C = 22.0  # [Huang2012] temperature the handling times were measured at
LIMIT_CONVERSION = 1.0  # [exact] all monomer
PASTE_CONVERSION = 0.2  # [choice] converted when the liquid turns to paste
END_CONVERSION = 0.5  # [choice] converted when handling ends
QUADRATURE_POINTS = 200  # [choice] Gauss points: far beyond rounding for so smooth an integrand


@dataclass(frozen=True, slots=True, kw_only=True)
class Kinetics:
    """Rate of conversion: (k1 + k2 a^m)(1 − a)^n; k1 starts the reaction, k2 is what it does to itself.

    `k1_per_s` and `k2_per_s` are pre-exponential factors; with zero energy they are the rates themselves.
    `energy_j_per_mol` is that of k2, and of k1 too unless `start_energy_j_per_mol` gives it one of its own.
    Without k1 the reaction needs a seed: the conversion it starts from, which is a parameter and not a detail.
    """

    k1_per_s: float
    k2_per_s: float
    energy_j_per_mol: float
    m: float
    n: float
    seed: float
    start_energy_j_per_mol: float | None = None

    def constants(self, temperature_c: float) -> tuple[float, float]:
        """Both rate constants per second at a temperature."""
        kelvin = temperature_c + KELVIN
        start = self.energy_j_per_mol if self.start_energy_j_per_mol is None else self.start_energy_j_per_mol
        return (
            float(self.k1_per_s * np.exp(-start / (GAS_CONSTANT * kelvin))),
            float(self.k2_per_s * np.exp(-self.energy_j_per_mol / (GAS_CONSTANT * kelvin))),
        )

    def rate(self, conversion: float, temperature_c: float) -> float:
        """Conversion per second."""
        k1, k2 = self.constants(temperature_c)
        left = max(LIMIT_CONVERSION - conversion, 0.0)
        return float((k1 + k2 * max(conversion, 0.0) ** self.m) * left**self.n)


BALIGA = Kinetics(  # [Baliga1992] bulk polymerisation of bone cement
    k1_per_s=0.0,  # [Baliga1992] autocatalytic alone
    k2_per_s=2.64e8,  # [Baliga1992] pre-exponential factor
    energy_j_per_mol=62_870.0,  # [Baliga1992] activation energy
    m=0.98,  # [Baliga1992] exponent of the converted part
    n=1.064,  # [Baliga1992] exponent of the part left
    seed=1e-3,  # [choice] within 1e-3 to 1e-2
)

HANDLING = Kinetics(  # [Huang2012] fitted here to its handling times; energy of k2 and exponents are Baliga's
    k1_per_s=5.510071916841617e19,  # [Huang2012] fitted to 5.1 and 8.5 min at 22 °C
    k2_per_s=8.09471934469e8,  # [Huang2012] fitted to 5.1 and 8.5 min at 22 °C
    energy_j_per_mol=62_870.0,  # [Baliga1992] activation energy
    m=0.98,  # [Baliga1992] exponent of the converted part
    n=1.064,  # [Baliga1992] exponent of the part left
    seed=0.0,  # [exact] k1 starts the reaction
    start_energy_j_per_mol=131_861.2374725,  # [Huang2012] fitted to 83.8 min of liquid in the ice bath
)


def arrhenius(temperature_c: float, energy_j_per_mol: float) -> float:
    """How many times faster a reaction runs at a temperature than at 22 °C."""
    inverse = 1.0 / (temperature_c + KELVIN) - 1.0 / (REFERENCE_C + KELVIN)
    return float(np.exp(-energy_j_per_mol / GAS_CONSTANT * inverse))


def conversion(
    times_s: Float[np.ndarray, "t"],
    temperature_c: Callable[[float], float],
    kinetics: Kinetics = BALIGA,
    *,
    step_s: float = 1.0,
) -> Float[np.ndarray, "t"]:
    """Converted fraction of the monomer at the given times, for cement whose temperature is known over time.

    `times_s` ascend from 0 or later; classical Runge-Kutta with steps no longer than `step_s`.
    """
    result = np.empty(len(times_s))
    now, value = 0.0, kinetics.seed
    for index, target in enumerate(np.asarray(times_s, float)):
        steps = int(np.ceil((target - now) / step_s))
        for n in range(steps):
            h = (target - now) / (steps - n)
            k1 = kinetics.rate(value, temperature_c(now))
            k2 = kinetics.rate(value + 0.5 * h * k1, temperature_c(now + 0.5 * h))
            k3 = kinetics.rate(value + 0.5 * h * k2, temperature_c(now + 0.5 * h))
            k4 = kinetics.rate(value + h * k3, temperature_c(now + h))
            value += h * (k1 + 2 * k2 + 2 * k3 + k4) / 6.0
            now += h
        result[index] = value
    return result


def time_to_conversion_s(target: float, temperature_c: float, kinetics: Kinetics = HANDLING) -> float:
    """Seconds at a steady temperature until so much of the monomer is converted (the integral of 1 / rate).

    With a seed the time counts from the seed on.
    """
    k1, k2 = kinetics.constants(temperature_c)
    points, weights = np.polynomial.legendre.leggauss(QUADRATURE_POINTS)
    half = 0.5 * (target - kinetics.seed)
    a = kinetics.seed + half * (points + 1.0)
    return float(half * np.sum(weights / ((k1 + k2 * a**kinetics.m) * (LIMIT_CONVERSION - a) ** kinetics.n)))
