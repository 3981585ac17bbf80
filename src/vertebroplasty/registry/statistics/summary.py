"""A measured quantity in one line: how many values, their mean, spread and range; what is unknown stays unknown."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

__all__ = ["Summary", "summary"]

QUARTILES_PERCENT = (25.0, 50.0, 75.0)  # [exact] quartiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Count, mean, standard deviation, range and quartiles, in the unit named; None where it is not known.

    `missing` is the number of records without the value; None where a printed series does not say.
    """

    name: str
    unit: str
    n: int | None
    missing: int | None
    mean: float | None
    sd: float | None
    min: float | None
    max: float | None
    median: float | None
    lower_quartile: float | None
    upper_quartile: float | None


def summary(name: str, values: Float[np.ndarray, "records"], *, unit: str) -> Summary:
    """The summary of a column in which NaN stands for a value that was not recorded.

    The standard deviation divides by n − 1 and is unknown with fewer than two values.
    """
    column = np.asarray(values, dtype=float)
    known = column[~np.isnan(column)]
    n = int(known.size)
    quartiles = np.percentile(known, QUARTILES_PERCENT) if n else None
    return Summary(
        name=name,
        unit=unit,
        n=n,
        missing=int(column.size) - n,
        mean=float(known.mean()) if n else None,
        sd=float(known.std(ddof=1)) if n > 1 else None,
        min=float(known.min()) if n else None,
        max=float(known.max()) if n else None,
        median=None if quartiles is None else float(quartiles[1]),
        lower_quartile=None if quartiles is None else float(quartiles[0]),
        upper_quartile=None if quartiles is None else float(quartiles[2]),
    )
