"""Names and patients of synthetic records: every id begins with SYNTHETIC, so that none passes for a real one."""

from vertebroplasty.registry.records import Patient
from vertebroplasty.selection.coded_values import Sex

__all__ = ["LEVEL_NAMES", "MARK", "patient", "procedure_id", "pseudonym"]

MARK = "SYNTHETIC"
LEVEL_NAMES = ("T12", "L1")  # technical: no founding document names its levels


def pseudonym(series: str, number: int) -> str:
    """The id of the patient of this number, counted from 1."""
    return f"{MARK}-{series}-{number:04d}"


def procedure_id(series: str, number: int) -> str:
    """The id of the procedure of this number, counted from 1 through the whole series."""
    return f"{MARK}-{series}-P{number:04d}"


def patient(series: str, number: int, sex: Sex | None = None) -> Patient:
    """A patient of whom only what the document prints is known."""
    return Patient(pseudonym=pseudonym(series, number), series=series, sex=sex)
