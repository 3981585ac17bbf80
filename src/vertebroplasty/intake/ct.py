"""Reading a CT: a folder of DICOM slices or a NIfTI file becomes one volume in Hounsfield units."""

from pathlib import Path

import numpy as np

from vertebroplasty.anatomy.volume import CtVolume, InputFile
from vertebroplasty.errors import UnreadableImage
from vertebroplasty.files import sha256_of
from vertebroplasty.intake.dicom_headers import Header, is_dicom, read_folder
from vertebroplasty.intake.limits import check_size, check_spacing
from vertebroplasty.intake.nifti import is_nifti_name, read_nifti_hu
from vertebroplasty.intake.series import choose_series
from vertebroplasty.intake.slice_pixels import read_hu, refuse_missing_decoders
from vertebroplasty.intake.slice_stack import Slice, SliceStack, stack_slices
from vertebroplasty.intake.untilt import resample_upright

__all__ = ["read_ct"]

NO_AGENT = ("", "NONE", "NO", "NO CONTRAST", "WITHOUT", "NATIVE")  # what writers put there to say there was none
MOST_LETTERS = 64  # [DICOM-PS3.3] the longest a name of a scanner may be
RIGHT_ANGLE_TEXT = "add --resample-tilt to lay the slices upright, or give an untilted series"


def read_ct(path: Path | str, *, series: str | None = None, resample_tilt: bool = False) -> CtVolume:
    """Read one CT as Hounsfield units with its place in the patient.

    Args:
        path: a folder of DICOM slices (any order, nested, other files ignored) or a `.nii` or `.nii.gz` file.
        series: the SeriesInstanceUID to read where a folder holds several CT series.
        resample_tilt: lay a series taken with a tilted gantry upright (linear); without it such a series is refused.

    Returns:
        The volume, array [k, j, i], affine to LPS mm; voxels outside the scan hold -2048.  `notes` say what was
        changed on reading; `inputs` records the SHA-256 and, for a folder, no name.

    Raises:
        UnreadableImage: one sentence on the file at fault and the remedy.
    """
    path = Path(path)
    if path.is_dir():
        return _read_folder(path, series=series, resample_tilt=resample_tilt)
    if not path.is_file():
        raise UnreadableImage("There is no such CT: give a DICOM folder or a .nii.gz file.", where="CT")
    if is_nifti_name(path):
        return read_nifti_hu(path)
    if is_dicom(path):
        raise UnreadableImage(
            f"{path.name} is a single DICOM file: give the folder with all slices of the series.", where=path.name
        )
    raise UnreadableImage(
        f"{path.name} is neither a DICOM folder nor a NIfTI file: give one of the two.", where=path.name
    )


def _read_folder(folder: Path, *, series: str | None, resample_tilt: bool) -> CtVolume:
    headers, notes = choose_series(read_folder(folder), series)
    slices = [_place(header) for header in headers]
    check_size(
        (len(slices), max(item.rows for item in slices), max(item.columns for item in slices)), name="The series"
    )
    stack = stack_slices(slices)
    check_spacing(np.array([*stack.spacing_ij_mm, np.linalg.norm(stack.step_mm)]), name="The series")
    if stack.is_tilted and not resample_tilt:
        raise UnreadableImage(
            f"The gantry was tilted by {stack.tilt_deg:.1f} degrees: {RIGHT_ANGLE_TEXT}.", where="--resample-tilt"
        )
    ordered = [headers[index] for index in stack.order]
    refuse_missing_decoders(ordered)
    hu, affine = read_hu(ordered), stack.affine
    if stack.is_tilted:
        hu, affine = resample_upright(hu, stack)
        notes = (*notes, _tilt_note(stack))
    return CtVolume(
        hu=hu,
        affine=affine,
        frame_of_reference_uid=ordered[0].text("FrameOfReferenceUID") or None,
        notes=notes,
        inputs=(InputFile(role="ct", name="ct", sha256=sha256_of(folder)),),
        kvp=_kvp(ordered[0]),
        contrast_agent_stated=ordered[0].text("ContrastBolusAgent").upper() not in NO_AGENT,
        scanner_model=_words(ordered[0], "ManufacturerModelName"),
        kernel=_words(ordered[0], "ConvolutionKernel"),
    )


def _place(header: Header) -> Slice:
    """Where a header says its slice lies."""
    axes = header.numbers("ImageOrientationPatient", 6)
    between_rows, between_columns = header.numbers("PixelSpacing", 2)
    rows, columns = (int(header.numbers(keyword, 1)[0]) for keyword in ("Rows", "Columns"))
    spacing = np.array([between_columns, between_rows])
    check_size((1, rows, columns), name=header.name)
    check_spacing(spacing, name=header.name)
    return Slice(
        name=header.name,
        rows=rows,
        columns=columns,
        along_row=axes[:3],
        along_column=axes[3:],
        position_lps_mm=header.numbers("ImagePositionPatient", 3),
        spacing_ij_mm=spacing,
    )


def _tilt_note(stack: SliceStack) -> str:
    return (
        f"The gantry was tilted by {stack.tilt_deg:.1f} degrees: the slices were laid upright by linear "
        "interpolation along the table."
    )


def _words(header: Header, keyword: str) -> str:
    """A short plain text of the header, several values joined by a slash; empty if absent."""
    value = header.dataset.get(keyword)
    parts = [] if value is None else [value] if isinstance(value, str) else list(value)
    text = "/".join(str(part).strip() for part in parts)
    return "".join(letter for letter in text if letter.isprintable())[:MOST_LETTERS]


def _kvp(header: Header) -> float | None:
    try:
        value = float(header.numbers("KVP", 1)[0])
    except UnreadableImage:
        return None
    return value if value > 0 else None
