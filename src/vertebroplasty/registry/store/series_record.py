"""A series of patients: the department's own, or a synthetic one that stands for printed figures."""

from dataclasses import dataclass
from typing import ClassVar

from vertebroplasty.registry.fields import CLOSED, PSEUDONYM, TEXT, known, listed, required

__all__ = ["Series", "Statement"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """A figure that a series prints and that its records cannot reproduce."""

    __pydantic_config__ = CLOSED

    statement: str = required("What is printed.", **TEXT)
    source: str = required("Where it is printed.", **TEXT)


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    """What a series is, and what can only be quoted from it."""

    __pydantic_config__ = CLOSED
    kind: ClassVar[str] = "series"

    name: str = required("Name, as own.", **PSEUDONYM)
    title: str = required("Title in words.", **TEXT)
    synthetic: bool = required("Whether its records were built to match printed figures; no real patients.")
    procedures_stated: bool = required("Whether the number of procedures is stated.")
    as_printed: tuple[Statement, ...] = listed("Printed figures that can only be quoted.")
    notes: str | None = known("Anything to add.", **TEXT)

    @property
    def record_id(self) -> str:
        """The id under which the record is kept."""
        return self.name
