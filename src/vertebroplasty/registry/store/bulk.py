"""Many rows into one table at once: `executemany` on SQLite, COPY on PostgreSQL."""

import json
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from typing import Any

import sqlalchemy as sa

from vertebroplasty.registry.store.column_types import CODED, Moment, WordList

__all__ = ["among", "insert_rows"]

REMEMBERED = 4096  # [choice] values of a column: days and moments repeat
Convert = Callable[[Any], Any]


@cache
def converters(table: sa.Table, dialect: sa.Dialect) -> dict[int, Convert]:
    """For the columns whose values the driver does not take quickly as they are: what turns them into what it takes."""
    found: dict[int, Convert] = {}
    for i, column in enumerate(table.columns):
        if column.info.get(CODED):
            found[i] = str.__str__ if isinstance(column.type, sa.Text) else int.__int__
        elif isinstance(column.type, (Moment, WordList, sa.Date)):
            convert = column.type.dialect_impl(dialect).bind_processor(dialect)
            if convert is not None:
                found[i] = lru_cache(REMEMBERED)(convert)
    return found


@lru_cache(REMEMBERED)
def statement(table: sa.Table, dialect: sa.Dialect, filled: tuple[int, ...]) -> str:
    """The INSERT, or the COPY, of these columns."""
    quote = dialect.identifier_preparer.quote
    columns = list(table.columns)
    names = ", ".join(quote(columns[i].name) for i in filled)
    if dialect.name == "sqlite":
        return f"INSERT INTO {quote(table.name)} ({names}) VALUES ({', '.join('?' * len(filled))})"
    return f"COPY {quote(table.name)} ({names}) FROM STDIN"


def insert_rows(connection: sa.Connection, table: sa.Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows whose values stand in the order of the table's columns; columns that hold nothing are left out."""
    if not rows:
        return
    dialect = connection.dialect
    changing = converters(table, dialect)
    filled: list[int] = []
    columns: list[Sequence[Any]] = []
    for i, values in enumerate(zip(*rows, strict=True)):
        if values.count(None) == len(values):
            continue
        convert = changing.get(i)
        filled.append(i)
        columns.append(values if convert is None else [v if v is None else convert(v) for v in values])
    words = statement(table, dialect, tuple(filled))
    ready = zip(*columns, strict=True)
    driver = connection.connection.driver_connection
    assert driver is not None
    if dialect.name == "sqlite":
        driver.executemany(words, ready)
        return
    with driver.cursor() as cursor, cursor.copy(words) as copy:
        for row in ready:
            copy.write_row(row)


def among(connection: sa.Connection, column: sa.ColumnElement[str], names: Iterable[str]) -> sa.ColumnElement[bool]:
    """Whether a column holds one of many names, passed as one value."""
    wanted = sorted(set(names))
    if connection.dialect.name == "sqlite":
        return column.in_(sa.select(sa.func.json_each(json.dumps(wanted)).table_valued("value").c.value))
    return column == sa.func.any(sa.cast(wanted, sa.ARRAY(sa.Text())))
