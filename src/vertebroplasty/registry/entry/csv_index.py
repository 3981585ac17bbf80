"""What the earlier rows of a table held, for comparison with later ones; on disk, so that memory stays small."""

import sqlite3
from collections.abc import Sequence
from datetime import date

from vertebroplasty.registry.entry.double_entry import Treated
from vertebroplasty.registry.entry.reading import adapter
from vertebroplasty.registry.records import FollowUp, Patient

__all__ = ["FileIndex"]

MADE = """
CREATE TABLE patient (pseudonym TEXT PRIMARY KEY, text BLOB) WITHOUT ROWID;
CREATE TABLE procedure (id TEXT PRIMARY KEY, row INTEGER, patient TEXT, day INTEGER, levels TEXT) WITHOUT ROWID;
CREATE INDEX of_patient ON procedure (patient);
CREATE TABLE follow_up (id TEXT PRIMARY KEY, row INTEGER, patient TEXT, text BLOB) WITHOUT ROWID;
CREATE INDEX follow_up_of ON follow_up (patient);
"""


FILTER_BITS = 1 << 28  # [choice] 32 MiB, of which small tables touch little; a million ids collide in under 1 %


class FileIndex:
    """The records of earlier rows; a private database without a name, gone when it is closed.

    Most ids are new: a bit for each one seen answers that without asking the database.
    """

    def __init__(self) -> None:
        self._seen = bytearray(FILTER_BITS // 8)
        self._database = sqlite3.connect("")  # an empty name: a temporary file that SQLite removes itself
        self._database.executescript(MADE)
        self._patients, self._follow_ups = adapter(Patient), adapter(FollowUp)

    def close(self) -> None:
        """Let go of the temporary file."""
        self._database.close()

    def patient(self, pseudonym: str) -> Patient | None:
        """The patient as an earlier row gave it."""
        if not self._perhaps(f"patient {pseudonym}"):
            return None
        found = self._one("SELECT text FROM patient WHERE pseudonym = ?", pseudonym)
        return None if found is None else self._patients.validate_json(found[0])

    def add_patient(self, patient: Patient) -> None:
        """Remember a patient."""
        self._mark(f"patient {patient.pseudonym}")
        text = self._patients.dump_json(patient, exclude_none=True)
        self._database.execute("INSERT INTO patient VALUES (?, ?)", (patient.pseudonym, text))

    def row_of(self, kind: str, record_id: str) -> int | None:
        """The row in which a procedure or follow-up began."""
        if not self._perhaps(f"{kind} {record_id}"):
            return None
        table = "procedure" if kind == "procedure" else "follow_up"
        found = self._one(f"SELECT row FROM {table} WHERE id = ?", record_id)
        return None if found is None else int(found[0])

    def treated(self, patient: str) -> list[Treated]:
        """What earlier rows say was done to a patient."""
        if not self._perhaps(f"treated {patient}"):
            return []
        query = "SELECT id, patient, day, levels FROM procedure WHERE patient = ?"
        return [
            Treated(name, who, None if day is None else date.fromordinal(day), tuple(levels.split()))
            for name, who, day, levels in self._database.execute(query, (patient,))
        ]

    def add_procedure(self, row: int, done: Treated) -> None:
        """Remember a procedure."""
        self._mark(f"procedure {done.procedure_id}")
        self._mark(f"treated {done.patient}")
        day = None if done.performed_on is None else done.performed_on.toordinal()
        values = (done.procedure_id, row, done.patient, day, " ".join(done.levels))
        self._database.execute("INSERT INTO procedure VALUES (?, ?, ?, ?, ?)", values)

    def follow_ups(self, patient: str) -> list[FollowUp]:
        """The follow-ups that earlier rows hold of a patient."""
        if not self._perhaps(f"followed {patient}"):
            return []
        query = "SELECT text FROM follow_up WHERE patient = ?"
        return [self._follow_ups.validate_json(text) for (text,) in self._database.execute(query, (patient,))]

    def add_follow_up(self, row: int, patient: str, follow_up: FollowUp) -> None:
        """Remember a follow-up."""
        self._mark(f"follow-up {follow_up.follow_up_id}")
        self._mark(f"followed {patient}")
        text = self._follow_ups.dump_json(follow_up, exclude_none=True)
        self._database.execute(
            "INSERT INTO follow_up VALUES (?, ?, ?, ?)", (follow_up.follow_up_id, row, patient, text)
        )

    def _perhaps(self, name: str) -> bool:
        """Whether an earlier row may have marked the name; false is certain."""
        bit = hash(name) % FILTER_BITS
        return bool(self._seen[bit >> 3] & (1 << (bit & 7)))

    def _mark(self, name: str) -> None:
        bit = hash(name) % FILTER_BITS
        self._seen[bit >> 3] |= 1 << (bit & 7)

    def _one(self, query: str, value: str) -> Sequence[bytes] | None:
        found: Sequence[bytes] | None = self._database.execute(query, (value,)).fetchone()
        return found
