"""What a registry already holds of the patients and procedures that new records name, asked for many at a time."""

from collections import defaultdict
from collections.abc import Collection

import sqlalchemy as sa

from vertebroplasty.registry.entry.double_entry import Treated
from vertebroplasty.registry.records import FollowUp, Patient, Procedure
from vertebroplasty.registry.store import tables
from vertebroplasty.registry.store.looking import entries

__all__ = ["Kept"]


class Kept:
    """The records of a registry as one connection sees them.

    Args:
        connection: from `Registry.reading()`; it has to stay open.
    """

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def patients(self, pseudonyms: Collection[str]) -> dict[str, Patient]:
        """Those of the patients that are there."""
        found = entries(self._connection, "patient", tables.patient.c.pseudonym.in_(sorted(pseudonyms)))
        return {entry.record.pseudonym: entry.record for entry in found}

    def series(self, pseudonyms: Collection[str]) -> dict[str, str]:
        """The series of those of the patients that are there."""
        own = tables.patient.c
        query = sa.select(own.pseudonym, own.series).where(own.pseudonym.in_(sorted(pseudonyms)))
        return {row.pseudonym: row.series for row in self._connection.execute(query)}

    def ids(self, kind: str, ids: Collection[str]) -> set[str]:
        """Those of the ids of procedures or follow-ups that are there."""
        key = tables.procedure.c.procedure_id if kind == "procedure" else tables.follow_up.c.follow_up_id
        return set(self._connection.scalars(sa.select(key).where(key.in_(sorted(ids)))))

    def procedures(self, ids: Collection[str]) -> dict[str, Procedure]:
        """Those of the procedures that are there."""
        found = entries(self._connection, "procedure", tables.procedure.c.procedure_id.in_(sorted(ids)))
        return {entry.record.procedure_id: entry.record for entry in found}

    def treated(self, pseudonyms: Collection[str]) -> dict[str, list[Treated]]:
        """What was done to each of the patients: day and levels of every procedure."""
        done, level = tables.procedure.c, tables.treated_level.c
        query = (
            sa.select(done.procedure_id, done.patient, done.performed_on, level.level)
            .join(tables.treated_level, level.procedure == done.procedure_id)
            .where(done.patient.in_(sorted(pseudonyms)))
            .order_by(done.procedure_id, level.position)
        )
        levels: dict[str, list[str]] = defaultdict(list)
        days = {}
        for procedure_id, patient, performed_on, name in self._connection.execute(query):
            levels[procedure_id].append(name)
            days[procedure_id] = (patient, performed_on)
        found: dict[str, list[Treated]] = defaultdict(list)
        for procedure_id, (patient, performed_on) in days.items():
            found[patient].append(Treated(procedure_id, patient, performed_on, tuple(levels[procedure_id])))
        return found

    def follow_ups(self, pseudonyms: Collection[str]) -> dict[str, list[FollowUp]]:
        """Every follow-up of each of the patients, by the patient."""
        own = tables.follow_up.c
        where = own.patient.in_(sorted(pseudonyms))
        owners = self._connection.execute(sa.select(own.follow_up_id, own.patient).where(where))
        of = {row.follow_up_id: row.patient for row in owners}
        found: dict[str, list[FollowUp]] = defaultdict(list)
        for entry in entries(self._connection, "follow-up", where):
            found[of[entry.record.follow_up_id]].append(entry.record)
        return found
