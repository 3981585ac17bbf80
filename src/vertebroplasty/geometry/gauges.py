"""Needle gauges: outer and inner diameters of vertebroplasty cannulas."""

from dataclasses import dataclass

from vertebroplasty.errors import Refused

__all__ = ["GAUGES", "Gauge", "gauge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """One cannula size; diameters in mm, regular wall; kits may have thicker walls, so measure yours."""

    number: int
    outer_mm: float
    inner_mm: float
    source: str


GAUGES = {
    g.number: g
    for g in (
        Gauge(number=8, outer_mm=4.19, inner_mm=3.43, source="gauge-table"),
        Gauge(number=9, outer_mm=3.759, inner_mm=2.997, source="gauge-table"),
        Gauge(number=10, outer_mm=3.40, inner_mm=2.69, source="gauge-table"),
        Gauge(number=11, outer_mm=3.05, inner_mm=2.39, source="gauge-table"),
        Gauge(number=12, outer_mm=2.769, inner_mm=2.159, source="gauge-table"),
        Gauge(number=13, outer_mm=2.413, inner_mm=1.803, source="gauge-table"),
        Gauge(number=14, outer_mm=2.108, inner_mm=1.600, source="gauge-table"),
        Gauge(number=15, outer_mm=1.829, inner_mm=1.372, source="gauge-table"),
    )
}


def gauge(number: int) -> Gauge:
    """The cannula of a gauge number.

    Raises:
        Refused: the gauge is not in the cited table.
    """
    try:
        return GAUGES[number]
    except KeyError:
        known = ", ".join(str(n) for n in GAUGES)
        raise Refused(f"Gauge {number} is not in the table: choose one of {known}.", where="--gauge") from None
