"""What was not recorded is counted and shown, variable by variable, out of the records in which it should stand."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from vertebroplasty.errors import Refused
from vertebroplasty.registry.statistics.proportions import Denominator, Proportion, proportion

__all__ = ["Completeness", "Variable", "completeness", "missing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One column: where a value is recorded, and where one is due at all (None: in every record)."""

    name: str
    recorded: Bool[np.ndarray, "records"]
    due: Bool[np.ndarray, "records"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Completeness:
    """How much is missing in each variable, and how many records have everything that was due."""

    missing: tuple[Proportion, ...]
    complete_records: Proportion
    sentence: str


def missing(name: str, recorded: int, due: int, denominator: Denominator) -> Proportion:
    """The share not recorded among those in which the variable was due.

    Raises:
        Refused: more recorded than due.
    """
    if recorded > due:
        raise Refused(f"{name}: {recorded} recorded of {due} due; count only records in which it is due.", where=name)
    return proportion(name, due - recorded, due, denominator)


def completeness(variables: Sequence[Variable], denominator: Denominator) -> Completeness:
    """Missing values of every variable of one table, and the records that would survive dropping incomplete ones.

    Raises:
        Refused: no variable, or columns of unequal length.
    """
    lengths = {variable.recorded.shape for variable in variables}
    if len(lengths) != 1:
        raise Refused("Completeness needs at least one variable, and columns of equal length.")
    gap = np.zeros(lengths.pop(), dtype=bool)
    found = []
    for variable in variables:
        due = np.ones_like(gap) if variable.due is None else np.asarray(variable.due, dtype=bool)
        absent = due & ~np.asarray(variable.recorded, dtype=bool)
        gap |= absent
        found.append(proportion(variable.name, int(absent.sum()), int(due.sum()), denominator))
    whole = proportion("complete records", int((~gap).sum()), int(gap.size), denominator)
    worst = max(found, key=lambda p: p.percent if p.percent is not None else -1.0)
    sentence = f"{whole.k} of {whole.n} records are complete; most is missing in {worst.name} ({worst.k} of {worst.n})."
    return Completeness(missing=tuple(found), complete_records=whole, sentence=sentence)
