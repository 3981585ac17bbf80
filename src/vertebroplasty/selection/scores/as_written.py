"""Numbers as they were written down: 22.5 is 225/10, so that a published boundary is met exactly.

A reduction from 15 to 11.25 is 25 % and not 24.999999999999996 %.
"""

import math
from fractions import Fraction

from vertebroplasty.errors import Refused

__all__ = ["as_written", "number_within"]


def as_written(value: float) -> Fraction:
    """The decimal fraction that a number shows."""
    return Fraction(str(value))


def number_within(value: float, lowest: float, highest: float, *, what: str, unit: str, where: str) -> float:
    """The number itself, where it lies within both ends.

    Raises:
        Refused: not a number, infinite or outside the range.
    """
    if isinstance(value, bool) or not math.isfinite(value) or not lowest <= value <= highest:
        told = f"{value:g}" if isinstance(value, int | float) else str(value)
        limits = f"from {lowest:g} to {highest:g} {unit}".rstrip()
        raise Refused(f"{what} is {told}: enter a number {limits}.", where=where)
    return value
