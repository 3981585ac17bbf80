"""Where every clinical and physical number comes from: the citation keys used anywhere in the package."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from vertebroplasty.errors import Refused

__all__ = ["CHOICE", "EXACT", "Source", "all_sources", "source"]

CHOICE = "choice"  # a number that is our own decision, named as such
EXACT = "exact"  # a definition, unit conversion or mathematical constant


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One document that a number or rule was taken from.

    `opened` says how far it was read: text, abstract, table, code, computed, secondary or memory.
    """

    key: str
    authors: str
    year: str
    title: str
    locator: str
    opened: str
    verified: bool


@cache
def all_sources() -> dict[str, Source]:
    """Every source by its citation key."""
    table = tomllib.loads(files("vertebroplasty").joinpath("sources.toml").read_text(encoding="utf-8"))
    return {key: Source(key=key, **fields) for key, fields in table.items()}


def source(key: str) -> Source:
    """The source behind a citation key.

    Raises:
        Refused: no such key in `sources.toml`.
    """
    try:
        return all_sources()[key]
    except KeyError:
        raise Refused(f"No source has the key {key}: `vertebroplasty info sources` lists them.", where=key) from None
