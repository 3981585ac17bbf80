"""An upload: files are received one by one under names of ours, looked at in a job, and become a case when complete."""

import json
import secrets
import shutil
from collections.abc import AsyncIterator
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path

from starlette.concurrency import run_in_threadpool

from vertebroplasty.case.inputs import ScanRequest, open_spine
from vertebroplasty.case.opened import Stage
from vertebroplasty.documents.patient import read_patient
from vertebroplasty.errors import Refused
from vertebroplasty.files import write_whole_text
from vertebroplasty.files.free_space import full_disk_said
from vertebroplasty.web.cases.folders import CT_NAMES, PATIENT, SEG_NAMES, STATED, HowToRead
from vertebroplasty.web.cases.unfinished import MOST_UNFINISHED, Room, in_steps, remove_oldest
from vertebroplasty.web.safety import NotFound
from vertebroplasty.web.safety.zip_contents import ZipLimits, unpack

__all__ = ["RAW", "Part", "begin", "discarded", "looked_at", "received", "replace_patient", "uploaded_folder"]

RAW, ARRIVING = "received-", "arriving-"
HEAD_BYTES = 352  # [exact] of a NIfTI-1 file, with its magic at the end
KINDS = {"gzip": ".nii.gz", "nifti": ".nii", "dicom": ".dcm", "zip": ".zip"}
NOT_AN_IMAGE = "That is neither NIfTI (.nii, .nii.gz), nor a zip of DICOM, nor a DICOM file: choose another file."
NO_SUCH_UPLOAD = "There is no such upload: begin again."


class Part(StrEnum):
    """The files of a case."""

    CT = "ct"
    SEG = "seg"
    PATIENT = "patient"


def begin(uploads: Path, *, coming_bytes: int = 0, in_use: frozenset[str] = frozenset()) -> str:
    """Begin an upload of so many bytes; its id.  The oldest of too many unfinished ones go, but none that is in use.

    Raises:
        DiskFull: there is no room for it.
    """
    with full_disk_said():
        uploads.mkdir(parents=True, exist_ok=True)
        remove_oldest(uploads, MOST_UNFINISHED - 1, in_use=in_use)
        Room(uploads=uploads, kept=in_use)(coming_bytes)
        upload_id = f"u-{secrets.token_hex(8)}"
        (uploads / upload_id).mkdir(mode=0o700)
    return upload_id


def uploaded_folder(uploads: Path, upload_id: str, *, complete: bool) -> Path:
    """The folder of an upload that has begun, or is complete.

    Raises:
        NotFound: there is none; the id is compared with the folders there are, and never made into a path.
    """
    for folder in uploads.iterdir() if uploads.is_dir() else ():
        if folder.name == upload_id and (folder / STATED).is_file() == complete:
            return folder
    raise NotFound(NO_SUCH_UPLOAD, where="upload")


async def received(folder: Path, part: Part, chunks: AsyncIterator[bytes], room: Room) -> None:
    """Write what arrives to a file of ours, which is there when all of it is; one sent before is replaced by it.

    Raises:
        NotFound: the upload was thrown away meanwhile.
        DiskFull: there is no room for it.
    """
    arriving, ask = folder / f"{ARRIVING}{part.value}", in_steps(room)

    def write(chunk: bytes) -> None:
        ask(len(chunk))
        stream.write(chunk)

    try:
        with full_disk_said():
            with await run_in_threadpool(arriving.open, "wb") as stream:
                async for chunk in chunks:
                    await run_in_threadpool(write, chunk)
            arriving.replace(folder / f"{RAW}{part.value}")
    except FileNotFoundError:
        raise NotFound(NO_SUCH_UPLOAD, where="upload") from None
    finally:
        arriving.unlink(missing_ok=True)


def looked_at(stage: Stage, folder: Path, how: HowToRead, room: Room) -> tuple[str, ...]:
    """Unpack and read what was received, and leave a complete case in the folder; the levels it holds.

    Raises:
        VertebroplastyError: something is missing, no image, or cannot be read as one CT with its labels.
        DiskFull: there is no room to unpack it.
    """
    stage(0.0, "unpacking")
    with full_disk_said():
        ct, seg = (_in_place(folder, part, room) for part in (Part.CT, Part.SEG))
        if (folder / f"{RAW}patient").is_file():
            replace_patient(folder, folder / f"{RAW}patient")
        stage(0.3, "reading")
        parts = (seg,) if seg.is_file() else tuple(sorted(seg.iterdir()))
        levels = tuple(open_spine(ScanRequest(ct=ct, seg=parts, **asdict(how))))
        for torn in folder.glob(f"{ARRIVING}*"):  # of a server that was killed
            torn.unlink()
        write_whole_text(folder / STATED, json.dumps({"levels": list(levels), **asdict(how)}))
    return levels


def replace_patient(folder: Path, received_file: Path) -> None:
    """Put the patient's answers in place, once they have been read.

    Raises:
        Refused: they are no patient file; the one before stays.
        NotFound: the upload was thrown away meanwhile.
    """
    try:
        read_patient(received_file)
        received_file.replace(folder / PATIENT)
    except FileNotFoundError:
        raise NotFound(NO_SUCH_UPLOAD, where="upload") from None
    finally:
        received_file.unlink(missing_ok=True)


def discarded(folder: Path) -> None:
    """Throw an upload away."""
    shutil.rmtree(folder, ignore_errors=True)


def _in_place(folder: Path, part: Part, room: Room) -> Path:
    """What was received, under the name that its content calls for; a zip is unpacked."""
    raw = folder / f"{RAW}{part.value}"
    if not raw.is_file():
        for name in CT_NAMES if part is Part.CT else SEG_NAMES:
            if (folder / name).exists():  # sent before, and now to be read in another way
                return folder / name
        raise Refused(f"The {'CT' if part is Part.CT else 'segmentation'} is missing: choose its file.", where=part)
    kind = _kind(raw)
    if kind == "zip":
        return _unpacked(folder, part, raw, room)
    if part is Part.CT and kind == "dicom":
        raise Refused("That is a single DICOM file: send a zip of the whole series.", where="ct")
    place = folder / f"{part.value}{KINDS[kind]}"
    raw.replace(place)
    return place


def _unpacked(folder: Path, part: Part, raw: Path, room: Room) -> Path:
    """The files of a zip; readers of segmentations go by the ending, and one NIfTI in a zip is the CT."""
    place = folder / ("dicom" if part is Part.CT else "seg")
    shutil.rmtree(place, ignore_errors=True)
    files = unpack(raw, place, limits=ZipLimits(gzipped=True), room=in_steps(room))
    raw.unlink()
    if part is Part.SEG:
        for file in files:
            file.rename(file.with_suffix(KINDS[_kind(file)]))
        return place
    kind = _kind(files[0]) if len(files) == 1 else "dicom"
    if kind == "dicom":
        return place
    image = folder / f"{part.value}{KINDS[kind]}"
    files[0].replace(image)
    place.rmdir()
    return image


def _kind(file: Path) -> str:
    """What a file is, by its first bytes; its name was never asked."""
    with file.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    if head[128:132] == b"DICM":
        return "dicom"
    if head[344:347] in (b"n+1", b"ni1") or head[4:7] == b"n+2":
        return "nifti"
    raise Refused(NOT_AN_IMAGE, where=file.name.removeprefix(RAW))
