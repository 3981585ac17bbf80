"""The same procedure entered twice: the same patient, the same day or the next, the same levels."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from vertebroplasty.registry.entry.finding import Finding, error, warning
from vertebroplasty.registry.records import Procedure

__all__ = ["Treated", "double_entry", "treated"]

SAME_DAY = timedelta(days=1)  # one day apart still counts: a night procedure, a slip of the pen


@dataclass(frozen=True, slots=True)
class Treated:
    """What tells one procedure from another: who, when, which levels."""

    procedure_id: str
    patient: str
    performed_on: date | None
    levels: tuple[str, ...]


def treated(procedure: Procedure) -> Treated:
    """What tells a procedure from another."""
    levels = tuple(level.level for level in procedure.levels)
    return Treated(procedure.procedure_id, procedure.patient, procedure.performed_on, levels)


def double_entry(
    new: Treated, existing: Iterable[Treated], *, not_a_duplicate_because: str | None = None
) -> tuple[Finding, ...]:
    """An error for each procedure that seems to be this one, a warning for each earlier or later one at its levels.

    Args:
        new: the procedure to be entered.
        existing: procedures that are kept; those of other patients are passed over.
        not_a_duplicate_because: why it is another procedure all the same; turns the errors into warnings.
    """
    found = []
    for other in existing:
        if other.patient != new.patient or other.procedure_id == new.procedure_id:
            continue
        shared = [level for level in other.levels if level in new.levels]
        if not shared or other.performed_on is None or new.performed_on is None:
            continue
        named, day = " and ".join(shared), other.performed_on.isoformat()
        if abs(other.performed_on - new.performed_on) > SAME_DAY:
            when = "earlier" if other.performed_on < new.performed_on else "later"
            told = f"{named} of this patient was treated {when} too, on {day} ({other.procedure_id})."
            found.append(warning("levels", told))
        elif not_a_duplicate_because:
            told = f"{other.procedure_id} treated {named} on {day}; not a duplicate: {not_a_duplicate_because}"
            found.append(warning("procedure_id", told))
        else:
            found.append(
                error(
                    "procedure_id",
                    f"{other.procedure_id} treated {named} of the same patient on {day}: this seems to be the same "
                    "procedure; if not, enter it with --not-a-duplicate and the reason.",
                )
            )
    return tuple(found)
