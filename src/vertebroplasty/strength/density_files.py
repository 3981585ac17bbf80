"""Reading a calibrated density and its parts from two NIfTI files, whichever way their axes run."""

from pathlib import Path

import nibabel
import numpy as np
from jaxtyping import Float64, UInt16

from vertebroplasty.errors import Refused, UnreadableImage

__all__ = ["read_density"]

SAME_MM = 1e-3  # [choice] two grids are one if their affines agree to this
CUBIC = 1e-3  # [choice] relative difference of edges up to which a voxel is a cube


def read_density(density: Path, parts: Path) -> tuple[Float64[np.ndarray, "k j i"], UInt16[np.ndarray, "k j i"], float]:
    """Density (mg/ml), labels and voxel edge (mm), with k towards superior, j anterior, i to the right.

    Raises:
        UnreadableImage: a file is missing or no image.
        Refused: the grids differ, the voxels are no cubes, or the labels are no whole numbers from 0.
    """
    images = [_upright(Path(path)) for path in (density, parts)]
    if images[0].shape != images[1].shape or not np.allclose(images[0].affine, images[1].affine, atol=SAME_MM):
        raise Refused("Density and parts lie on different grids: resample one onto the other.")
    edges = np.linalg.norm(images[0].affine[:3, :3], axis=0)
    if edges.max() > edges.min() * (1 + CUBIC):
        raise Refused(f"Voxels of {edges.round(3).tolist()} mm are no cubes: resample both files to one spacing.")
    labels = np.asarray(images[1].dataobj).transpose(2, 1, 0)
    if labels.min() < 0 or (labels != np.round(labels)).any():
        raise Refused("The parts hold values that are no labels: give whole numbers from 0.", where=Path(parts).name)
    values = np.ascontiguousarray(images[0].get_fdata().transpose(2, 1, 0))
    return values, np.ascontiguousarray(labels, np.uint16), float(edges.mean())


def _upright(path: Path) -> nibabel.Nifti1Image:
    """The image with its axes turned to run nearest to right, anterior and superior."""
    try:
        image = nibabel.Nifti1Image.from_filename(path)
    except (OSError, nibabel.filebasedimages.ImageFileError) as error:
        raise UnreadableImage(f"{path.name} cannot be read as a NIfTI image: {error}.", where=path.name) from error
    if len(image.shape) != 3:
        raise Refused(f"{path.name} has {len(image.shape)} axes: give one volume of three.", where=path.name)
    return nibabel.as_closest_canonical(image)  # type: ignore[no-untyped-call]
