"""Procedures after which nobody asked for adverse events: that none is recorded there says nothing."""

import sqlalchemy as sa

from vertebroplasty.registry.store import tables

__all__ = ["never_asked"]


def never_asked(connection: sa.Connection, series: str) -> frozenset[str]:
    """Procedures of which it is recorded that adverse events were not asked for, then or later, and that have none.

    One with an event, or with a follow-up at which they were asked for, is not among them; nor is one of which it is
    not recorded whether anybody asked.
    """
    done, look, event = tables.procedure.c, tables.follow_up.c, tables.adverse_event.c
    later = sa.exists().where(look.procedure == done.procedure_id, look.adverse_events_asked.is_(True))
    had = sa.select(event.procedure).where(event.series == series)
    names = sa.select(done.procedure_id).where(
        done.series == series, done.adverse_events_asked.is_(False), done.procedure_id.not_in(had), sa.not_(later)
    )
    return frozenset(connection.scalars(names))
