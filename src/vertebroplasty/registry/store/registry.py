"""The registry: records are added, amended, signed and locked; every change is in its journal."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from types import TracebackType
from typing import Self

import sqlalchemy as sa

from vertebroplasty.registry.store import changing, database, looking
from vertebroplasty.registry.store.entries import Entry, PatientPage, Verification
from vertebroplasty.registry.store.journal import Action, JournalRow
from vertebroplasty.registry.store.record_text import Stored
from vertebroplasty.registry.store.refusals import explained
from vertebroplasty.registry.store.verifying import verification
from vertebroplasty.registry.store.writer import Writer

__all__ = ["Registry"]

CHUNK = 4000  # [choice] records checked and inserted at a time


class Registry:
    """An open registry; closed at the end of its `with`.

    `by` is who acts and `why` the reason; both go into the journal.  Every method raises `Refused` with one sentence
    where the disk is full, the file read-only or in use, the server away, or the record not as it must be.

    Attributes:
        name: the registry for the eyes: the file, or host and database; never a password.
    """

    def __init__(self, engine: sa.Engine, *, name: str) -> None:
        self._engine = engine
        self.name = name

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file or server."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection for queries on `registry.tables` that sees one state from first to last."""
        with explained(self.name), database.reading(self._engine) as connection:
            yield connection

    @contextmanager
    def _writer(self, by: str, why: str | None) -> Iterator[Writer]:
        with explained(self.name), database.writing(self._engine) as connection:
            writer = Writer(connection, by=by, why=why)
            yield writer
            writer.close()

    def add(self, record: Stored, *, by: str, why: str | None = None) -> None:
        """Add a new series, patient, procedure or follow-up.

        Raises:
            Refused: a field is outside its limits, the id is there already, its patient or procedure is not.
        """
        with self._writer(by, why) as writer:
            writer.enter([record], Action.ADD)

    def add_many(self, records: Iterable[Stored], *, by: str, why: str | None = None) -> int:
        """Import records, parents before their children: all of them, or none.

        Returns:
            How many.

        Raises:
            Refused: as `add`, for the first record that cannot be kept.
        """
        stream, count = iter(records), 0
        with self._writer(by, why) as writer:
            while chunk := list(islice(stream, CHUNK)):
                writer.enter(chunk, Action.IMPORT)
                count += len(chunk)
        if count > CHUNK:
            database.settle(self._engine)
        return count

    def amend(self, kind: str, record_id: str, changes: Mapping[str, object] | Stored, *, by: str, why: str) -> None:
        """Amend a record by its fields (a list as a whole, null for unknown) or by a whole new record of the same id.

        Raises:
            Refused: no reason, no such record, it is locked, nothing changes, its id or series would, a field is wrong.
        """
        with self._writer(by, why) as writer:
            changing.amend(writer, kind, record_id, changes)

    def sign(self, kind: str, record_id: str, *, by: str, meaning: str) -> None:
        """Sign the present version of a record, as "entered from the operation report"; an amendment ends it.

        Raises:
            Refused: no such record, or signed by the same already.
        """
        with self._writer(by, None) as writer:
            changing.sign(writer, kind, record_id, meaning)

    def lock(self, kind: str, record_id: str, *, by: str, why: str) -> None:
        """Close a record to amendments.

        Raises:
            Refused: no reason, no such record, or locked already.
        """
        with self._writer(by, why) as writer:
            changing.lock(writer, kind, record_id)

    def unlock(self, kind: str, record_id: str, *, by: str, why: str) -> None:
        """Open a locked record to amendments.

        Raises:
            Refused: no reason, no such record, or not locked.
        """
        with self._writer(by, why) as writer:
            changing.unlock(writer, kind, record_id)

    def get(self, kind: str, record_id: str) -> Entry:
        """A record as it stands.

        Raises:
            Refused: there is no such record.
        """
        with self.reading() as connection:
            return looking.one(connection, kind, record_id)

    def find(
        self, kind: str, *, series: str | None = None, limit: int = 100, after: str | None = None
    ) -> tuple[Entry, ...]:
        """A page of records in the order of their ids; the next page comes `after` the last id of this one."""
        with self.reading() as connection:
            return looking.find(connection, kind, series=series, limit=limit, after=after)

    def patient_page(self, pseudonym: str) -> PatientPage:
        """A patient with every procedure and follow-up.

        Raises:
            Refused: there is no such patient.
        """
        with self.reading() as connection:
            return looking.page_of(connection, pseudonym)

    def history(self, kind: str, record_id: str) -> tuple[JournalRow, ...]:
        """Everything that happened to a record, the oldest first.

        Raises:
            Refused: there is no such record.
        """
        with self.reading() as connection:
            return looking.history(connection, kind, record_id)

    def journal(self, *, after: int = 0) -> Iterator[JournalRow]:
        """The journal, row by row, from the one after this number on."""
        with self.reading() as connection:
            yield from looking.journal_rows(connection, after=after)

    def head(self) -> tuple[int, str]:
        """How many rows the journal has, and the hash of the last: note it where nobody can change it."""
        with self.reading() as connection:
            return looking.head(connection)

    def verify(self, *, head: str | None = None) -> Verification:
        """Recompute the chain, rebuild every record from the journal, and compare with the tables.

        Args:
            head: a hash of the head that was noted before; it has to be in the journal.
        """
        with self.reading() as connection:
            return verification(connection, noted=head)
