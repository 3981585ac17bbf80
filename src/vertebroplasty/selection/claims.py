"""What publications state about vertebroplasty, claim by claim: they disagree, and nothing here averages them."""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from vertebroplasty.errors import Refused

__all__ = ["Ascertainment", "Claim", "Denominator", "DenominatorType", "claim", "claims", "topics"]

PERCENT = 100  # [exact] per cent
PER_CENT = "%"


class DenominatorType(StrEnum):
    """What a published rate counts; a rate of levels and a rate of patients are not the same thing."""

    PATIENT = "patient"
    PROCEDURE = "procedure"
    LEVEL = "level"
    EVALUATED_PROCEDURE = "evaluated-procedure"
    NOT_STATED = "not-stated"


class Ascertainment(StrEnum):
    """How the finding was looked for: CT finds leaks that fluoroscopy and radiographs miss."""

    FLUOROSCOPY = "fluoroscopy"
    RADIOGRAPH = "radiograph"
    CT = "CT"
    CLINICAL_ONLY = "clinical-only"
    NOT_STATED = "not-stated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Denominator:
    """What was counted, and how many of them there were; `n` is None where the source does not say."""

    type: DenominatorType
    n: int | None = None

    def __str__(self) -> str:
        """For example `868 levels`."""
        plural = {
            DenominatorType.EVALUATED_PROCEDURE: "evaluated procedures",
            DenominatorType.NOT_STATED: "cases of a kind not stated",
        }.get(self.type, f"{self.type}s")
        return plural if self.n is None else f"{self.n} {plural}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One statement of one source, with all that is needed not to confuse it with another.

    `count` is how many of the denominator had the outcome, as printed; `value` is a printed figure in `unit`, and
    `low`–`high` a printed range whose meaning `span` tells (observed range, 95 % confidence interval …).  All are None
    where the source gives none.  `horizon` is when the outcome was read.  `symptomatic` is None where a claim does not
    tell findings with symptoms from those without.  `verified` tells whether this very figure was read in the source.
    """

    id: str
    topic: str
    statement: str
    source: str
    verified: bool
    population: str
    outcome: str
    horizon: str
    denominator: Denominator
    count: int | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    span: str | None = None
    unit: str | None = None
    ascertainment: Ascertainment = Ascertainment.NOT_STATED
    symptomatic: bool | None = None
    note: str = ""

    @property
    def percent(self) -> float | None:
        """The rate in per cent: as printed, or the printed count over its own denominator; None if neither is."""
        if self.value is not None and self.unit == PER_CENT:
            return self.value
        if self.count is not None and self.denominator.n is not None:
            return PERCENT * self.count / self.denominator.n
        return None

    @property
    def figure(self) -> str:
        """The figure with its denominator or range, for example `15 of 868 levels` or `73 to 87 %`; empty if none."""
        unit = f" {self.unit}" if self.unit else ""
        spread = None if self.low is None or self.high is None else f"{self.low:g} to {self.high:g}"
        if self.count is not None:
            return f"{self.count} of {self.denominator}"
        if self.value is not None:
            return f"{self.value:g}{unit}" + (f" ({spread})" if spread else "")
        return f"{spread}{unit}" if spread else ""


@cache
def _all_claims() -> dict[str, Claim]:
    """Every claim by its id, in the order of the data files."""
    folder = files("vertebroplasty.selection").joinpath("evidence")
    tables = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    read = [_claim(row) for file in tables for row in tomllib.loads(file.read_text(encoding="utf-8"))["claim"]]
    return {entry.id: entry for entry in read}


def _claim(row: dict[str, Any]) -> Claim:
    counted = row["denominator"]
    coded = {
        "denominator": Denominator(type=DenominatorType(counted["type"]), n=counted.get("n")),
        "ascertainment": Ascertainment(row.get("ascertainment", Ascertainment.NOT_STATED)),
    }
    return Claim(**(row | coded))


def topics() -> tuple[str, ...]:
    """The questions on which sources speak, each with at least two claims."""
    return tuple(sorted({entry.topic for entry in _all_claims().values()}))


def claims(topic: str) -> tuple[Claim, ...]:
    """Every claim on one topic, side by side.

    Raises:
        Refused: nothing is claimed on such a topic.
    """
    found = tuple(entry for entry in _all_claims().values() if entry.topic == topic)
    if not found:
        raise Refused(f"No claim is filed under {topic}: the topics are {', '.join(topics())}.", where=topic)
    return found


def claim(id: str) -> Claim:
    """One claim by its id.

    Raises:
        Refused: no claim has this id.
    """
    try:
        return _all_claims()[id]
    except KeyError:
        raise Refused(f"No claim has the id {id}: `vertebroplasty info claims` lists them.", where=id) from None
