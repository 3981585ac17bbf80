"""One transaction that writes: every change goes into the journal first, then into the tables that are queried."""

import gc
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import sqlalchemy as sa

from vertebroplasty.errors import Refused
from vertebroplasty.registry.records import FollowUp, Patient, Procedure
from vertebroplasty.registry.rehearsals.record import Rehearsal
from vertebroplasty.registry.store import tables
from vertebroplasty.registry.store.bulk import among, insert_rows
from vertebroplasty.registry.store.journal import Action, in_utc, row_hash
from vertebroplasty.registry.store.projection import MAIN, Parent, Row, empty_rows, record_rows
from vertebroplasty.registry.store.record_text import Stored, checked
from vertebroplasty.registry.store.repeated_looks import repeated
from vertebroplasty.registry.store.series_record import Series

__all__ = ["Writer"]

LONGEST_REASON = 2000  # [choice] characters of who and why


def written(text: str | None, what: str) -> str:
    """A name or a reason that says something.

    Raises:
        Refused: it is empty, too long, or holds control characters.
    """
    if text is None or not text.strip():
        raise Refused(f"State {what}: the journal keeps it.", where=what)
    if len(text) > LONGEST_REASON or any(ord(sign) < ord(" ") for sign in text):
        raise Refused(f"Write {what} in one line of at most {LONGEST_REASON} characters.", where=what)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Refused(f"Write {what} in whole characters.", where=what) from None
    return text.strip()


@contextmanager
def resting_collector() -> Iterator[None]:
    """Nothing that is entered refers to itself, and looking for what does would take a fifth of the time."""
    was_at_work = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_at_work:
            gc.enable()


class Writer:
    """Adds to the journal and to the tables within the transaction of `connection`; `close` before the commit.

    Args:
        connection: has begun a transaction that no other writer can share.
        by: who writes.
        why: the reason; may be left out only where records are added.
    """

    def __init__(self, connection: sa.Connection, *, by: str, why: str | None) -> None:
        self.connection = connection
        self.by = written(by, "who writes")
        self.why = None if why is None else written(why, "why")
        head = sa.select(tables.journal_head.c.count, tables.journal_head.c.hash).with_for_update()
        self.count, self.hash = connection.execute(head).one()
        self.at = datetime.now(UTC)
        self.at_text = in_utc(self.at)
        self._journal: list[Row] = []

    def log(self, action: Action, kind: str, record_id: str, *, old: str | None, new: str | None) -> int:
        """Append a row to the journal and return its number."""
        self.count += 1
        previous, told = self.hash, (action.value, kind, record_id, self.why, old, new)
        self.hash = row_hash(previous, (self.count, self.at_text, self.by, *told))
        self._journal.append((self.count, self.at, self.by, *told, previous, self.hash))
        return self.count

    def flush(self) -> None:
        """Write the rows of the journal that wait."""
        insert_rows(self.connection, tables.journal, self._journal)
        self._journal.clear()

    def close(self) -> None:
        """Write what waits and the new head."""
        self.flush()
        self.connection.execute(tables.journal_head.update().values(count=self.count, hash=self.hash))

    def enter(self, records: Sequence[Stored], action: Action) -> None:
        """Add new records, parents before their children.

        Raises:
            Refused: a field is outside its limits, an id is there already, a patient or procedure is not.
        """
        with resting_collector():
            self._enter(records, action)

    def _enter(self, records: Sequence[Stored], action: Action) -> None:
        ready = [checked(record) for record in records]
        self.refuse_known([record for record, _ in ready])
        parents = self.parents([record for record, _ in ready])
        known = set(parents.procedures)
        rows = empty_rows()
        for record, text in ready:
            parent = parents.of(record)
            seq = self.log(action, record.kind, record.record_id, old=None, new=text)
            record_rows(record, parent, (1, seq, self.at, self.by, None, None, False), rows)
            parents.learn(record, parent)
        rows[tables.repeated_look] = repeated(self.connection, rows[tables.follow_up], known)
        self.flush()
        for table, waiting in rows.items():
            insert_rows(self.connection, table, waiting)

    def refuse_known(self, records: Sequence[Stored]) -> None:
        """Refuse ids that are there already, or twice among the new ones."""
        ids: dict[str, list[str]] = {}
        for record in records:
            ids.setdefault(record.kind, []).append(record.record_id)
        for kind, new in ids.items():
            known = self.known(kind, new)
            twice = known or {name for name, times in Counter(new).items() if times > 1}
            if twice:
                name = min(twice)
                raise Refused(f"There is a {kind} {name} already: amend that one or take another id.", where=name)
        self.refuse_known_logs([record for record in records if isinstance(record, Rehearsal)])

    def refuse_known_logs(self, records: Sequence[Rehearsal]) -> None:
        """Refuse rehearsals whose log is kept already, or comes twice."""
        log = tables.rehearsal.c.log_sha256
        seen = set()
        if records:
            query = sa.select(log).where(among(self.connection, log, (record.log_sha256 for record in records)))
            seen = set(self.connection.scalars(query))
        for record in records:
            if record.log_sha256 in seen:
                message = f"The log of the rehearsal {record.rehearsal_id} is kept already: a rehearsal counts once."
                raise Refused(message, where=record.rehearsal_id)
            seen.add(record.log_sha256)

    def known(self, kind: str, ids: Iterable[str]) -> set[str]:
        """Those of the ids that the registry holds."""
        key = next(iter(MAIN[kind].primary_key))
        return set(self.connection.scalars(sa.select(key).where(among(self.connection, key, ids))))

    def parents(self, records: Sequence[Stored]) -> "Parents":
        """What the tables hold of the patients and procedures that these records name."""
        found = Parents()
        patients = {record.patient for record in records if isinstance(record, Procedure)}
        procedures = {record.procedure for record in records if isinstance(record, FollowUp)}
        series = {record.series for record in records if isinstance(record, Patient)}
        if series:
            found.series = self.known("series", series)
        if patients:
            own = tables.patient.c
            for name, of in self.connection.execute(
                sa.select(own.pseudonym, own.series).where(among(self.connection, own.pseudonym, patients))
            ):
                found.patients[name] = Parent(name, of)
        if procedures:
            done = tables.procedure.c
            for name, *rest in self.connection.execute(
                sa.select(done.procedure_id, done.patient, done.series, done.performed_on).where(
                    among(self.connection, done.procedure_id, procedures)
                )
            ):
                found.procedures[name] = Parent(*rest)
        return found


class Parents:
    """The series, patients and procedures that new records may belong to."""

    def __init__(self) -> None:
        self.series: set[str] = set()
        self.patients: dict[str, Parent] = {}
        self.procedures: dict[str, Parent] = {}

    def of(self, record: Stored) -> Parent | None:
        """What a new record takes over from the one it belongs to.

        Raises:
            Refused: that one is not in the registry.
        """
        if isinstance(record, FollowUp):
            found, missing = self.procedures.get(record.procedure), f"procedure {record.procedure}"
        elif isinstance(record, Procedure):
            found, missing = self.patients.get(record.patient), f"patient {record.patient}"
        elif isinstance(record, Patient):
            known = record.series in self.series
            found, missing = Parent(record.pseudonym, record.series) if known else None, f"series {record.series}"
        else:
            return None
        if found is None:
            message = (
                f"The {record.kind} {record.record_id} belongs to the {missing}, not in the registry: add that first."
            )
            raise Refused(message, where=record.record_id)
        return found

    def learn(self, record: Stored, parent: Parent | None) -> None:
        """A new record may have children in turn."""
        if isinstance(record, FollowUp):
            return
        if isinstance(record, Series):
            self.series.add(record.name)
        elif parent is not None and isinstance(record, Patient):
            self.patients[record.pseudonym] = parent
        elif parent is not None and isinstance(record, Procedure):
            self.procedures[record.procedure_id] = Parent(record.patient, parent.series, record.performed_on)
