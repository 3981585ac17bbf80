"""The options of a CUSUM, which are stated beforehand: acceptable share, share looked for, both errors."""

from typing import Annotated

from cyclopts import Parameter

from vertebroplasty.errors import WrongUsage

__all__ = ["USUAL_ALPHA", "USUAL_BETA", "Acceptable", "FalseAlarm", "LookedFor", "Missed", "check"]

Acceptable = Annotated[float | None, Parameter(name="--p0", help="CUSUM: acceptable share, 0 to 1.")]
LookedFor = Annotated[float | None, Parameter(name="--p1", help="CUSUM: share that should be found, 0 to 1.")]
FalseAlarm = Annotated[float, Parameter(name="--alpha", help="CUSUM: error of a false alarm.")]
Missed = Annotated[float, Parameter(name="--beta", help="CUSUM: error of a missed change.")]
USUAL_ALPHA = 0.05  # [choice] both errors of the chart unless stated
USUAL_BETA = 0.05  # [choice] as above


def check(*, p0: float | None, p1: float | None, alpha: float, beta: float) -> None:
    """A CUSUM has both shares, and shares and errors lie between 0 and 1.

    Raises:
        WrongUsage: they do not.
    """
    if (p0 is None) != (p1 is None):
        raise WrongUsage("A CUSUM needs both --p0 and --p1.", where="--p0")
    for option, value in (("--p0", p0), ("--p1", p1), ("--alpha", alpha), ("--beta", beta)):
        if value is not None and not 0 < value < 1:
            raise WrongUsage(f"{option} is {value:g}: give a share between 0 and 1, as 0.03.", where=option)
    if p0 is not None and p0 == p1:
        raise WrongUsage("--p0 and --p1 are the same: a CUSUM looks for a share that is not the acceptable one.")
