"""Version 0001: the tables of the first release, the journal's guard, and its empty head."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from vertebroplasty.registry.store.journal import FIRST_HASH
from vertebroplasty.registry.store.triggers import DROP, GUARD

revision = "0001"
down_revision = None

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def known(kind: Any, names: str) -> list[sa.Column[Any]]:
    """Columns that always hold something."""
    return [sa.Column(name, kind, nullable=False, autoincrement=False) for name in names.split()]


def blank(kind: Any, names: str) -> list[sa.Column[Any]]:
    """Columns that may hold nothing, which means unknown."""
    return [sa.Column(name, kind) for name in names.split()]


def state() -> list[sa.Column[Any]]:
    """Version, place in the journal, who entered it, signature and lock."""
    return [
        *known(sa.Integer(), "version"),
        *known(LONG, "seq"),
        *known(MOMENT, "entered_at"),
        *known(sa.Text(), "entered_by"),
        *blank(sa.Text(), "signed_by"),
        *blank(MOMENT, "signed_at"),
        *known(sa.Boolean(), "locked"),
    ]


def key(table: str, *names: str) -> sa.PrimaryKeyConstraint:
    """The key of a table."""
    return sa.PrimaryKeyConstraint(*names, name=op.f(f"pk_{table}"))


def link(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    """A column that names a row of another table."""
    return sa.ForeignKeyConstraint([column], [to], name=op.f(f"fk_{table}_{column}_{to.split('.')[0]}"))


def make_journal() -> None:
    """The table journal."""
    op.create_table(
        "journal",
        *known(LONG, "seq"),
        *known(MOMENT, "at"),
        *known(sa.Text(), "by action kind record_id previous_hash hash"),
        *blank(sa.Text(), "why old new"),
        key("journal", "seq"),
    )
    op.create_index(op.f("ix_journal_record_id_kind"), "journal", ["record_id", "kind"])


def make_journal_head() -> None:
    """The table journal_head."""
    op.create_table(
        "journal_head",
        *known(sa.Integer(), "id"),
        *known(LONG, "count"),
        *known(sa.Text(), "hash"),
        key("journal_head", "id"),
    )


def make_series() -> None:
    """The table series."""
    op.create_table(
        "series",
        *known(sa.Text(), "name title"),
        *known(sa.Boolean(), "synthetic procedures_stated"),
        *blank(sa.Text(), "notes"),
        *state(),
        key("series", "name"),
    )


def make_patient() -> None:
    """The table patient."""
    op.create_table(
        "patient",
        *known(sa.Text(), "pseudonym series"),
        *blank(sa.Text(), "sex anticoagulants osteoporosis_treatment"),
        *blank(sa.Integer(), "birth_year ecog asa"),
        *blank(sa.Double(), "t_score"),
        *state(),
        link("patient", "series", "series.name"),
        key("patient", "pseudonym"),
    )
    op.create_index(op.f("ix_patient_series_pseudonym"), "patient", ["series", "pseudonym"])


def make_series_statement() -> None:
    """The table series_statement."""
    op.create_table(
        "series_statement",
        *known(sa.Text(), "series statement source"),
        *known(sa.Integer(), "position"),
        link("series_statement", "series", "series.name"),
        key("series_statement", "series", "position"),
    )


def make_procedure() -> None:
    """The table procedure."""
    op.create_table(
        "procedure",
        *known(sa.Text(), "procedure_id patient series"),
        *blank(sa.Date(), "performed_on discussed_on"),
        *blank(MOMENT, "started_at"),
        *blank(
            sa.Text(),
            "centre operator assistants guidance anaesthesia intent consent_version remark screening_verdict "
            "screening_fired_rules screening_overrides screening_override_reason screening_rule_sets",
        ),
        *blank(
            sa.Double(),
            "age_years room_temperature_c duration_min fluoroscopy_time_s dose_area_product_gy_cm2 air_kerma_mgy",
        ),
        *blank(sa.Boolean(), "antibiotics surgical_backup"),
        *state(),
        link("procedure", "patient", "patient.pseudonym"),
        key("procedure", "procedure_id"),
    )
    op.create_index(op.f("ix_procedure_patient"), "procedure", ["patient"])
    op.create_index(op.f("ix_procedure_counts"), "procedure", ["series", "performed_on", "operator", "intent"])
    op.create_index(op.f("ix_procedure_series_procedure_id"), "procedure", ["series", "procedure_id"])


def make_clock_event() -> None:
    """The table clock_event."""
    op.create_table(
        "clock_event",
        *known(sa.Text(), "procedure series"),
        *known(sa.Integer(), "position"),
        *blank(sa.Text(), "event level site remark"),
        *blank(sa.Double(), "t_s injected_ml"),
        *blank(MOMENT, "at"),
        link("clock_event", "procedure", "procedure.procedure_id"),
        key("clock_event", "procedure", "position"),
    )


def make_follow_up() -> None:
    """The table follow_up."""
    op.create_table(
        "follow_up",
        *known(sa.Text(), "follow_up_id procedure patient series"),
        *blank(sa.Integer(), "days_after relief_class"),
        *blank(sa.Date(), "seen_on died_on"),
        *blank(
            sa.Text(),
            "window modality morphine_table analgesic_step improvement eq5d_profile cause_of_death "
            "lost_because not_evaluated_because remark",
        ),
        *blank(sa.Double(), "pain_nrs pain_vas_mm morphine_mg_per_day rmdq odi_percent eq5d_vas"),
        *blank(sa.Boolean(), "new_fractures_looked_for"),
        *state(),
        link("follow_up", "procedure", "procedure.procedure_id"),
        key("follow_up", "follow_up_id"),
    )
    op.create_index(op.f("ix_follow_up_procedure"), "follow_up", ["procedure"])
    op.create_index(
        op.f("ix_follow_up_series_died_on_patient"),
        "follow_up",
        ["series", "died_on", "patient"],
        sqlite_where=sa.text("died_on IS NOT NULL"),
        postgresql_where=sa.text("died_on IS NOT NULL"),
    )
    op.create_index(op.f("ix_follow_up_series_follow_up_id"), "follow_up", ["series", "follow_up_id"])
    op.create_index(
        op.f("ix_follow_up_counts"),
        "follow_up",
        ["series", "window", "procedure", "days_after", "relief_class", "improvement"],
    )
    for name, column in (("not_evaluated", "not_evaluated_because"), ("lost", "lost_because")):
        op.create_index(
            op.f(f"ix_follow_up_{name}"),
            "follow_up",
            ["series", "procedure"],
            sqlite_where=sa.text(f"{column} IS NOT NULL"),
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )


def make_leak() -> None:
    """The table leak."""
    op.create_table(
        "leak",
        *known(sa.Text(), "procedure patient series level"),
        *known(sa.Integer(), "level_position position"),
        *blank(sa.Text(), "site modality seen action"),
        *blank(sa.Double(), "volume_ml"),
        *blank(sa.Boolean(), "symptomatic"),
        link("leak", "procedure", "procedure.procedure_id"),
        key("leak", "procedure", "level_position", "position"),
    )
    op.create_index(
        op.f("ix_leak_counts"), "leak", ["series", "site", "procedure", "level_position", "symptomatic", "modality"]
    )


def make_treated_level() -> None:
    """The table treated_level."""
    op.create_table(
        "treated_level",
        *known(sa.Text(), "procedure patient series"),
        *known(sa.Integer(), "position"),
        *blank(
            sa.Text(),
            "level indication genant_shape oedema posterior_wall bilsky approach leaks_looked_for_with "
            "cement_product cement_lot cement_udi cement_opacifier cement_stop_reason planned_plan_id",
        ),
        *blank(sa.Date(), "fracture_on"),
        *blank(
            sa.Double(),
            "fracture_age_days anterior_height_mm middle_height_mm posterior_height_mm wedge_angle_deg "
            "mobility_mm canal_compromise_percent trabecular_hu gauge cement_component_temperature_c "
            "cement_paste_start_s cement_injection_start_s cement_injection_end_s cement_left_ml "
            "cement_right_ml cement_total_ml planned_planned_ml planned_simulated_leak_probability "
            "planned_simulated_canal_probability",
        ),
        *blank(sa.Integer(), "genant_grade of_grade sins_total needle_passes"),
        *blank(
            sa.Boolean(),
            "cleft hypervascular phlebogram balloon cement_stylet_reinserted cement_needle_out_under_fluoroscopy",
        ),
        *blank(MOMENT, "cement_mixed_at"),
        link("treated_level", "procedure", "procedure.procedure_id"),
        key("treated_level", "procedure", "position"),
    )
    op.create_index(
        op.f("ix_treated_level_counts"),
        "treated_level",
        ["series", "indication", "cement_total_ml", "leaks_looked_for_with"],
    )


def make_adverse_event() -> None:
    """The table adverse_event."""
    op.create_table(
        "adverse_event",
        *known(sa.Text(), "owner_kind owner_id procedure patient series"),
        *known(sa.Integer(), "position"),
        *blank(sa.Text(), "follow_up level kind cirse_2026 sir_2003 causality outcome"),
        *blank(sa.Date(), "onset_on"),
        *blank(sa.Boolean(), "transient procedure_related"),
        *blank(sa.Double(), "duration_days"),
        *blank(sa.Integer(), "cirse_2017"),
        link("adverse_event", "procedure", "procedure.procedure_id"),
        link("adverse_event", "follow_up", "follow_up.follow_up_id"),
        key("adverse_event", "owner_kind", "owner_id", "position"),
    )
    op.create_index(op.f("ix_adverse_event_series_kind_patient"), "adverse_event", ["series", "kind", "patient"])


def make_imaged_level() -> None:
    """The table imaged_level."""
    op.create_table(
        "imaged_level",
        *known(sa.Text(), "follow_up procedure patient series"),
        *known(sa.Integer(), "position"),
        *blank(sa.Text(), "level modality"),
        *blank(sa.Double(), "anterior_height_mm middle_height_mm posterior_height_mm kyphosis_deg"),
        *blank(sa.Boolean(), "displaced"),
        link("imaged_level", "follow_up", "follow_up.follow_up_id"),
        key("imaged_level", "follow_up", "position"),
    )


def make_new_fracture() -> None:
    """The table new_fracture."""
    op.create_table(
        "new_fracture",
        *known(sa.Text(), "follow_up procedure patient series"),
        *known(sa.Integer(), "position"),
        *blank(sa.Text(), "level relation modality"),
        *blank(sa.Date(), "found_on"),
        *blank(sa.Boolean(), "symptomatic"),
        link("new_fracture", "follow_up", "follow_up.follow_up_id"),
        key("new_fracture", "follow_up", "position"),
    )


def upgrade() -> None:
    """Make everything."""
    make_journal()
    make_journal_head()
    make_series()
    make_patient()
    make_series_statement()
    make_procedure()
    make_clock_event()
    make_follow_up()
    make_leak()
    make_treated_level()
    make_adverse_event()
    make_imaged_level()
    make_new_fracture()
    for statement in GUARD[op.get_bind().dialect.name]:
        op.execute(statement)
    head = sa.table("journal_head", sa.column("id"), sa.column("count"), sa.column("hash"))
    op.bulk_insert(head, [{"id": 1, "count": 0, "hash": FIRST_HASH}])


def downgrade() -> None:
    """Remove everything."""
    for statement in DROP[op.get_bind().dialect.name]:
        op.execute(statement)
    for table in (
        "new_fracture",
        "imaged_level",
        "adverse_event",
        "treated_level",
        "leak",
        "follow_up",
        "clock_event",
        "procedure",
        "series_statement",
        "patient",
        "series",
        "journal_head",
        "journal",
    ):
        op.drop_table(table)
