"""Reading NIfTI: any axis order, its affine turned from RAS to LPS, small shears put right and said.

The array is never flipped or reordered: the affine carries the orientation, and left-handed affines are legal.
"""

import gzip
import math
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Shaped

from vertebroplasty.anatomy.volume import OUTSIDE_HU, CtVolume, InputFile
from vertebroplasty.errors import UnreadableImage
from vertebroplasty.files import sha256_of
from vertebroplasty.geometry.frame import Affine
from vertebroplasty.intake.limits import PADDING_HU, check_rescale, check_size, check_spacing
from vertebroplasty.quiet import quiet_readers

__all__ = ["NiftiArray", "is_nifti_name", "nearest_right_angles", "read_nifti", "read_nifti_hu"]

RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])  # [exact] left and posterior are positive in DICOM
SHEAR_REFUSED_DEG = 0.5  # [choice] beyond it, more than rounding went wrong: 1.3 mm over 150 mm
SHEAR_SAID_DEG = 1e-3  # [choice] single-precision affines lie below
DISAGREEMENT_MM = 0.1  # [choice] between qform and sform at a corner of the volume
MAX_HEADER_BYTES = 16 << 20  # [choice] where the voxels may begin; headers with extensions stay far below
DEFLATE_RATIO = 1100  # [exact] no deflate stream unpacks to more than 1032 times its size
PREFIX_BYTES = 540  # [exact] length of a NIfTI-2 header, the longer of the two
MAX_OFFSET_MM = 1e5  # [choice] of the volume from the scanner's origin: a hundred metres, beyond any table
MAX_ABSOLUTE_HU = 1e5  # [choice] beyond any extended CT scale
MILLIMETRE_UNITS = ("mm", "unknown")
INT16 = np.iinfo(np.int16)


@dataclass(frozen=True, eq=False, kw_only=True)
class NiftiArray:
    """One NIfTI volume as stored, [k, j, i], before its slope and intercept are applied."""

    stored: Shaped[np.ndarray, "k j i"]
    slope: float
    intercept: float
    affine: Affine
    notes: tuple[str, ...]

    @property
    def is_scaled(self) -> bool:
        """Whether stored numbers differ from the values they mean."""
        return (self.slope, self.intercept) != (1.0, 0.0)


def is_nifti_name(path: Path) -> bool:
    """Whether the file's name ends as NIfTI files do."""
    return path.name.lower().endswith((".nii", ".nii.gz"))


def read_nifti(path: Path) -> NiftiArray:
    """Read one three-dimensional NIfTI volume, its header checked before its voxels.

    Raises:
        UnreadableImage: damaged, not three-dimensional, without orientation, sheared, too large or not in millimetres.
    """
    import nibabel

    _refuse_hostile_start(path)
    with quiet_readers():
        try:
            image: Any = nibabel.load(path)
        except Exception as reason:
            raise _damaged(path) from reason
        header = image.header
        shape, notes = _three_dimensions(image.shape, path.name)
        check_size(shape[::-1], name=path.name)
        if header.get_data_dtype().kind not in "iuf":
            raise UnreadableImage(f"{path.name} holds no plain numbers: give a grey-value volume.", where=path.name)
        if header.get_xyzt_units()[0] not in MILLIMETRE_UNITS:
            raise UnreadableImage(f"{path.name} is not in millimetres: convert it first.", where=path.name)
        _refuse_missing_voxels(path, shape, header.get_data_dtype().itemsize)
        matrix, orientation_notes = _orientation(header, shape, path.name)
        slope, intercept = float(image.dataobj.slope), float(image.dataobj.inter)
        check_rescale(slope, intercept, name=path.name)
        try:
            stored = np.asanyarray(image.dataobj.get_unscaled()).reshape(shape).transpose()
        except Exception as reason:
            raise _damaged(path) from reason
    if not stored.dtype.isnative:
        stored = stored.astype(stored.dtype.newbyteorder("="))
    affine, shear_notes = nearest_right_angles(RAS_TO_LPS @ matrix, shape, name=path.name)
    return NiftiArray(
        stored=stored,
        slope=slope,
        intercept=intercept,
        affine=affine,
        notes=(*notes, *orientation_notes, *shear_notes),
    )


def read_nifti_hu(path: Path) -> CtVolume:
    """Read a NIfTI CT: int16 where every value is a whole number that fits, else float32.

    Voxels that are no number, or lie at or below -1500 HU, become -2048 (outside the scan).

    Raises:
        UnreadableImage: as for `read_nifti`, or values that are no Hounsfield units.
    """
    volume = read_nifti(path)
    hu, notes = _hounsfield(volume, path.name)
    return CtVolume(
        hu=hu,
        affine=volume.affine,
        notes=(*volume.notes, *notes),
        inputs=(InputFile(role="ct", name=path.name, sha256=sha256_of(path)),),
    )


def _hounsfield(volume: NiftiArray, name: str) -> tuple[Shaped[np.ndarray, "k j i"], tuple[str, ...]]:
    values = volume.stored
    if volume.is_scaled:
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is refused below
            values = (values * volume.slope + volume.intercept).astype(np.float32)
    notes: list[str] = []
    if values.dtype.kind == "f":
        unknown = np.isnan(values)
        if np.isinf(values).any() or unknown.all():
            raise UnreadableImage(f"{name} holds infinite or no values: give the CT in Hounsfield units.", where=name)
        if unknown.any():
            notes.append(f"{int(unknown.sum())} voxels without a value count as outside the scan.")
            values = np.where(unknown, np.float32(PADDING_HU), values)
    lowest, highest = float(values.min()), float(values.max())
    if max(-lowest, highest) > MAX_ABSOLUTE_HU:
        raise UnreadableImage(
            f"{name} holds values from {lowest:g} to {highest:g}, no Hounsfield units: give the original CT.",
            where=name,
        )
    if lowest >= 0:
        notes.append(
            "No value lies below 0 HU, which a CT of a patient has: check that the file holds Hounsfield units."
        )
    if lowest >= INT16.min and highest <= INT16.max and np.array_equal(values, np.rint(values)):
        hu = values.astype(np.int16)
    else:
        hu = values.astype(np.float32)
    hu[hu <= OUTSIDE_HU] = PADDING_HU
    return hu, tuple(notes)


def nearest_right_angles(
    matrix: Float[np.ndarray, "4 4"], shape_ijk: tuple[int, ...], *, name: str
) -> tuple[Affine, tuple[str, ...]]:
    """The affine with its axes at right angles, about the volume's centre, and a sentence if they were not.

    The nearest rotation (or reflection) is the orthogonal factor of the polar decomposition of the unit axes.

    Raises:
        UnreadableImage: the axes are singular or sheared by more than half a degree.
    """
    spacing = np.linalg.norm(matrix[:3, :3], axis=0)
    check_spacing(spacing, name=name)
    axes = matrix[:3, :3] / spacing
    left, _, right = np.linalg.svd(axes)
    upright = left @ right
    cosines = np.clip(np.sum(axes * upright, axis=0), -1.0, 1.0)
    shear_deg = float(np.degrees(np.arccos(cosines.min())))
    if shear_deg > SHEAR_REFUSED_DEG:
        raise UnreadableImage(
            f"{name} has axes sheared by {shear_deg:.2f} degrees: resample it to a grid with right angles.", where=name
        )
    if shear_deg <= SHEAR_SAID_DEG:
        return Affine(matrix), ()
    centre = (np.asarray(shape_ijk, float) - 1) / 2
    corrected = np.eye(4)
    corrected[:3, :3] = upright * spacing
    corrected[:3, 3] = matrix[:3, :3] @ centre + matrix[:3, 3] - corrected[:3, :3] @ centre
    return Affine(corrected), (f"The axes of {name} were sheared by {shear_deg:.3f} degrees and put at right angles.",)


def _three_dimensions(shape: tuple[int, ...], name: str) -> tuple[tuple[int, int, int], tuple[str, ...]]:
    if len(shape) < 3 or any(side != 1 for side in shape[3:]):
        sides = " x ".join(str(side) for side in shape)
        raise UnreadableImage(f"{name} has {sides} values: give one three-dimensional volume.", where=name)
    notes = (f"{name} is stored as a sequence of one volume.",) if len(shape) > 3 else ()
    return (int(shape[0]), int(shape[1]), int(shape[2])), notes


def _orientation(
    header: Any, shape_ijk: tuple[int, int, int], name: str
) -> tuple[Float[np.ndarray, "4 4"], tuple[str, ...]]:
    """The RAS affine: sform where set, else qform; both set but at odds is said."""
    try:
        sform, has_sform = header.get_sform(coded=True)
        qform, has_qform = header.get_qform(coded=True)
    except Exception as reason:
        raise UnreadableImage(f"{name} has a damaged orientation: convert the CT again.", where=name) from reason
    if not has_sform and not has_qform:
        raise UnreadableImage(
            f"{name} does not say how it lies in the patient (neither qform nor sform): convert the CT again.",
            where=name,
        )
    matrix = np.asarray(sform if has_sform else qform, float)
    if not np.all(np.isfinite(matrix)):
        raise UnreadableImage(f"{name} has a damaged orientation: convert the CT again.", where=name)
    if np.abs(matrix[:3, 3]).max() > MAX_OFFSET_MM:
        raise UnreadableImage(
            f"{name} states that it lies more than 100 m from the scanner's origin: convert the CT again.", where=name
        )
    if not (has_sform and has_qform):
        return matrix, ()
    corners = np.array([[i, j, k, 1.0] for i in (0, 1) for j in (0, 1) for k in (0, 1)])
    corners[:, :3] *= np.asarray(shape_ijk, float) - 1
    apart = np.linalg.norm((corners @ matrix.T - corners @ np.asarray(qform, float).T)[:, :3], axis=1).max()
    if apart <= DISAGREEMENT_MM:
        return matrix, ()
    return matrix, (f"The two orientations stored in {name} differ by up to {apart:.1f} mm; the sform was used.",)


def _refuse_hostile_start(path: Path) -> None:
    """Look at where the voxels begin before anything is unpacked: a false offset would unpack without end."""
    opener = gzip.open if path.name.lower().endswith(".gz") else open
    try:
        with opener(path, "rb") as stream:
            start = stream.read(PREFIX_BYTES)
        order = next(order for order in "<>" if struct.unpack_from(f"{order}i", start)[0] in (348, 540))
        second = struct.unpack_from(f"{order}i", start)[0] == PREFIX_BYTES
        offset = (
            struct.unpack_from(f"{order}q", start, 168)[0] if second else struct.unpack_from(f"{order}f", start, 108)[0]
        )
        plausible = 0 <= offset <= MAX_HEADER_BYTES
    except (OSError, EOFError, StopIteration, struct.error, ValueError, zlib.error) as reason:
        raise _damaged(path) from reason
    if not plausible:
        raise _damaged(path)


def _refuse_missing_voxels(path: Path, shape_ijk: tuple[int, int, int], bytes_each: int) -> None:
    """A file far too small for the voxels its header states is cut off; memory for them is not even asked for."""
    ratio = DEFLATE_RATIO if path.name.lower().endswith(".gz") else 1
    if path.stat().st_size * ratio < math.prod(shape_ijk) * bytes_each:
        raise _damaged(path)


def _damaged(path: Path) -> UnreadableImage:
    return UnreadableImage(
        f"{path.name} is damaged or no NIfTI file: copy or convert it again.",
        where=path.name,
    )
