"""The one table of opioid factors: its version, its drugs, and the drugs it does not hold."""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from vertebroplasty.errors import Refused

__all__ = ["DoseUnit", "Factor", "MmeTable", "mme_table"]

ALIKE = 0.6  # [choice] how alike two names must be before one is offered for the other
SHOWN_CHARACTERS = 40  # [choice] of a name that came from outside


class DoseUnit(StrEnum):
    """What a dose is counted in: milligrams a day by mouth, or micrograms an hour from a skin patch."""

    MG_PER_DAY = "mg/day"
    UG_PER_H = "µg/h"


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One opioid of the table: its unit of dose and what one unit counts in milligrams of oral morphine a day."""

    name: str
    unit: DoseUnit
    factor: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MmeTable:
    """One version of the factors; `absent` gives the reason for each drug known not to be in it."""

    version: str
    title: str
    source: str
    verified: bool
    factors: Mapping[str, Factor]
    absent: Mapping[str, str]

    def factor(self, drug: str) -> Factor:
        """The entry of one drug; letter case, blanks and underscores do not matter.

        Raises:
            Refused: the table does not hold the drug; the reason where it is known, else the nearest name.
        """
        name = "-".join(drug.lower().replace("_", " ").replace("-", " ").split())
        if name in self.factors:
            return self.factors[name]
        if name in self.absent:
            raise Refused(f"{name} cannot be counted: {self.absent[name]}.", where="opioid")
        shown = repr(drug if len(drug) <= SHOWN_CHARACTERS else f"{drug[: SHOWN_CHARACTERS - 1]}…")
        near = difflib.get_close_matches(name, [*self.factors, *self.absent], n=1, cutoff=ALIKE)
        remedy = f"the nearest name known is {near[0]}" if near else f"it holds {', '.join(sorted(self.factors))}"
        raise Refused(f"The table {self.version} holds no opioid {shown}: {remedy}.", where="opioid")


@cache
def mme_table() -> MmeTable:
    """The table in use: CDC 2022, ten opioids."""
    text = files("vertebroplasty.selection.scores").joinpath("mme.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    rows = [Factor(**{**row, "unit": DoseUnit(row["unit"])}) for row in table["opioid"]]
    return MmeTable(
        version=table["version"],
        title=table["title"],
        source=table["source"],
        verified=table["verified"],
        factors={row.name: row for row in rows},
        absent={name: group["reason"] for group in table["absent"] for name in group["names"]},
    )
