"""`vertebroplasty registry verify|backup|restore|upgrade`: that nothing is lost and nothing silently changed."""

import time
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from vertebroplasty.cli import options as o
from vertebroplasty.cli import registry_options as r
from vertebroplasty.cli.output import answer, counted
from vertebroplasty.errors import Tampered

__all__ = ["backup", "restore", "upgrade", "verify"]

Head = Annotated[str | None, Parameter(name="--head", help="A hash of the head that was noted before.")]


def verify(*, head: Head = None, db: r.Database = None, common: o.Common = o.COMMON) -> None:
    """Recompute the journal's chain and rebuild every record from it; exit code 1 if anything was changed."""
    begin = time.perf_counter()
    from vertebroplasty.documents.registry import VerifyDocument

    with r.opened(db) as registry:
        found = registry.verify(head=head)
        name = registry.name
    if not found.intact:
        problems = tuple(f"{one.kind} {one.record_id}: {one.what}" for one in found.problems)
        raise Tampered(
            "\n".join([f"{name} is not intact, {len(problems)} found:", *problems]), where=name, problems=problems
        )
    document = VerifyDocument(
        **r.provenance(begin, head=head).head("registry-verify", sources=(), warnings=(), not_modelled=(), unknown=()),
        registry=name,
        intact=True,
        journal_rows=found.rows,
        records_checked=found.records,
        head=found.head,
    )
    answer(
        document,
        [
            f"{counted(found.rows, 'row')} of the journal and {counted(found.records, 'record')} checked: intact. "
            f"Head {found.head}"
        ],
        common,
    )


def backup(
    out: Path,
    /,
    *,
    db: r.Database = None,
    common: o.Common = o.COMMON,
) -> None:
    """Write the whole journal to one file, from which everything can be restored; others may go on writing.

    Args:
        out: file to write, as registry.jsonl.gz.
    """
    begin = time.perf_counter()
    from vertebroplasty.registry.store.backup import backup as backup_to

    with r.opened(db) as registry:
        rows, head = backup_to(registry, out, overwrite=common.overwrite)
        r.written(
            "backup",
            registry,
            registry.name,
            {"journal": rows},
            begin=begin,
            common=common,
            files=[out.name],
            lines=[f"{out.name}: {counted(rows, 'row')} of the journal. Note the head elsewhere: {head}"],
        )


def restore(
    file: Path,
    /,
    *,
    db: r.Database = None,
    common: o.Common = o.COMMON,
) -> None:
    """Make a new registry from a backup and verify it; what is there already is never overwritten.

    Args:
        file: what `registry backup` wrote.
    """
    begin = time.perf_counter()
    from vertebroplasty.registry.store.backup import restore as restore_to

    found = restore_to(file, r.database(db))
    with r.opened(db) as registry:
        r.written(
            "restore",
            registry,
            registry.name,
            {"journal": found.rows},
            begin=begin,
            common=common,
            lines=[f"{registry.name}: {counted(found.records, 'record')} restored and verified. Head {found.head}"],
        )


def upgrade(*, db: r.Database = None, common: o.Common = o.COMMON) -> None:
    """Bring the tables of an older registry up to this program; back it up first."""
    begin = time.perf_counter()
    from vertebroplasty.registry.store.opening import upgrade_registry

    before, after = upgrade_registry(r.database(db))
    with r.opened(db) as registry:
        line = f"{registry.name}: tables {before} to {after}." if before != after else f"{registry.name} is up to date."
        r.written("upgrade", registry, registry.name, {}, begin=begin, common=common, lines=[line])
