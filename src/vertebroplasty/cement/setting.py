"""How far the cement has set: the phases on the syringe's clock, and conversion of the monomer.

Handling phases are measured at 22 °C and move with temperature by an Arrhenius factor; the apparent energy was fitted
to one cement between 0 and 22 °C, so that warmer than 22 °C is an extrapolation.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from jaxtyping import Float

from vertebroplasty.cement.product import Product
from vertebroplasty.errors import Refused

__all__ = ["BALIGA", "Kinetics", "Phase", "PhaseSpan", "SettingClock", "conversion", "speed_relative_to_22_c"]

GAS_CONSTANT = 8.314462618  # [exact] J/(mol·K)
KELVIN = 273.15  # [exact] 0 °C in K
REFERENCE_C = 22.0  # [Huang2012] temperature the handling times were measured at
HANDLING_ENERGY = 79_000.0  # [Huang2012] J/mol, computed from ice bath against 22 °C
CLOSING_S = 60.0  # [choice] the last minute of paste: time to bring the stylet back
CONSOLIDATED_H = 12.0  # [S1] hours until the patient may stand
COLDEST_C, WARMEST_C = 0.0, 30.0  # [choice] room temperatures the handling clock is asked for
LIMIT_CONVERSION = 1.0  # [exact] all monomer


class Phase(StrEnum):
    """Phases of the cement in the syringe."""

    LIQUID = "liquid"
    PASTY = "pasty"
    CLOSING = "closing"
    HARDENING = "hardening"
    SET = "set"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseSpan:
    """One phase and when it lasts, in seconds after mixing began; the last has no end."""

    phase: Phase
    start_s: float
    end_s: float | None


def speed_relative_to_22_c(temperature_c: float, energy_j_per_mol: float = HANDLING_ENERGY) -> float:
    """How many times faster cement sets at a temperature than at 22 °C (Arrhenius)."""
    inverse = 1.0 / (temperature_c + KELVIN) - 1.0 / (REFERENCE_C + KELVIN)
    return float(np.exp(-energy_j_per_mol / GAS_CONSTANT * inverse))


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingClock:
    """The clock of the cement in the syringe, at room temperature.

    Raises:
        Refused: the room temperature is outside 0–30 °C, where the handling times say nothing.
    """

    product: Product
    room_temperature_c: float = REFERENCE_C

    def __post_init__(self) -> None:
        if not COLDEST_C <= self.room_temperature_c <= WARMEST_C:
            raise Refused(
                f"The handling times hold from {COLDEST_C:g} to {WARMEST_C:g} °C, not at "
                f"{self.room_temperature_c:g} °C: give the temperature the syringe is kept at.",
                where="--room-temperature-c",
            )

    @property
    def speed(self) -> float:
        """How many times faster than at 22 °C."""
        return speed_relative_to_22_c(self.room_temperature_c)

    def equivalent_min(self, t_s: float) -> float:
        """Minutes at 22 °C that leave the cement as far as it is `t_s` seconds after mixing began."""
        return t_s * self.speed / 60.0

    @property
    def paste_begins_s(self) -> float:
        """The cement stops running like a liquid."""
        return self.product.liquid_min * 60.0 / self.speed

    @property
    def paste_ends_s(self) -> float:
        """The cement can no longer be injected."""
        return self.product.handling_min * 60.0 / self.speed

    def phases(self) -> tuple[PhaseSpan, ...]:
        """All phases in order."""
        begin, end = self.paste_begins_s, self.paste_ends_s
        closing = max(begin, end - CLOSING_S)
        hard = self.product.hardened_min * 60.0 / self.speed
        edges = (0.0, begin, closing, end, hard, None)
        return tuple(
            PhaseSpan(phase=phase, start_s=float(edges[n] or 0.0), end_s=edges[n + 1]) for n, phase in enumerate(Phase)
        )

    def phase_at(self, t_s: float) -> Phase:
        """The phase at a time."""
        return next(span.phase for span in self.phases() if span.end_s is None or t_s < span.end_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kinetics:
    """Rate of conversion: (k1 + k2 a^m)(1 − a)^n, both constants following Arrhenius with one energy.

    `k1_per_s` and `k2_per_s` are pre-exponential factors; with zero energy they are the rates themselves.
    Without k1 the reaction needs a seed: the conversion it starts from, which is a parameter and not a detail.
    """

    k1_per_s: float
    k2_per_s: float
    energy_j_per_mol: float
    m: float
    n: float
    seed: float

    def rate(self, conversion: float, temperature_c: float) -> float:
        """Conversion per second."""
        arrhenius = np.exp(-self.energy_j_per_mol / (GAS_CONSTANT * (temperature_c + KELVIN)))
        left = max(LIMIT_CONVERSION - conversion, 0.0)
        return float(arrhenius * (self.k1_per_s + self.k2_per_s * max(conversion, 0.0) ** self.m) * left**self.n)


BALIGA = Kinetics(  # [Baliga1992] bulk polymerisation of bone cement
    k1_per_s=0.0,  # [Baliga1992] autocatalytic alone
    k2_per_s=2.64e8,  # [Baliga1992] pre-exponential factor
    energy_j_per_mol=62_870.0,  # [Baliga1992] activation energy
    m=0.98,  # [Baliga1992] exponent of the converted part
    n=1.064,  # [Baliga1992] exponent of the part left
    seed=1e-3,  # [choice] within 1e-3 to 1e-2
)


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
