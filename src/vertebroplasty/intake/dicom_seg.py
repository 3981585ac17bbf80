"""Reading a DICOM segmentation: levels by their codes or written names, never by segment number.

Frames are placed by their own positions; empty frames may be missing, and frames may come in any order.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int, Shaped

from vertebroplasty.anatomy.levels import LEVELS
from vertebroplasty.errors import UnknownLabels, UnreadableImage
from vertebroplasty.geometry.frame import Affine
from vertebroplasty.intake.dicom_headers import read_header
from vertebroplasty.intake.label_volume import LabelVolume
from vertebroplasty.intake.limits import check_size, check_spacing
from vertebroplasty.intake.schemes import SNOMED_LEVELS
from vertebroplasty.quiet import quiet_readers

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

__all__ = ["level_of_segment", "read_dicom_seg"]

SEG_TAGS = (
    "SOPClassUID",
    "Modality",
    "SegmentationType",
    "SegmentSequence",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
    "FrameOfReferenceUID",
    "NumberOfFrames",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "PlanarConfiguration",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
)
SNOMED_DESIGNATOR = "SCT"
SNOMED_UNSPECIFIC = ("51282000", "272673000", "421060004", "91723000", "85756007")  # vertebra, bone, spine, tissue …
LEVEL_WORD = re.compile(r"(?<![A-Za-z0-9])([CTL])0?(\d{1,2})(?![0-9A-Za-z])|(?<![A-Za-z0-9])(S1)(?![0-9A-Za-z])")
OTHER_WORD = re.compile(r"dis[ck]|ivd|rib|nerve|root|cord|canal|plate|foramen|lesion|tumou?r|metast|screw|cement", re.I)
PLACE_TOLERANCE = 0.1  # [choice] of a slice: how far a frame may lie off the regular places
BITS_PER_BYTE = 8  # [exact] frames of a binary segmentation follow each other bit by bit
MAX_FRAMES = 400_000  # [choice] 100 segments of 4000 slices


def read_dicom_seg(path: Path) -> LabelVolume:
    """Read a BINARY or LABELMAP segmentation into one label volume; value v is the v-th name of `LEVELS`, from 1.

    Raises:
        UnreadableImage: no segmentation, fractional, overlapping segments, or frames that make no regular volume.
        UnknownLabels: no segment is a vertebra, two are the same one, or a segment's code and name contradict.
    """
    header = read_header(path, SEG_TAGS)
    dataset = header.dataset
    kind = header.text("SegmentationType")
    if header.modality != "SEG" or kind not in ("BINARY", "LABELMAP"):
        raise UnreadableImage(
            f"{path.name} is no segmentation of whole voxels ({kind or header.modality or 'unknown'}): "
            "give a BINARY or LABELMAP segmentation.",
            where=path.name,
        )
    with quiet_readers():
        try:
            values = _values(dataset)
            positions, spacing_ij, axes = _placement(dataset)
            segments = _frame_segments(dataset, kind)
            frames = _frames(path, dataset, kind)
        except (AttributeError, KeyError, IndexError, TypeError, ValueError) as reason:
            raise _damaged(path) from reason
        shape_ji = (int(dataset.Rows), int(dataset.Columns))
        affine, places, slices = _grid(path.name, positions, spacing_ij, axes)
        check_size((slices, *shape_ji), name=path.name)
        check_spacing(affine.spacing_mm, name=path.name)
        labels = _paint(path, frames, places, segments, values, (slices, *shape_ji))
    names = {value: LEVELS[value - 1] for value in values.values() if value}
    return LabelVolume(
        name=path.name,
        labels=labels,
        affine=affine,
        names={value: name for value, name in names.items() if np.any(labels == value)},
        frame_of_reference_uid=header.text("FrameOfReferenceUID") or None,
    )


def level_of_segment(segment: "Dataset") -> str | None:
    """The level a segment is, from its anatomy code or its written name; None if it is no vertebra.

    Where the code names something else (a tumour), neither its region nor a level in its name makes it a vertebra.

    Raises:
        UnknownLabels: the code names one level and the written name another.
    """
    types, regions = (_codes(segment, f"{name}Sequence") for name in ("SegmentedPropertyTypeCode", "AnatomicRegion"))
    if any(code not in SNOMED_LEVELS and code not in SNOMED_UNSPECIFIC for code in types):
        return None
    codes = [SNOMED_LEVELS[code] for code in (*types, *regions) if code in SNOMED_LEVELS]
    label = str(segment.get("SegmentLabel", ""))
    words = {match[0] + match[1] if match[0] else match[2] for match in LEVEL_WORD.findall(label.replace("_", " "))}
    written = [word for word in words if word in LEVELS and not OTHER_WORD.search(label)]
    named = {*codes, *(written if len(written) == 1 else ())}
    if len(named) > 1:
        raise UnknownLabels(
            f"A segment is coded as {codes[0]} but written as {label}: correct the segmentation.", where="--seg"
        )
    return named.pop() if named else None


def _codes(segment: "Dataset", keyword: str) -> list[str]:
    """SNOMED CT codes of a sequence; codes of other systems count as something else."""
    return [
        str(code.get("CodeValue", "")) if code.get("CodingSchemeDesignator", "") == SNOMED_DESIGNATOR else "other"
        for code in segment.get(keyword) or ()
    ]


def _values(dataset: "Dataset") -> dict[int, int]:
    """The label value of each segment number: 1 + place in `LEVELS`, 0 for what is no vertebra."""
    values: dict[int, int] = {}
    for segment in dataset.SegmentSequence:
        level = level_of_segment(segment)
        value = 1 + LEVELS.index(level) if level else 0
        if value and value in values.values():
            raise UnknownLabels(f"Two segments are {level}: correct the segmentation.", where="--seg")
        values[int(segment.SegmentNumber)] = value
    return values


def _groups(dataset: "Dataset") -> list["Dataset"]:
    frames = list(dataset.PerFrameFunctionalGroupsSequence)
    if not 0 < len(frames) == int(dataset.NumberOfFrames) <= MAX_FRAMES:
        raise ValueError("frames and their descriptions differ in number")
    return frames


def _placement(
    dataset: "Dataset",
) -> tuple[Float[np.ndarray, "n 3"], Float[np.ndarray, "2"], Float[np.ndarray, "2 3"]]:
    """Positions of all frames, their common pixel spacing (i, j) and row and column directions."""
    frames = _groups(dataset)
    shared = dataset.SharedFunctionalGroupsSequence[0]

    def common(sequence: str, keyword: str) -> Float[np.ndarray, "n"]:
        sources = [shared] if sequence in shared else frames
        found = np.array([getattr(group[sequence].value[0], keyword) for group in sources], float)
        if np.ptp(found, axis=0).max() > PLACE_TOLERANCE**2:
            raise ValueError("frames differ in orientation or pixel size")
        return np.asarray(found[0])

    positions = np.array([frame.PlanePositionSequence[0].ImagePositionPatient for frame in frames], float)
    axes = common("PlaneOrientationSequence", "ImageOrientationPatient").reshape(2, 3)
    return positions, common("PixelMeasuresSequence", "PixelSpacing")[::-1], axes


def _frame_segments(dataset: "Dataset", kind: str) -> list[int | None]:
    """The segment number each frame belongs to; None for label maps, whose voxels carry it."""
    if kind == "LABELMAP":
        return [None] * int(dataset.NumberOfFrames)
    shared = dataset.SharedFunctionalGroupsSequence[0]
    return [
        int(
            (group if "SegmentIdentificationSequence" in group else shared)
            .SegmentIdentificationSequence[0]["ReferencedSegmentNumber"]
            .value
        )
        for group in _groups(dataset)
    ]


def _grid(
    name: str, positions: Float[np.ndarray, "n 3"], spacing_ij: Float[np.ndarray, "2"], axes: Float[np.ndarray, "2 3"]
) -> tuple[Affine, Int[np.ndarray, "n"], int]:
    """The regular grid that holds all frames, the slice each belongs to, and the number of slices.

    The smallest distance between frames is one slice, since frames without any label may be missing.
    """
    row, column = (axis / np.linalg.norm(axis) for axis in axes)
    normal = np.cross(row, column)
    heights = positions @ normal
    order = np.argsort(heights, kind="stable")
    gaps = np.diff(heights[order])
    real = gaps[gaps > PLACE_TOLERANCE**2]
    if not len(real):
        raise UnreadableImage(f"{name} holds a single slice: give the segmentation of the whole series.", where=name)
    lowest, highest = positions[order[0]], positions[order[-1]]
    count = round(float((heights[order[-1]] - heights[order[0]]) / real.min()))
    step = (highest - lowest) / count
    places = (heights - heights[order[0]]) / (step @ normal)
    off = np.abs(positions - lowest - np.rint(places)[:, None] * step).max()
    if off > PLACE_TOLERANCE * float(np.linalg.norm(step)):
        raise UnreadableImage(f"{name} has frames at uneven distances: export the segmentation again.", where=name)
    matrix = np.eye(4)
    matrix[:3, :3] = np.stack([row * spacing_ij[0], column * spacing_ij[1], step], axis=1)
    matrix[:3, 3] = lowest
    return Affine(matrix), np.rint(places).astype(int), count + 1


def _frames(path: Path, dataset: "Dataset", kind: str) -> Iterator[Shaped[np.ndarray, "j i"]]:
    """The frames one after the other, so that a many-segment file is never unpacked as a whole."""
    import pydicom
    from pydicom.pixels.utils import iter_pixels

    rows, columns, count = int(dataset.Rows), int(dataset.Columns), int(dataset.NumberOfFrames)
    check_size((1, rows, columns), name=path.name)
    if dataset.file_meta.TransferSyntaxUID.is_compressed or kind == "LABELMAP":
        return iter(iter_pixels(path))
    bits = rows * columns
    packed = np.frombuffer(pydicom.dcmread(path, specific_tags=["PixelData"]).PixelData, np.uint8)
    if int(dataset.BitsAllocated) != 1 or len(packed) * BITS_PER_BYTE < bits * count:
        raise ValueError("pixel data is incomplete")
    return (_unpacked(packed, frame * bits, bits).reshape(rows, columns) for frame in range(count))


def _unpacked(packed: Shaped[np.ndarray, "n"], start: int, bits: int) -> Shaped[np.ndarray, "m"]:
    first, skip = divmod(start, BITS_PER_BYTE)
    last = -(-(start + bits) // BITS_PER_BYTE)
    return np.unpackbits(packed[first:last], bitorder="little")[skip : skip + bits]


def _paint(
    path: Path,
    frames: Iterator[Shaped[np.ndarray, "j i"]],
    places: Int[np.ndarray, "n"],
    segments: list[int | None],
    values: dict[int, int],
    shape_kji: tuple[int, int, int],
) -> Shaped[np.ndarray, "k j i"]:
    """Put every frame into its slice; a voxel claimed by two segments stops the reading."""
    labels = np.zeros(shape_kji, np.uint8)
    claimed = np.zeros(shape_kji, bool)
    lookup = np.zeros(1 + max(values), np.uint8)
    lookup[list(values)] = list(values.values())
    try:
        for frame, place, segment in zip(frames, places, segments, strict=True):
            if segment is None:
                labels[place] = lookup[frame]
                continue
            mask = frame > 0
            if np.any(claimed[place] & mask):
                raise _overlapping(path)
            claimed[place] |= mask
            labels[place][mask] = values[segment]
    except (IndexError, KeyError, ValueError, RuntimeError, AttributeError, NotImplementedError) as reason:
        raise _damaged(path) from reason
    if not labels.any():
        raise UnknownLabels(f"{path.name} holds no segment coded or named as a vertebra.", where=path.name)
    return labels


def _overlapping(path: Path) -> UnreadableImage:
    return UnreadableImage(
        f"{path.name} has overlapping segments, which one label volume cannot hold: export them without overlap.",
        where=path.name,
    )


def _damaged(path: Path) -> UnreadableImage:
    return UnreadableImage(
        f"{path.name} is damaged or compressed in a way that cannot be decoded: export the segmentation again, or "
        "pip install 'vertebroplasty[codecs]'.",
        where=path.name,
    )
