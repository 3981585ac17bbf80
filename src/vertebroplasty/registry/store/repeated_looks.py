"""Which follow-ups fall into a window in which their procedure has an earlier entered one.

A procedure counts once in a window.  Nearly all have one look there and are counted in one pass; the few listed here
are put right one by one.
"""

from collections.abc import Collection, Iterator, Sequence

import sqlalchemy as sa

from vertebroplasty.registry.store import tables
from vertebroplasty.registry.store.bulk import among
from vertebroplasty.registry.store.projection import Row

__all__ = ["list_again", "repeated", "wrongly_listed"]

LISTED = tables.repeated_look.c
LOOK = tables.follow_up.c
COLUMNS = tables.follow_up.columns.keys()
FOLLOW_UP, PROCEDURE, SERIES, PLACED = (COLUMNS.index(c) for c in ("follow_up_id", "procedure", "series", "placed"))


def repeated(connection: sa.Connection, new: Sequence[Row], known: Collection[str]) -> list[Row]:
    """Of rows to be added to `follow_up`, those that repeat a window, as rows of `repeated_look`.

    Args:
        connection: to the tables before the rows are added.
        new: the rows.
        known: the procedures that the tables held before.
    """
    seen = set()
    if known:
        query = sa.select(LOOK.procedure, LOOK.placed).where(among(connection, LOOK.procedure, known)).distinct()
        seen = {tuple(row) for row in connection.execute(query)}
    found: list[Row] = []
    for row in new:
        look = (row[PROCEDURE], row[PLACED])
        if look in seen:
            found.append((row[FOLLOW_UP], row[PROCEDURE], row[SERIES], row[PLACED]))
        seen.add(look)
    return found


def list_again(connection: sa.Connection, procedure: str | None = None) -> None:
    """List the repeated looks of one procedure, or of all, anew."""
    gone, query = tables.repeated_look.delete(), in_the_tables()
    if procedure is not None:
        gone, query = gone.where(LISTED.procedure == procedure), query.where(LOOK.procedure == procedure)
    connection.execute(gone)
    connection.execute(tables.repeated_look.insert().from_select(list(tables.repeated_look.columns), query))


def wrongly_listed(connection: sa.Connection) -> Iterator[str]:
    """Follow-ups that are listed and do not repeat a window, repeat one and are not listed, or are listed wrongly."""
    listed, there = sa.select(*tables.repeated_look.columns), in_the_tables()
    for one, other in ((listed, there), (there, listed)):
        for row in connection.execute(sa.except_(one, other)):
            yield row[0]


def in_the_tables() -> sa.Select[tuple[str, str, str, str | None]]:
    """The repeated looks as the follow-ups themselves tell them."""
    earlier = tables.follow_up.alias()
    same = earlier.c.placed.is_not_distinct_from(LOOK.placed)
    before = sa.exists().where(earlier.c.procedure == LOOK.procedure, same, earlier.c.seq < LOOK.seq)
    return sa.select(LOOK.follow_up_id, LOOK.procedure, LOOK.series, LOOK.placed).where(before)
