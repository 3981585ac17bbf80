"""One line of a score: what was done, when, what it was worth, and why."""

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Element", "Mark", "element", "minutes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One item; `effect` is the share earned from 0 to 1, None where it is only told; `t_s` when, None if never."""

    what: str
    t_s: float | None
    effect: float | None
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One of the five elements: the mean share of its items, None where none could be judged."""

    value: float | None
    items: tuple[Mark, ...]


def element(items: Iterable[Mark]) -> Element:
    """An element from its items, each counting alike."""
    marks = tuple(items)
    shares = [mark.effect for mark in marks if mark.effect is not None]
    return Element(value=sum(shares) / len(shares) if shares else None, items=marks)


def minutes(seconds: float) -> str:
    """A time as people read it."""
    whole, rest = divmod(round(seconds), 60)
    return f"{whole} min {rest:02d} s"
