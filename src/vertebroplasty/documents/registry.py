"""The documents of the registry's commands: what was written, what is kept, who is due, whether it is intact."""

from typing import Any

from pydantic import Field

from vertebroplasty.documents.common import Document, Number, Part

__all__ = [
    "CommandDocument",
    "DueEntry",
    "ListDocument",
    "ListEntry",
    "LostEntry",
    "RecordDocument",
    "RegistryDueDocument",
    "RehearsalEntry",
    "RehearsalsDocument",
    "StateEntry",
    "VerifyDocument",
    "WrittenDocument",
]


class CommandDocument(Document):
    """What all of them have."""

    registry: str = Field(description="The registry: name of the file, or host and database; never a password.")


class WrittenDocument(CommandDocument):
    """What `init`, `add`, `import`, `import-series`, `amend`, `follow-up`, `export`, `backup` and `restore` answer."""

    records: dict[str, int] = Field(description="How many records of each kind were written.")
    rows_read: int | None = Field(description="Rows read from a table; null without one.")
    rows_refused: int | None = Field(description="Rows that were not written; null without a table.")
    written: bool = Field(description="False for a dry run.")
    files: list[str] = Field(description="Names of the files that were written.")
    head: str | None = Field(description="Hash of the journal's last row: note it elsewhere; null where none changed.")


class StateEntry(Part):
    """The state of a record."""

    version: int = Field(description="1, and one more for each amendment.")
    entered_at: str = Field(description="When this version was entered, UTC.")
    entered_by: str = Field(description="Who entered this version.")
    signed_by: str | None = Field(description="Who signed this version; null if nobody did.")
    locked: bool = Field(description="Whether the record is closed to amendments.")


class ListEntry(Part):
    """One record in a list."""

    kind: str = Field(description="patient, procedure, follow-up or rehearsal.")
    id: str = Field(description="Id of the record.")
    patient: str | None = Field(description="Pseudonym of the patient; null for a rehearsal, which has none.")
    day: str | None = Field(description="Day of the procedure or follow-up; null for a patient or where it is unknown.")
    what: str = Field(description="The record in a few words.")
    state: StateEntry = Field(description="Version, author, signature, lock.")


class ListDocument(CommandDocument):
    """What `registry list` answers."""

    records: list[ListEntry] = Field(description="The records in the order of their ids.")
    next_after: str | None = Field(description="Give this to --after for the next page; null at the end.")


class RecordDocument(CommandDocument):
    """What `registry show` answers."""

    record: dict[str, Any] = Field(description="The record as it stands.")
    state: StateEntry = Field(description="Version, author, signature, lock.")
    belonging: list[ListEntry] = Field(description="Of a patient: the procedures and follow-ups.")
    history: list[dict[str, Any]] = Field(description="Rows of the journal about this record, the oldest first.")


class DueEntry(Part):
    """One look that is waited for."""

    procedure: str = Field(description="Id of the procedure.")
    patient: str = Field(description="Pseudonym of the patient.")
    window: str = Field(description="Window of the schedule, as 1mo.")
    target_on: str = Field(description="Day aimed at.")
    first_on: str = Field(description="First day that counts.")
    last_on: str = Field(description="Last day that counts.")


class LostEntry(Part):
    """One patient lost to follow-up."""

    procedure: str = Field(description="Id of the procedure.")
    patient: str = Field(description="Pseudonym of the patient.")
    last_seen_on: str | None = Field(description="Day the patient was last seen after it; null if never.")
    because: str = Field(description="Why the patient counts as lost.")


class RegistryDueDocument(CommandDocument):
    """What `registry due` answers."""

    on: str = Field(description="The day asked about.")
    due: list[DueEntry] = Field(description="Windows open on that day in which nobody saw the patient yet.")
    overdue: list[DueEntry] = Field(description="Windows that closed unseen.")
    lost: list[LostEntry] = Field(description="Patients lost to follow-up; neither due nor overdue.")


class RehearsalEntry(Part):
    """One rehearsal of the operator asked for."""

    id: str = Field(description="Id of the rehearsal.")
    ended_at: str = Field(description="When it ended, UTC.")
    case: str = Field(description="Name of the built-in case; own for a CT of the department's.")
    level: str = Field(description="Level.")
    guided: bool | None = Field(description="Whether leaks that a picture showed were told; null where not known.")
    selection: Number = Field(description="Selection, 0 to 1; null where it could not be judged.")
    placement: Number = Field(description="Placement, 0 to 1; null where it could not be judged.")
    timing: Number = Field(description="Timing, 0 to 1; null where it could not be judged.")
    fluoroscopy: Number = Field(description="Fluoroscopy, 0 to 1; null where it could not be judged.")
    outcome: Number = Field(description="Outcome, 0 to 1; null where it could not be judged.")
    stop_delay_s: Number = Field(description="Seconds from a leak that asks for a stop to the stop; null without one.")


class RehearsalsDocument(CommandDocument):
    """What `registry rehearsals` answers, for the operator's own eyes."""

    operator: str = Field(description="Pseudonym of the operator.")
    rehearsals: list[RehearsalEntry] = Field(description="The operator's rehearsals, oldest first.")
    cusum: dict[str, Any] | None = Field(description="The CUSUM of leaks driven on; null where none was asked for.")


class VerifyDocument(CommandDocument):
    """What `registry verify` answers."""

    intact: bool = Field(
        description="Always true: a registry that is not intact ends in an error that names the records."
    )
    journal_rows: int = Field(description="Rows of the journal that were recomputed.")
    records_checked: int = Field(description="Records that were rebuilt from the journal and compared.")
    head: str = Field(description="Hash of the journal's last row.")
