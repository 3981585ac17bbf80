"""How the records declare a field: its one-sentence description, its limits, and null for what is not known."""

from dataclasses import field
from typing import Any

__all__ = ["CLOSED", "LEVEL", "LONGEST_TEXT", "PERCENT", "PSEUDONYM", "TEXT", "known", "listed", "required"]

LONGEST_TEXT = 2000  # [choice] characters of a remark
MOST_IN_A_LIST = 5000  # [choice] entries of one list of one record, a clock sampled every second for an hour included

PSEUDONYM: dict[str, Any] = {"pattern": r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$"}
"""Letters, digits and . _ : - without blanks, so that "Jane Doe" is refused."""
LEVEL: dict[str, Any] = {"pattern": r"^(C[1-7]|T([1-9]|1[0-3])|L[1-6]|S1)$"}
TEXT: dict[str, Any] = {"min_length": 1, "max_length": LONGEST_TEXT, "pattern": r"^[^\x00-\x08\x0b-\x1f\x7f]+$"}
"""Something written, without control characters."""
PERCENT: dict[str, Any] = {"ge": 0, "le": 100}

CLOSED: Any = {"extra": "forbid", "allow_inf_nan": False, "str_strip_whitespace": True}
"""What every record refuses: unknown keys, NaN, infinity."""


def required(description: str, **limits: Any) -> Any:
    """A field that a record cannot do without."""
    return field(metadata={"description": description, **limits})


def known(description: str, **limits: Any) -> Any:
    """A field that may be null, which means unknown."""
    return field(default=None, metadata={"description": description, **limits})


def listed(description: str, **limits: Any) -> Any:
    """A list; empty where nothing was entered."""
    return field(default=(), metadata={"description": description, "max_length": MOST_IN_A_LIST, **limits})
