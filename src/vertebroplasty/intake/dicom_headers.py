"""DICOM headers of a folder, read before any pixel and without a patient's name."""

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from vertebroplasty.errors import UnreadableImage
from vertebroplasty.intake.limits import MAX_FILES
from vertebroplasty.quiet import quiet_readers

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

__all__ = ["Header", "is_dicom", "read_folder", "read_header"]

DIRECTORY_CLASS = "1.2.840.10008.1.3.10"  # the media directory (DICOMDIR), which holds no image
CT_CLASS = "1.2.840.10008.5.1.4.1.1.2"
ENHANCED_CLASSES = ("1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.2.2")
PREAMBLE_BYTES = 132  # [DICOM-PS3.3] 128 bytes and the letters DICM
GROUP_LENGTH_BYTES = 12  # [DICOM-PS3.3] the element that states how long the preface is
MAX_INFLATED_BYTES = 64 << 20  # [choice] one slice with its header; a larger one is a bomb

# Only these are read: no name, number or birth date of a patient ever enters the program.
HEADER_TAGS = (
    "SOPClassUID",
    "SOPInstanceUID",
    "ImageType",
    "Modality",
    "SeriesInstanceUID",
    "FrameOfReferenceUID",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
    "Rows",
    "Columns",
    "NumberOfFrames",
    "RescaleSlope",
    "RescaleIntercept",
    "RescaleType",
    "KVP",
    "ContrastBolusAgent",
    "ManufacturerModelName",
    "ConvolutionKernel",
)


@dataclass(frozen=True, eq=False)
class Header:
    """The header of one DICOM file; `name` is the last path component, all that is ever shown."""

    path: Path
    dataset: "Dataset"

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return self.path.name

    @property
    def sop_class(self) -> str:
        """What kind of object the file says it is, from the file's own preface."""
        return str(self.dataset.file_meta.get("MediaStorageSOPClassUID", "") or self.dataset.get("SOPClassUID", ""))

    @property
    def modality(self) -> str:
        """CT, MR, SEG …; a plain CT image that lost its modality counts as CT."""
        stated = str(self.dataset.get("Modality", "") or "")
        return stated or ("CT" if self.sop_class == CT_CLASS else "")

    @property
    def series_uid(self) -> str:
        """The series' UID, empty if the file does not say."""
        return str(self.dataset.get("SeriesInstanceUID", "") or "")

    @property
    def is_localizer(self) -> bool:
        """Whether it is a scout view."""
        return "LOCALIZER" in [str(value).upper() for value in (self.dataset.get("ImageType") or [])]

    @property
    def is_enhanced(self) -> bool:
        """Whether it holds many slices in one file."""
        return self.sop_class in ENHANCED_CLASSES or self.text("NumberOfFrames") not in ("", "1")

    def text(self, keyword: str) -> str:
        """A tag as text, empty if absent."""
        value = self.dataset.get(keyword)
        return "" if value is None else str(value).strip()

    def numbers(self, keyword: str, count: int) -> Float[np.ndarray, "n"]:
        """A tag's finite numbers.

        Raises:
            UnreadableImage: the tag is absent, damaged or has another count.
        """
        try:
            value = self.dataset[keyword].value
            numbers = np.atleast_1d(np.asarray(value, dtype=float))
        except (KeyError, TypeError, ValueError):
            numbers = np.array([])
        if numbers.shape != (count,) or not np.all(np.isfinite(numbers)):
            raise UnreadableImage(
                f"{self.name} has no usable {keyword}: export the original series again.", where=self.name
            )
        return numbers


def is_dicom(path: Path) -> bool:
    """Whether a file begins as a DICOM file does."""
    with path.open("rb") as stream:
        return stream.read(PREAMBLE_BYTES)[-4:] == b"DICM"


def read_header(path: Path, tags: tuple[str, ...] = HEADER_TAGS) -> Header:
    """Read one header, pixels left aside.

    Raises:
        UnreadableImage: the file is damaged.
    """
    import pydicom

    with quiet_readers():
        _refuse_bomb(path)
        try:
            return Header(path, pydicom.dcmread(path, stop_before_pixels=True, specific_tags=list(tags)))
        except Exception as reason:
            raise _damaged(path) from reason


def read_folder(folder: Path) -> list[Header]:
    """Headers of all DICOM files below a folder, sorted by path; other files and DICOMDIR are left aside.

    Raises:
        UnreadableImage: a DICOM file is damaged, or there are too many files.
    """
    headers: list[Header] = []
    for count, path in enumerate(sorted(folder.rglob("*"))):
        if count >= MAX_FILES:
            raise UnreadableImage(f"The folder holds more than {MAX_FILES} files: give the folder of one study.")
        if not path.is_file() or not is_dicom(path):
            continue
        header = read_header(path)
        if header.sop_class != DIRECTORY_CLASS:
            headers.append(header)
    return headers


def _damaged(path: Path) -> UnreadableImage:
    return UnreadableImage(f"{path.name} is damaged or incomplete: copy or export it again.", where=path.name)


def _refuse_bomb(path: Path) -> None:
    """Stop a deflated file that would unpack to far more than a slice."""
    from pydicom.filereader import read_file_meta_info
    from pydicom.uid import DeflatedExplicitVRLittleEndian

    try:
        meta = read_file_meta_info(path)
        if meta.get("TransferSyntaxUID") != DeflatedExplicitVRLittleEndian:
            return
        start = PREAMBLE_BYTES + GROUP_LENGTH_BYTES + int(meta.FileMetaInformationGroupLength)
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        with path.open("rb") as stream:
            stream.seek(start)
            size = len(unpacker.decompress(stream.read(MAX_INFLATED_BYTES), MAX_INFLATED_BYTES))
    except Exception as reason:
        raise _damaged(path) from reason
    if size >= MAX_INFLATED_BYTES:
        raise UnreadableImage(f"{path.name} unpacks to more than one slice can hold: export it again.", where=path.name)
