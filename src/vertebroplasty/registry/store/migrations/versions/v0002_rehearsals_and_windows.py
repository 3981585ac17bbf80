"""Version 0002: rehearsals, whether adverse events were asked for, and what makes counting quick.

The window of each follow-up is kept beside it, follow-ups that repeat a window are listed, and indexes hold all that is
counted.
"""

import sqlalchemy as sa
from alembic import op

from vertebroplasty.registry.store.migrations.versions.v0001_first_release import MOMENT, blank, key, known, link, state

revision = "0002"
down_revision = "0001"

COUNTS = {  # index of a table: its columns before and after
    "procedure": ("series performed_on operator intent", "series performed_on operator intent adverse_events_asked"),
    "leak": ("series site procedure level_position symptomatic modality", "series site symptomatic modality"),
    "follow_up": (
        "series window procedure days_after relief_class improvement",
        "series placed relief_class improvement",
    ),
}
NOT_FIRST = sa.text("position > 0")
PLACED = """
UPDATE follow_up SET placed = coalesce("window", CASE
    WHEN days_after < 0 THEN 'baseline'
    WHEN days_after BETWEEN 0 AND 3 THEN '24h'
    WHEN days_after BETWEEN 4 AND 14 THEN '1wk'
    WHEN days_after BETWEEN 21 AND 45 THEN '1mo'
    WHEN days_after BETWEEN 70 AND 120 THEN '3mo'
    WHEN days_after BETWEEN 150 AND 240 THEN '6mo'
    WHEN days_after BETWEEN 305 AND 455 THEN '12mo'
    WHEN days_after IS NOT NULL THEN 'other'
END)
"""
REPEATED = """
INSERT INTO repeated_look (follow_up, procedure, series, placed)
SELECT later.follow_up_id, later.procedure, later.series, later.placed FROM follow_up AS later
WHERE EXISTS (
    SELECT 1 FROM follow_up AS earlier
    WHERE earlier.procedure = later.procedure AND earlier.seq < later.seq
    AND coalesce(earlier.placed, '') = coalesce(later.placed, '')
)
"""


def make_repeated_look() -> None:
    """The table repeated_look."""
    op.create_table(
        "repeated_look",
        *known(sa.Text(), "follow_up procedure series"),
        *blank(sa.Text(), "placed"),
        link("repeated_look", "follow_up", "follow_up.follow_up_id"),
        key("repeated_look", "follow_up"),
    )
    for column in ("procedure", "series"):
        op.create_index(op.f(f"ix_repeated_look_{column}"), "repeated_look", [column])


def make_rehearsal() -> None:
    """The tables rehearsal and rehearsal_leak."""
    op.create_table(
        "rehearsal",
        *known(sa.Text(), "rehearsal_id"),
        *blank(sa.Text(), "operator case level product state_sha256 log_sha256"),
        *blank(MOMENT, "ended_at"),
        *blank(sa.Integer(), "seed"),
        *blank(sa.Boolean(), "guided"),
        *blank(
            sa.Double(),
            "planned_ml selection placement timing fluoroscopy outcome stop_delay_s injected_ml in_body_ml",
        ),
        *state(),
        key("rehearsal", "rehearsal_id"),
    )
    op.create_index(op.f("ix_rehearsal_operator_ended_at"), "rehearsal", ["operator", "ended_at"])
    op.create_index(op.f("uq_rehearsal_log_sha256"), "rehearsal", ["log_sha256"], unique=True)
    op.create_table(
        "rehearsal_leak",
        *known(sa.Text(), "rehearsal"),
        *known(sa.Integer(), "position"),
        *blank(sa.Text(), "site"),
        *blank(sa.Double(), "volume_ml"),
        link("rehearsal_leak", "rehearsal", "rehearsal.rehearsal_id"),
        key("rehearsal_leak", "rehearsal", "position"),
    )


def make_indexes(place: int) -> None:
    """The indexes that counts are read from, as they were before (0) or are after (1)."""
    for table, columns in COUNTS.items():
        op.drop_index(op.f(f"ix_{table}_counts"), table_name=table)
        op.create_index(op.f(f"ix_{table}_counts"), table, columns[place].split())


def upgrade() -> None:
    """Add columns, place every follow-up, make the tables and indexes."""
    for table in ("procedure", "follow_up"):
        op.add_column(table, sa.Column("adverse_events_asked", sa.Boolean()))
    op.add_column("follow_up", sa.Column("placed", sa.Text()))
    op.execute(PLACED)
    make_repeated_look()
    op.execute(REPEATED)
    make_rehearsal()
    make_indexes(1)
    op.create_index(op.f("ix_patient_counts"), "patient", ["series", "sex", "birth_year"])
    op.create_index(
        op.f("ix_leak_not_first"),
        "leak",
        ["series", "site", "procedure", "level_position"],
        sqlite_where=NOT_FIRST,
        postgresql_where=NOT_FIRST,
    )


def downgrade() -> None:
    """Take all of it away; rehearsals stay in the journal."""
    op.drop_index(op.f("ix_leak_not_first"), table_name="leak")
    op.drop_index(op.f("ix_patient_counts"), table_name="patient")
    for table in ("rehearsal_leak", "rehearsal", "repeated_look"):
        op.drop_table(table)
    make_indexes(0)
    op.drop_column("follow_up", "placed")
    for table in ("procedure", "follow_up"):
        op.drop_column(table, "adverse_events_asked")
