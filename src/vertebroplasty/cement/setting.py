"""How far the cement in the syringe has set: its phases, at the room's temperature or warming towards it.

Handling phases are measured at 22 °C.  In a colder or warmer syringe each moment is stretched by the fitted rate law of
conversion, the liquid phase more than the pasty one.  It was fitted between 0 and 22 °C: warmer is an extrapolation.
Components from the refrigerator warm while they are mixed, which is not a steady 4 °C: they approach the room's
temperature exponentially.  With the one time constant chosen the liquid and the handling time of such cement come out
within their measured spread; the pasty phase alone comes out some 2 min too short and is outside what is modelled.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from vertebroplasty.cement.kinetics import BALIGA, HANDLING, REFERENCE_C, Kinetics, arrhenius, conversion
from vertebroplasty.cement.product import ACRYLIC, Product
from vertebroplasty.errors import Refused

__all__ = ["BALIGA", "Kinetics", "Phase", "PhaseSpan", "SettingClock", "conversion", "speed_relative_to_22_c"]

HANDLING_ENERGY = 79_000.0  # [Huang2012] J/mol, computed from ice bath against 22 °C
HUANG_MIN = (0.0, 5.1, 8.5, 10.0)  # [Huang2012] minutes at 22 °C: mixing, paste, end of handling; hard by S1
WARMING_MIN = 3.8  # [Huang2012] time constant of warming, fitted to the liquid and handling time from 4 °C
CLOSING_S = 60.0  # [choice] the last minute of paste: time to bring the stylet back
CONSOLIDATED_H = 12.0  # [S1] hours until the patient may stand
COLDEST_C, WARMEST_C = 0.0, 30.0  # [choice] temperatures the handling clock is asked for
STEPS = 300  # [choice] of the clock's table, up to three times the hardening time
LONGEST_HARDENINGS = 3.0  # [choice] the table ends after so many hardening times; cement is set long before
SAME_C = 1e-6  # [choice] two temperatures closer than this are one


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
    """How many times faster cement sets at a temperature than at 22 °C: one Arrhenius factor for the whole handling."""
    return arrhenius(temperature_c, energy_j_per_mol)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingClock:
    """The clock of the cement in the syringe.

    `component_temperature_c` is that of powder and liquid when mixing begins; None means they were kept in the room.

    Raises:
        Refused: a temperature is outside 0–30 °C, where the handling times say nothing; or not 22 °C for a cement
            whose temperature dependence nobody measured.
    """

    product: Product
    room_temperature_c: float = REFERENCE_C
    component_temperature_c: float | None = None

    def __post_init__(self) -> None:
        for celsius, option in (
            (self.room_temperature_c, "--room-temperature-c"),
            (self._component_c, "--component-c"),
        ):
            if not COLDEST_C <= celsius <= WARMEST_C:
                raise Refused(
                    f"The handling times hold from {COLDEST_C:g} to {WARMEST_C:g} °C, not at {celsius:g} °C: "
                    f"give the temperature the {'syringe is' if option.startswith('--room') else 'parts are'} kept at.",
                    where=option,
                )
            if self.product.family != ACRYLIC and abs(celsius - REFERENCE_C) > SAME_C:
                raise Refused(
                    f"How {self.product.key} sets at other temperatures than {REFERENCE_C:g} °C is not known: "
                    f"give {REFERENCE_C:g}.",
                    where=option,
                )

    @property
    def _component_c(self) -> float:
        return self.room_temperature_c if self.component_temperature_c is None else self.component_temperature_c

    @property
    def _table(self) -> tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n"]]:
        cement = self.product
        own = (0.0, cement.liquid_min, cement.handling_min, cement.hardened_min)
        return _timeline(own, self.room_temperature_c, self._component_c)

    def temperature_c(self, t_s: float) -> float:
        """Temperature of the cement in the syringe."""
        return _warming(t_s, self.room_temperature_c, self._component_c)

    def equivalent_min(self, t_s: float) -> float:
        """Minutes at 22 °C that leave the cement as far as it is `t_s` seconds after mixing began."""
        minutes, seconds = self._table
        return float(np.interp(t_s, seconds, minutes))

    def _seconds(self, equivalent_min: float) -> float:
        minutes, seconds = self._table
        return float(np.interp(equivalent_min, minutes, seconds))

    @property
    def paste_begins_s(self) -> float:
        """The cement stops running like a liquid."""
        return self._seconds(self.product.liquid_min)

    @property
    def paste_ends_s(self) -> float:
        """The cement can no longer be injected."""
        return self._seconds(self.product.handling_min)

    @property
    def hardened_s(self) -> float:
        """The cement is hard."""
        return self._seconds(self.product.hardened_min)

    def phases(self) -> tuple[PhaseSpan, ...]:
        """All phases in order."""
        begin, end = self.paste_begins_s, self.paste_ends_s
        closing = max(begin, end - CLOSING_S)
        edges = (0.0, begin, closing, end, self.hardened_s, None)
        return tuple(
            PhaseSpan(phase=phase, start_s=float(edges[n] or 0.0), end_s=edges[n + 1]) for n, phase in enumerate(Phase)
        )

    def phase_at(self, t_s: float) -> Phase:
        """The phase at a time."""
        return next(span.phase for span in self.phases() if span.end_s is None or t_s < span.end_s)


def _warming(t_s: float, room_c: float, component_c: float) -> float:
    """The temperature of cement that warms towards the room."""
    return room_c - (room_c - component_c) * float(np.exp(-t_s / (60.0 * WARMING_MIN)))


@cache
def _starting_share() -> tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n"]]:
    """Minutes at 22 °C, and the share of the rate that the starting reaction has then."""
    minutes = np.linspace(0.0, HUANG_MIN[-1], STEPS + 1)
    converted = conversion(60.0 * minutes, lambda _: REFERENCE_C, HANDLING, step_s=2.0)
    k1, k2 = HANDLING.constants(REFERENCE_C)
    return minutes, k1 / (k1 + k2 * np.maximum(converted, 0.0) ** HANDLING.m)


@cache
def _timeline(
    own_min: tuple[float, ...], room_c: float, component_c: float
) -> tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n"]]:
    """A table of minutes at 22 °C against seconds on the clock, for a cement with these phase edges.

    The cement's own phases are laid over those that the rate law was fitted to, so that a slower cement is as far at
    the same edge; both reactions are then slowed or sped up, each by its own energy (fourth-order Runge-Kutta).
    Beyond hardening the speed stays what it was.
    """
    edges = np.array((*own_min, LONGEST_HARDENINGS * own_min[-1]))
    per_phase = STEPS // (len(edges) - 1)
    pieces = [np.linspace(low, high, per_phase, endpoint=False) for low, high in pairwise(edges)]
    minutes = np.append(np.concatenate(pieces), edges[-1])
    shares_at = _starting_share()
    middles = 0.5 * (minutes[1:] + minutes[:-1])
    share, share_middle = (np.interp(np.interp(m, own_min, HUANG_MIN), *shares_at) for m in (minutes, middles))
    start_energy, energy = HANDLING.start_energy_j_per_mol or 0.0, HANDLING.energy_j_per_mol

    def slowness(t_s: float, starting: float) -> float:
        celsius = _warming(t_s, room_c, component_c)
        return 1.0 / (starting * arrhenius(celsius, start_energy) + (1.0 - starting) * arrhenius(celsius, energy))

    seconds = np.zeros(len(minutes))
    for n, step in enumerate(60.0 * np.diff(minutes)):
        t = seconds[n]
        a = slowness(t, share[n])
        b = slowness(t + 0.5 * step * a, share_middle[n])
        c = slowness(t + 0.5 * step * b, share_middle[n])
        d = slowness(t + step * c, share[n + 1])
        seconds[n + 1] = t + step * (a + 2.0 * b + 2.0 * c + d) / 6.0
    return minutes, seconds
