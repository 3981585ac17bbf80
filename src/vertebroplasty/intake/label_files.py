"""Reading label files: one mask of vertebrae, or a pair of vertebrae and their parts in either order."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float, Shaped

from vertebroplasty.errors import Refused, UnknownLabels, UnreadableImage
from vertebroplasty.intake.dicom_headers import is_dicom
from vertebroplasty.intake.dicom_seg import read_dicom_seg
from vertebroplasty.intake.label_volume import LabelVolume
from vertebroplasty.intake.nifti import is_nifti_name, read_nifti
from vertebroplasty.intake.schemes import SUBREGIONS, VERSE

__all__ = ["looks_like_subregions", "read_label_volume", "read_pair"]

LARGEST_LABEL = 65_535  # [choice] two bytes; schemes end below 300
ROUNDING = 0.02  # [choice] of a label: rounding when a file's numbers were stored with a scale
COARSEST_ROUNDING = 0.25  # [choice] of a label: a coarser scale no longer shows that the numbers were whole
MOSTLY = 0.5  # [choice] share of labelled voxels in part ids that makes a file of parts
BODY_IDS = (49, 50)
VERTEBRA_IDS = tuple(VERSE.levels)


def read_label_volume(path: Path) -> LabelVolume:
    """Read one label file, NIfTI or DICOM segmentation.

    Raises:
        UnreadableImage: the file cannot be read as labels.
    """
    if not path.is_file():
        raise UnreadableImage(
            "There is no such segmentation file: give a NIfTI mask or a DICOM segmentation.", where="--seg"
        )
    if is_nifti_name(path):
        return _read_nifti_labels(path)
    if is_dicom(path):
        return read_dicom_seg(path)
    raise UnreadableImage(f"{path.name} is neither NIfTI nor DICOM: give a mask in one of the two.", where=path.name)


def read_pair(paths: Sequence[Path]) -> tuple[LabelVolume, LabelVolume | None]:
    """The vertebra labels and, if two files are given, the part labels; which is which is found from the numbers.

    Raises:
        Refused: not one or two files.
        UnknownLabels: two files of which not exactly one holds parts, or a single file of parts.
        UnreadableImage: a file cannot be read as labels.
    """
    if not 1 <= len(paths) <= 2:
        raise Refused("Give one segmentation, or two: the vertebrae and their subregions.", where="--seg")
    volumes = [read_label_volume(path) for path in paths]
    parts = [volume.names is None and looks_like_subregions(volume.labels) for volume in volumes]
    if len(volumes) == 1:
        if parts[0]:
            raise UnknownLabels(
                f"{volumes[0].name} holds parts of vertebrae but does not say of which: add the vertebra mask with a "
                "second --seg.",
                where=volumes[0].name,
            )
        return volumes[0], None
    if sum(parts) != 1:
        both = " and ".join(volume.name for volume in volumes)
        raise UnknownLabels(
            f"Of {both} not exactly one holds subregions (41 to 50): give one vertebra mask and one subregion mask.",
            where="--seg",
        )
    vertebrae, subregions = volumes if parts[1] else volumes[::-1]
    return vertebrae, subregions


def looks_like_subregions(labels: Shaped[np.ndarray, "k j i"]) -> bool:
    """Whether labels are parts of vertebrae (TPTBox, SPINEPS) rather than whole ones.

    A file of parts has the body (49 or 50) and other parts, hardly anything else, and no vertebra number.
    """
    counts = np.bincount(labels.ravel(), minlength=max(SUBREGIONS) + 1)
    counts[0] = 0
    in_parts = counts[list(SUBREGIONS)]
    body = counts[list(BODY_IDS)].sum()
    return bool(
        body > 0
        and in_parts.sum() > body
        and in_parts.sum() > MOSTLY * counts.sum()
        and not counts[list(VERTEBRA_IDS)].any()
    )


def _read_nifti_labels(path: Path) -> LabelVolume:
    volume = read_nifti(path)
    values = volume.stored
    if volume.is_scaled:
        values = values * volume.slope + volume.intercept
    notes: tuple[str, ...] = ()
    if values.dtype.kind == "f":
        values, notes = _whole(values, abs(volume.slope) if volume.is_scaled else 0.0, path.name)
    lowest, highest = values.min(), values.max()
    if lowest < 0 or highest > LARGEST_LABEL:
        raise UnreadableImage(
            f"{path.name} holds values from {lowest:g} to {highest:g}, no label mask: give the segmentation.",
            where=path.name,
        )
    if highest == 0:
        raise UnknownLabels(f"{path.name} is empty: give the segmentation of this CT.", where=path.name)
    kind = np.uint8 if highest <= np.iinfo(np.uint8).max else np.uint16
    return LabelVolume(name=path.name, labels=values.astype(kind), affine=volume.affine, notes=(*volume.notes, *notes))


def _whole(
    values: Float[np.ndarray, "k j i"], step: float, name: str
) -> tuple[Float[np.ndarray, "k j i"], tuple[str, ...]]:
    """Values as whole numbers, and a sentence if a scale had moved them off.

    `step` is what one stored count means, 0 without a scale.  A program that packs labels into bytes with a scale
    moves each by up to half a step; anything further off was never a label.
    """
    whole = np.rint(values)
    if np.array_equal(values, whole):
        return whole, ()
    # A voxel that is no number makes `off` none either, which compares false and is refused.
    with np.errstate(invalid="ignore"):
        off = float(np.abs(values - whole).max())
    if not (step > 0 and off < min(max(step / 2, ROUNDING), COARSEST_ROUNDING)):
        raise UnreadableImage(
            f"{name} holds values between whole numbers: give a label mask, not a probability map or a CT.", where=name
        )
    return whole, (
        f"The labels of {name} were stored with a scale and lie up to {off:.3f} off whole numbers: they were rounded.",
    )
