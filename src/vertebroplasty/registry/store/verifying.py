"""`verify`: the chain of the journal recomputed, every record rebuilt from it and compared with the tables."""

from collections.abc import Iterator

import sqlalchemy as sa

from vertebroplasty.errors import Refused
from vertebroplasty.registry.store import looking, tables
from vertebroplasty.registry.store.bulk import among
from vertebroplasty.registry.store.entries import Problem, Verification
from vertebroplasty.registry.store.journal import FIRST_HASH, JournalRow
from vertebroplasty.registry.store.projection import MAIN, Row, empty_rows, record_rows
from vertebroplasty.registry.store.rebuilding import FIRST_CONTENT, content, lists_of, parent_of, parents, rebuilt
from vertebroplasty.registry.store.record_text import KINDS
from vertebroplasty.registry.store.repeated_looks import wrongly_listed

__all__ = ["verification"]

PAGE = 2000  # [choice] records compared at a time


def verification(connection: sa.Connection, *, noted: str | None) -> Verification:
    """Check a registry whole.

    Args:
        connection: sees one state of the registry.
        noted: a hash of the head that was noted before, or none.
    """
    problems: list[Problem] = []
    rows, last = check_chain(connection, noted, problems)
    records = 0
    for kind in MAIN:
        for page in pages(connection, kind):
            records += len(page)
            problems += compare(connection, kind, page)
        problems += missing(connection, kind)
    problems += strays(connection)
    for name in sorted(set(wrongly_listed(connection))):
        what = f"The follow-up {name} differs from the journal in repeated_look."
        problems.append(Problem(kind="follow-up", record_id=name, seq=None, what=what))
    return Verification(rows=rows, records=records, head=last, problems=tuple(problems))


def check_chain(connection: sa.Connection, noted: str | None, problems: list[Problem]) -> tuple[int, str]:
    """Recompute every hash; the number of rows, and the hash of the last."""
    previous: JournalRow | None = None
    last, count, seen = FIRST_HASH, 0, noted is None or noted == FIRST_HASH
    for row in looking.journal_rows(connection):
        count += 1
        expected = 1 if previous is None else previous.seq + 1
        named = f"row {row.seq} of the journal ({row.action} {row.kind} {row.record_id})"
        if row.seq != expected:
            problems.append(problem(row, f"Before {named}, rows {expected} to {row.seq - 1} are missing."))
        elif row.previous_hash != last:
            before = f", {previous.action} {previous.kind} {previous.record_id}," if previous else ""
            problems.append(problem(row, f"The hash of the row before{before} is not the one that {named} follows."))
        if row.recomputed_hash() != row.hash:
            problems.append(problem(row, f"What stands in {named} is not what was hashed."))
        last, previous = row.hash, row
        seen = seen or row.hash == noted
    head_count, head_hash = looking.head(connection)
    if (head_count, head_hash) != (previous.seq if previous else 0, last):
        end = f"{previous.action} {previous.kind} {previous.record_id}" if previous else "nothing"
        what = f"The head counts {head_count} rows, the journal ends at {previous.seq if previous else 0} ({end})."
        problems.append(Problem(kind="journal", record_id="head", seq=head_count, what=what))
    if not seen:
        what = f"The noted head {noted} is nowhere in the journal: it was cut or rewritten."
        problems.append(Problem(kind="journal", record_id="head", seq=None, what=what))
    return count, last


def problem(row: JournalRow, what: str) -> Problem:
    """A problem of the record that a row of the journal concerns."""
    return Problem(kind=row.kind, record_id=row.record_id, seq=row.seq, what=what)


def pages(connection: sa.Connection, kind: str) -> Iterator[dict[str, Row]]:
    """The rows of a kind's own table by their ids, page by page."""
    table = MAIN[kind]
    key = next(iter(table.primary_key))
    after = ""
    while True:
        query = sa.select(table).where(key > after).order_by(key).limit(PAGE)
        page = {row._mapping[key]: tuple(row) for row in connection.execute(query)}
        if page:
            yield page
        if len(page) < PAGE:
            return
        after = next(reversed(page))


def compare(connection: sa.Connection, kind: str, page: dict[str, Row]) -> Iterator[Problem]:
    """What differs between the tables and the journal for these records."""
    entries = rebuilt(connection, kind, list(page))
    records, states = {}, {}
    for name in page:
        if name not in entries:
            what = f"The {kind} {name} is in the tables, but the journal never added it."
            yield Problem(kind=kind, record_id=name, seq=None, what=what)
            continue
        row, states[name] = entries[name]
        try:
            records[name] = content(row)
        except Refused as error:
            yield problem(row, f"The journal's text of the {kind} {name} is no record: {error.message}")
    of = parents(connection, kind, list(records.values()))
    held = {table: owned(connection, kind, table, owner, list(page)) for table, owner in lists_of(kind)}
    for name, record in records.items():
        rows = empty_rows()
        parent = parent_of(record, of)
        if parent is None and kind in ("procedure", "follow-up"):
            what = f"The {kind} {name} belongs to a record that the journal does not hold."
            yield Problem(kind=kind, record_id=name, seq=states[name][1], what=what)
            continue
        record_rows(record, parent, states[name], rows)
        yield from differences(kind, name, MAIN[kind], rows[MAIN[kind]], [page[name]])
        for table, _ in lists_of(kind):
            yield from differences(kind, name, table, rows[table], held[table].get(name, []))


def owned(connection: sa.Connection, kind: str, table: sa.Table, owner: str, ids: list[str]) -> dict[str, list[Row]]:
    """The rows of a list's table by the record they belong to."""
    query = sa.select(table).where(among(connection, table.c[owner], ids)).order_by(*table.primary_key)
    if table is tables.adverse_event:
        query = query.where(table.c.owner_kind == kind)
    found: dict[str, list[Row]] = {}
    for row in connection.execute(query):
        found.setdefault(row._mapping[table.c[owner]], []).append(tuple(row))
    return found


def differences(kind: str, name: str, table: sa.Table, expected: list[Row], held: list[Row]) -> Iterator[Problem]:
    """Where the rows of a table are not those that the journal tells."""
    if len(expected) != len(held):
        what = f"The {kind} {name} has {len(held)} rows in {table.name}, by the journal {len(expected)}."
        yield Problem(kind=kind, record_id=name, seq=None, what=what)
        return
    for wanted, found in zip(expected, held, strict=True):
        if wanted != found:
            columns = [c.name for c, a, b in zip(table.columns, wanted, found, strict=True) if a != b]
            what = f"The {kind} {name} differs from the journal in {table.name}: {', '.join(columns)}."
            yield Problem(kind=kind, record_id=name, seq=None, what=what)


def missing(connection: sa.Connection, kind: str) -> Iterator[Problem]:
    """Records that the journal added and the tables lack."""
    own, table = tables.journal.c, MAIN[kind]
    key = next(iter(table.primary_key))
    query = (
        sa.select(own.seq, own.record_id)
        .outerjoin(table, key == own.record_id)
        .where(own.kind == kind, own.action.in_(FIRST_CONTENT), key.is_(None))
        .order_by(own.seq)
    )
    for seq, name in connection.execute(query):
        what = f"The {kind} {name} is in the journal, but missing from the tables."
        yield Problem(kind=kind, record_id=name, seq=seq, what=what)


def strays(connection: sa.Connection) -> Iterator[Problem]:
    """Rows of lists that belong to no record, and rows of the journal of no kind."""
    for kind in MAIN:
        main = MAIN[kind]
        key = next(iter(main.primary_key))
        for table, owner in lists_of(kind):
            own = table.c[owner]
            query = sa.select(own).distinct().outerjoin(main, key == own).where(key.is_(None))
            if table is tables.adverse_event:
                query = query.where(table.c.owner_kind == kind)
            for (name,) in connection.execute(query):
                what = f"Rows in {table.name} belong to the {kind} {name}, which is not there."
                yield Problem(kind=kind, record_id=name, seq=None, what=what)
    row = tables.journal.c
    unknown = sa.select(row.seq, row.kind, row.record_id).where(row.kind.not_in(list(KINDS)))
    for seq, kind, name in connection.execute(unknown):
        yield Problem(kind=kind, record_id=name, seq=seq, what=f"Row {seq} of the journal is of no known kind.")
