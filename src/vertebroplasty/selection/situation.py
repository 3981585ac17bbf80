"""All that the rules may look at for one level, and one answered finding."""

from dataclasses import dataclass
from typing import NamedTuple

from vertebroplasty.selection.kleene import NO, UNKNOWN, YES, Answer
from vertebroplasty.selection.measured import MeasuredFindings
from vertebroplasty.selection.patient import LevelFindings, Patient

__all__ = ["Fact", "Situation", "stated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One level of one patient: the file's findings, the CT's, the product and what it is made of.

    `required_components` are the allergens (`Allergen` values) that the chosen product contains.
    """

    level: str
    patient: Patient
    findings: LevelFindings
    measured: MeasuredFindings
    product: str | None
    required_components: frozenset[str]

    def path(self, key: str) -> str:
        """Where an input of this level stands in the patient file."""
        return f"levels.{self.level}.{key}"


class Fact(NamedTuple):
    """One finding's answer, the clause that says it, and which inputs would settle it if unknown.

    `phrase` is a lower-case clause without a full stop; `missing` holds paths in the patient file.
    """

    answer: Answer
    phrase: str
    missing: tuple[str, ...] = ()


def stated(value: bool | None, path: str, *, yes: str, no: str, name: str) -> Fact:
    """A finding that one input answers directly.

    Args:
        value: the input, None if unknown.
        path: where the input stands in the patient file.
        yes: clause where it is true.
        no: clause where it is false.
        name: what the input is called where it is not stated.
    """
    if value is None:
        return Fact(UNKNOWN, f"{name} is not stated", (path,))
    return Fact(YES, yes) if value else Fact(NO, no)
