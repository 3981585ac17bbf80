"""The syringe and cannula, and the age of the cement that has left them.

The syringe keeps room temperature; cement in bone warms towards the body's and sets faster.  In bone one mean age and
temperature stand for the whole bolus, warmed by conduction as a sphere of its size would be.
"""

from dataclasses import dataclass, replace

import numpy as np

from vertebroplasty.cement.rheology import PowerLaw, cannula_flow, cannula_pressure, power_law
from vertebroplasty.cement.setting import Phase, SettingClock, speed_relative_to_22_c
from vertebroplasty.geometry.gauges import Gauge

__all__ = ["Bolus", "Syringe", "cannula_ml"]

CANNULA_MM = 125.0  # [choice] length of a vertebroplasty cannula
BODY_C = 37.0  # [exact] body temperature
DIFFUSIVITY_MM2_PER_S = 0.15  # [choice] of heat in cement and marrow
MM_PER_M = 1000.0  # [exact] mm in a metre
MM3_PER_ML = 1000.0  # [exact] mm³ in a millilitre
ML_PER_M3 = 1e6  # [exact] ml in a cubic metre
PA_PER_KPA = 1000.0  # [exact] Pa in a kilopascal


def cannula_ml(gauge: Gauge) -> float:
    """Dead volume of a cannula 125 mm long, in ml."""
    return float(np.pi * (0.5 * gauge.inner_mm) ** 2 * CANNULA_MM / MM3_PER_ML)


@dataclass(frozen=True, slots=True, kw_only=True)
class Syringe:
    """Cement at room temperature behind a cannula, pushed with no more than a limiting pressure."""

    clock: SettingClock
    gauge: Gauge
    pressure_limit_kpa: float
    mixed_s: float = 0.0  # when mixing of this cement began, after that of the first

    @property
    def cannula_ml(self) -> float:
        """Dead volume: the cement that the full cannula holds."""
        return cannula_ml(self.gauge)

    @property
    def _tube(self) -> dict[str, float]:
        return {"radius_m": 0.5 * self.gauge.inner_mm / MM_PER_M, "length_m": CANNULA_MM / MM_PER_M}

    @property
    def paste_ends_s(self) -> float:
        """When the cement can no longer be injected."""
        return self.mixed_s + self.clock.paste_ends_s

    def phase_at(self, t_s: float) -> Phase:
        """The phase of the cement at a time."""
        return self.clock.phase_at(t_s - self.mixed_s)

    def temperature_c(self, t_s: float) -> float:
        """Temperature of the cement at a time."""
        return self.clock.temperature_c(t_s - self.mixed_s)

    def equivalent_min(self, t_s: float) -> float:
        """Age of the cement at a time, as minutes at 22 °C."""
        return self.clock.equivalent_min(t_s - self.mixed_s)

    def law(self, t_s: float) -> PowerLaw:
        """Viscosity of the cement in the syringe."""
        return power_law(self.clock.product, self.equivalent_min(t_s))

    def pressure_kpa(self, t_s: float, rate_ml_per_s: float) -> float:
        """Pressure that the cannula alone costs at a rate."""
        return cannula_pressure(self.law(t_s), rate_ml_per_s / ML_PER_M3, **self._tube) / PA_PER_KPA

    def rate_at(self, t_s: float, pressure_kpa: float, bed_kpa_s_per_ml: float) -> float:
        """Rate in ml/s that a pressure drives through cannula and bone."""
        resistance = bed_kpa_s_per_ml * PA_PER_KPA * ML_PER_M3
        law = self.law(t_s)
        flow = cannula_flow(law, pressure_kpa * PA_PER_KPA, bed_pa_s_per_m3=resistance, **self._tube)
        return flow * ML_PER_M3


@dataclass(frozen=True, slots=True, kw_only=True)
class Bolus:
    """Cement in bone: volume, mean temperature, mean age as minutes at 22 °C."""

    volume_ml: float
    temperature_c: float
    equivalent_min: float

    def aged(self, duration_s: float) -> "Bolus":
        """Later by so many seconds: warmer and further set."""
        if duration_s <= 0.0 or self.volume_ml <= 0.0:
            return self
        radius_mm = (3.0 * self.volume_ml * MM_PER_M / (4.0 * np.pi)) ** (1.0 / 3.0)
        warming_s = radius_mm**2 / (np.pi**2 * DIFFUSIVITY_MM2_PER_S)
        left = float(np.exp(-duration_s / warming_s))
        middle = BODY_C - (BODY_C - self.temperature_c) * np.sqrt(left)
        return replace(
            self,
            temperature_c=BODY_C - (BODY_C - self.temperature_c) * left,
            equivalent_min=self.equivalent_min + duration_s / 60.0 * speed_relative_to_22_c(float(middle)),
        )

    def joined(self, volume_ml: float, temperature_c: float, equivalent_min: float) -> "Bolus":
        """With fresh cement mixed in."""
        total = self.volume_ml + volume_ml
        if total <= 0.0:
            return self
        old, new = self.volume_ml / total, volume_ml / total
        return Bolus(
            volume_ml=total,
            temperature_c=old * self.temperature_c + new * temperature_c,
            equivalent_min=old * self.equivalent_min + new * equivalent_min,
        )
