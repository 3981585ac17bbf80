"""A needle in the patient: where it enters the bone, where its tip rests, how thick it is."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from vertebroplasty.errors import Refused
from vertebroplasty.geometry.frame import unit
from vertebroplasty.geometry.gauges import Gauge, gauge

__all__ = ["NeedlePath"]


@dataclass(frozen=True, eq=False, kw_only=True)
class NeedlePath:
    """A straight needle from its entry on the outer cortex to its tip, both in LPS mm."""

    entry_lps_mm: Float[np.ndarray, "3"]
    tip_lps_mm: Float[np.ndarray, "3"]
    gauge_number: int = 11
    side: str = "left"  # left | right
    approach: str = "transpedicular"

    def __post_init__(self) -> None:
        if not (np.all(np.isfinite(self.entry_lps_mm)) and np.all(np.isfinite(self.tip_lps_mm))):
            raise Refused("The needle's entry and tip must be finite LPS millimetres.", where="--entry/--tip")
        if self.length_mm < 1.0:
            raise Refused("The needle's entry and tip coincide: give two different points.", where="--entry/--tip")

    @property
    def gauge(self) -> Gauge:
        """Its cannula."""
        return gauge(self.gauge_number)

    @property
    def length_mm(self) -> float:
        """Distance from bone entry to tip."""
        return float(np.linalg.norm(self.tip_lps_mm - self.entry_lps_mm))

    @property
    def direction_lps(self) -> Float[np.ndarray, "3"]:
        """Unit vector from entry to tip."""
        return unit(self.tip_lps_mm - self.entry_lps_mm)
