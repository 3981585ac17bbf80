"""Whether a printed percentage can come from its printed denominator at all."""

from vertebroplasty.errors import Refused

__all__ = ["counts_printed_as"]

PERCENT = 100  # [exact] per cent


def counts_printed_as(percent: float, n: int, *, decimals: int = 0) -> tuple[int, ...]:
    """Which counts out of `n` are printed as this percentage; none means the figure cannot come from this denominator.

    For example 77 % of 58 patients: 44 are 75.9 % and 45 are 77.6 %, so no count fits.  Halves may be rounded either
    way, as different tables do.

    Raises:
        Refused: the percentage is outside 0 to 100, or nothing was counted.
    """
    if n < 1 or not 0 <= percent <= PERCENT:
        raise Refused(f"{percent:g} % of {n} is no proportion: give a percentage from 0 to 100 and at least one case.")
    half_a_digit = 0.5 * 10.0**-decimals * (1 + 1e-9)
    return tuple(k for k in range(n + 1) if abs(PERCENT * k / n - percent) <= half_a_digit)
