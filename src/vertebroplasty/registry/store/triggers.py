"""The journal only grows: the database itself refuses to change or remove a row, whoever asks."""

__all__ = ["DROP", "GUARD"]

ONLY_GROWS = "the journal of a registry only grows"
GUARD = {
    "sqlite": (
        f"CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, '{ONLY_GROWS}'); END",
        f"CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, '{ONLY_GROWS}'); END",
        # INSERT OR REPLACE would remove a row without the trigger above.
        "CREATE TRIGGER journal_no_gap BEFORE INSERT ON journal "
        "WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM journal) "
        f"BEGIN SELECT RAISE(ABORT, '{ONLY_GROWS}'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION journal_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{ONLY_GROWS}'; END $$",
        "CREATE TRIGGER journal_no_change BEFORE UPDATE OR DELETE ON journal "
        "FOR EACH ROW EXECUTE FUNCTION journal_only_grows()",
        "CREATE TRIGGER journal_no_truncate BEFORE TRUNCATE ON journal "
        "FOR EACH STATEMENT EXECUTE FUNCTION journal_only_grows()",
    ),
}
DROP = {
    "sqlite": tuple(f"DROP TRIGGER journal_no_{what}" for what in ("update", "delete", "gap")),
    "postgresql": (
        "DROP TRIGGER journal_no_change ON journal",
        "DROP TRIGGER journal_no_truncate ON journal",
        "DROP FUNCTION journal_only_grows()",
    ),
}
