"""Cases that lie in folders: a CT, its labels, and perhaps the patient's answers."""

import hmac
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from vertebroplasty.case.inputs import ScanRequest
from vertebroplasty.documents.patient import read_patient
from vertebroplasty.errors import VertebroplastyError

__all__ = ["CT_NAMES", "PATIENT", "SEG_NAMES", "STATED", "CaseFolder", "HowToRead", "found_in", "uploaded_in"]

CT_NAMES = ("ct.nii.gz", "ct.nii", "dicom", "ct")
SEG_NAMES = ("seg.nii.gz", "seg.nii", "seg.dcm", "seg")
PATIENT, STATED = "patient.json", "case.json"
MOST_CASES = 500  # [choice] in one folder
ID_DIGITS = 12  # [choice] of the hash that names a folder without telling its name


@dataclass(frozen=True, slots=True, kw_only=True)
class HowToRead:
    """What a user states about the images: label scheme, series, level confirmed, a tilted gantry resampled."""

    labels: str | None = None
    series: str | None = None
    confirm_level: str | None = None
    resample_tilt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFolder:
    """One case on disk; `levels` are those that its files name: the patient file's plan, or what an upload found."""

    id: str
    ct: Path
    seg: tuple[Path, ...]
    patient: Path | None
    pseudonym: str
    levels: tuple[str, ...]
    how: HowToRead

    def scan(self) -> ScanRequest:
        """What to read."""
        return ScanRequest(ct=self.ct, seg=self.seg, **asdict(self.how))


def found_in(folder: Path, key: bytes) -> list[CaseFolder]:
    """The cases of a folder that holds one folder a case, in the order of their names.

    What is no case, or may not be read, is passed over.  The server's `key` goes into the ids, as a folder may bear a
    patient's name, and a mere hash of a name is found by trying names.
    """
    inside = sorted(each for each in folder.iterdir() if each.is_dir() and not each.name.startswith("."))
    return [case for each in inside[:MOST_CASES] if (case := _readable(each, _hashed(each, key))) is not None]


def uploaded_in(folder: Path) -> list[CaseFolder]:
    """The uploads that are complete, the latest first; one that is deleted meanwhile is passed over."""
    if not folder.is_dir():
        return []
    inside = sorted((each for each in folder.iterdir() if (each / STATED).is_file()), key=_age, reverse=True)
    return [case for each in inside[:MOST_CASES] if (case := _readable(each, each.name)) is not None]


def _readable(folder: Path, case_id: str) -> CaseFolder | None:
    """A case; None where it was deleted meanwhile, or is closed to us."""
    try:
        return _case(folder, case_id)
    except OSError:
        return None


def _case(folder: Path, case_id: str) -> CaseFolder | None:
    ct = next((folder / name for name in CT_NAMES if (folder / name).exists()), None)
    seg = next((folder / name for name in SEG_NAMES if (folder / name).exists()), None)
    if ct is None or seg is None:
        return None
    file = folder / PATIENT
    patient = file if file.is_file() else None
    levels, how = _stated(folder / STATED)
    pseudonym, planned = _of_the_patient(patient)
    return CaseFolder(
        id=case_id,
        ct=ct,
        seg=(seg,) if seg.is_file() else tuple(sorted(seg.iterdir())),
        patient=patient,
        pseudonym=pseudonym,
        levels=levels or planned,
        how=how,
    )


def _of_the_patient(file: Path | None) -> tuple[str, tuple[str, ...]]:
    """Pseudonym and planned levels of a patient file; nothing where it cannot be read, which opening it will say."""
    if file is None:
        return "", ()
    try:
        patient = read_patient(file)
    except VertebroplastyError:
        return "", ()
    return patient.pseudonym or "", tuple(patient.planned.levels or ())


def _stated(file: Path) -> tuple[tuple[str, ...], HowToRead]:
    """The levels that were found in an upload, and how its images are to be read."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        how = HowToRead(**{name: found.get(name) for name in ("labels", "series", "confirm_level")})
        return tuple(found["levels"]), replace(how, resample_tilt=bool(found.get("resample_tilt")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return (), HowToRead()


def _hashed(folder: Path, key: bytes) -> str:
    return "f-" + hmac.new(key, str(folder.resolve()).encode(), "sha256").hexdigest()[:ID_DIGITS]


def _age(folder: Path) -> float:
    """When an upload was complete, 0 where it has just been deleted."""
    try:
        return (folder / STATED).stat().st_mtime
    except FileNotFoundError:
        return 0.0
