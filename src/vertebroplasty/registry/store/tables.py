"""The tables: a journal that only grows, and beside it the present state of every record for queries.

The columns of a record's table are the fields of the record, in the same words; a list inside a record has a table of
its own whose rows are numbered by `position`.  `series`, `patient` and `procedure` are repeated in the child tables so
that a series is counted without joins; `placed` is the window of a follow-up, as stated or by its day.
"""

from typing import Any

import sqlalchemy as sa

from vertebroplasty.registry.procedure_parts import AdverseEvent, ClockEvent, Leak, TreatedLevel
from vertebroplasty.registry.records import FollowUp, ImagedLevel, NewFracture, Patient, Procedure
from vertebroplasty.registry.rehearsals.record import Rehearsal, SimulatedLeak
from vertebroplasty.registry.store.column_types import CODED, Moment
from vertebroplasty.registry.store.flat_fields import FlatFields

__all__ = [
    "FIELDS",
    "adverse_event",
    "clock_event",
    "follow_up",
    "imaged_level",
    "journal",
    "journal_head",
    "leak",
    "metadata",
    "new_fracture",
    "patient",
    "procedure",
    "rehearsal",
    "rehearsal_leak",
    "repeated_look",
    "series",
    "series_statement",
    "treated_level",
]

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite's row number is an INTEGER and nothing else

FIELDS = {
    "patient": FlatFields(Patient, keys=("pseudonym", "series")),
    "procedure": FlatFields(Procedure, keys=("procedure_id", "patient")),
    "treated_level": FlatFields(TreatedLevel),
    "leak": FlatFields(Leak),
    "adverse_event": FlatFields(AdverseEvent, keys=("level",)),
    "clock_event": FlatFields(ClockEvent),
    "follow_up": FlatFields(FollowUp, keys=("follow_up_id", "procedure")),
    "imaged_level": FlatFields(ImagedLevel),
    "new_fracture": FlatFields(NewFracture),
    "rehearsal": FlatFields(Rehearsal, keys=("rehearsal_id",)),
    "rehearsal_leak": FlatFields(SimulatedLeak),
}


def word(name: str, *, key: bool = False, of: str = "", optional: bool = False) -> sa.Column[Any]:
    """A column of text that is known, perhaps the key, perhaps of another table."""
    links = [sa.ForeignKey(of)] if of else []
    return sa.Column(name, sa.Text(), *links, primary_key=key, nullable=optional)


def position(name: str = "position") -> sa.Column[Any]:
    """The place in a list, from 0, as part of the key."""
    return sa.Column(name, sa.Integer(), primary_key=True, autoincrement=False)


def state() -> list[sa.Column[Any]]:
    """What every record carries: its version, where the journal holds it, who entered it, signature and lock."""
    return [
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("seq", LONG, nullable=False),
        sa.Column("entered_at", Moment(), nullable=False),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.Column("signed_by", sa.Text()),
        sa.Column("signed_at", Moment()),
        sa.Column("locked", sa.Boolean(), nullable=False),
    ]


journal = sa.Table(
    "journal",
    metadata,
    sa.Column("seq", LONG, primary_key=True, autoincrement=False),
    sa.Column("at", Moment(), nullable=False),
    word("by"),
    word("action"),
    word("kind"),
    word("record_id"),
    word("why", optional=True),
    word("old", optional=True),
    word("new", optional=True),
    word("previous_hash"),
    word("hash"),
    sa.Index(None, "record_id", "kind"),
)
journal_head = sa.Table(
    "journal_head", metadata, position("id"), sa.Column("count", LONG, nullable=False), word("hash")
)
series = sa.Table(
    "series",
    metadata,
    word("name", key=True),
    word("title"),
    sa.Column("synthetic", sa.Boolean(), nullable=False),
    sa.Column("procedures_stated", sa.Boolean(), nullable=False),
    word("notes", optional=True),
    *state(),
)
series_statement = sa.Table(
    "series_statement",
    metadata,
    word("series", key=True, of="series.name"),
    position(),
    word("statement"),
    word("source"),
)
patient = sa.Table(
    "patient",
    metadata,
    word("pseudonym", key=True),
    word("series", of="series.name"),
    *FIELDS["patient"].columns(),
    *state(),
    sa.Index(None, "series", "pseudonym"),
    sa.Index("ix_patient_counts", "series", "sex", "birth_year"),
)
procedure = sa.Table(
    "procedure",
    metadata,
    word("procedure_id", key=True),
    word("patient", of="patient.pseudonym"),
    word("series"),
    *FIELDS["procedure"].columns(),
    *state(),
    sa.Index(None, "patient"),
    sa.Index(None, "series", "procedure_id"),
    sa.Index("ix_procedure_counts", "series", "performed_on", "operator", "intent", "adverse_events_asked"),
)
treated_level = sa.Table(
    "treated_level",
    metadata,
    word("procedure", key=True, of="procedure.procedure_id"),
    position(),
    word("patient"),
    word("series"),
    *FIELDS["treated_level"].columns(),
    sa.Index("ix_treated_level_counts", "series", "indication", "cement_total_ml", "leaks_looked_for_with"),
)
leak = sa.Table(
    "leak",
    metadata,
    word("procedure", key=True, of="procedure.procedure_id"),
    position("level_position"),
    position(),
    word("patient"),
    word("series"),
    word("level"),
    *FIELDS["leak"].columns(),
    sa.Index("ix_leak_counts", "series", "site", "symptomatic", "modality"),
)
NOT_FIRST = leak.c.position > sa.literal_column("0")
sa.Index(
    "ix_leak_not_first",
    leak.c.series,
    leak.c.site,
    leak.c.procedure,
    leak.c.level_position,
    sqlite_where=NOT_FIRST,
    postgresql_where=NOT_FIRST,
)
follow_up = sa.Table(
    "follow_up",
    metadata,
    word("follow_up_id", key=True),
    word("procedure", of="procedure.procedure_id"),
    word("patient"),
    word("series"),
    sa.Column("days_after", sa.Integer()),
    sa.Column("placed", sa.Text(), info={CODED: True}),
    *FIELDS["follow_up"].columns(),
    *state(),
    sa.Index(None, "procedure"),
    sa.Index(None, "series", "follow_up_id"),
    sa.Index("ix_follow_up_counts", "series", "placed", "relief_class", "improvement"),
)
sa.Index(
    "ix_follow_up_not_evaluated",
    follow_up.c.series,
    follow_up.c.procedure,
    sqlite_where=follow_up.c.not_evaluated_because.is_not(None),
    postgresql_where=follow_up.c.not_evaluated_because.is_not(None),
)
sa.Index(
    "ix_follow_up_lost",
    follow_up.c.series,
    follow_up.c.procedure,
    sqlite_where=follow_up.c.lost_because.is_not(None),
    postgresql_where=follow_up.c.lost_because.is_not(None),
)
sa.Index(
    None,
    follow_up.c.series,
    follow_up.c.died_on,
    follow_up.c.patient,
    sqlite_where=follow_up.c.died_on.is_not(None),
    postgresql_where=follow_up.c.died_on.is_not(None),
)
adverse_event = sa.Table(
    "adverse_event",
    metadata,
    word("owner_kind", key=True),
    word("owner_id", key=True),
    position(),
    word("procedure", of="procedure.procedure_id"),
    word("follow_up", of="follow_up.follow_up_id", optional=True),
    word("patient"),
    word("series"),
    word("level", optional=True),
    *FIELDS["adverse_event"].columns(),
    sa.Index(None, "series", "kind", "patient"),
)
clock_event = sa.Table(
    "clock_event",
    metadata,
    word("procedure", key=True, of="procedure.procedure_id"),
    position(),
    word("series"),
    *FIELDS["clock_event"].columns(),
)
imaged_level = sa.Table(
    "imaged_level",
    metadata,
    word("follow_up", key=True, of="follow_up.follow_up_id"),
    position(),
    word("procedure"),
    word("patient"),
    word("series"),
    *FIELDS["imaged_level"].columns(),
)
new_fracture = sa.Table(
    "new_fracture",
    metadata,
    word("follow_up", key=True, of="follow_up.follow_up_id"),
    position(),
    word("procedure"),
    word("patient"),
    word("series"),
    *FIELDS["new_fracture"].columns(),
)
repeated_look = sa.Table(  # looks into a window in which the procedure has an earlier entered one
    "repeated_look",
    metadata,
    word("follow_up", key=True, of="follow_up.follow_up_id"),
    word("procedure"),
    word("series"),
    sa.Column("placed", sa.Text(), info={CODED: True}),
    sa.Index(None, "procedure"),
    sa.Index(None, "series"),
)
rehearsal = sa.Table(
    "rehearsal",
    metadata,
    word("rehearsal_id", key=True),
    *FIELDS["rehearsal"].columns(),
    *state(),
    sa.Index(None, "operator", "ended_at"),
    sa.Index("uq_rehearsal_log_sha256", "log_sha256", unique=True),
)
rehearsal_leak = sa.Table(
    "rehearsal_leak",
    metadata,
    word("rehearsal", key=True, of="rehearsal.rehearsal_id"),
    position(),
    *FIELDS["rehearsal_leak"].columns(),
)
