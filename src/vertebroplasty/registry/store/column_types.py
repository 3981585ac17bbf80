"""How a field of a record becomes a column: its type, and a moment that never loses its zone."""

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import sqlalchemy as sa

from vertebroplasty.errors import Refused

CODED = "coded"
__all__ = ["CODED", "Moment", "WordList", "column_type", "is_coded"]


class Moment(sa.types.TypeDecorator[datetime]):
    """A moment kept in UTC; SQLite keeps no zone, so it is put back when read."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """UTC; a moment without a zone is not accepted."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise Refused(f"The moment {value.isoformat()} has no time zone: write it as 2026-01-31T09:30+01:00.")
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """The moment in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class WordList(sa.types.TypeDecorator[tuple[str, ...]]):
    """A list of words kept as one line of JSON, so that equal lists can be counted together."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Iterable[str] | None, dialect: sa.Dialect) -> str | None:
        """The line of JSON."""
        return None if value is None else json.dumps(list(value), ensure_ascii=False, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> tuple[str, ...] | None:
        """The words."""
        return None if value is None else tuple(json.loads(value))


def without_none(hint: Any) -> Any:
    """`X` of `X | None`."""
    if get_origin(hint) in (Union, UnionType):
        return next(part for part in get_args(hint) if part is not NoneType)
    return hint


def is_coded(hint: Any) -> bool:
    """Whether a field holds a coded word or number, an enumeration."""
    kind = without_none(hint)
    return isinstance(kind, type) and issubclass(kind, Enum)


def column_type(hint: Any) -> sa.types.TypeEngine[Any]:
    """The column type of a field that is neither a record nor a list of records."""
    kind = without_none(hint)
    if get_origin(kind) is tuple:
        return WordList()
    if get_origin(kind) is Literal:
        return sa.Text()
    for base, made in (
        (str, sa.Text()),
        (bool, sa.Boolean()),
        (int, sa.Integer()),
        (float, sa.Double()),
        (datetime, Moment()),
        (date, sa.Date()),
    ):
        if issubclass(kind, base):
            return made
    raise TypeError(f"No column type for {hint}.")
