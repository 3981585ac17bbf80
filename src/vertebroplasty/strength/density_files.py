"""Reading a calibrated density and its parts from two NIfTI files, whichever way their axes run.

A file's header is looked at alone first, so that a false one is refused before memory is asked for.
"""

import gzip
import math
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from jaxtyping import Float64, UInt16

from vertebroplasty.errors import Refused
from vertebroplasty.quiet import quiet_readers

__all__ = ["read_density", "upright_affine"]

SAME_MM = 1e-3  # [choice] two grids are one if their affines agree to this
CUBIC = 1e-3  # [choice] relative difference of edges, or loss of volume by shear, up to which a voxel is a cube
HEADER_BYTES = 348  # [exact] length of a NIfTI-1 header
MAX_SIDE = 1024  # [choice] voxels along one axis, above any vertebra
MAX_VOXELS = 200_000_000  # [choice] 1.6 GB as 64 bit
MAX_HEADER_BYTES = 16 << 20  # [choice] where the voxels may begin; headers with extensions stay far below
DEFLATE_RATIO = 1100  # [exact] no deflate stream unpacks to more than 1032 times its size
MIN_EDGE_MM, MAX_EDGE_MM = 0.01, 20.0  # [choice] of a voxel, from micro-CT to a thick slice
MAX_DENSITY_MG_PER_ML = 1e5  # [choice] far above metal; bone mineral itself has about 3000
MAX_LABEL = np.iinfo(np.uint16).max


def read_density(density: Path, parts: Path) -> tuple[Float64[np.ndarray, "k j i"], UInt16[np.ndarray, "k j i"], float]:
    """Density (mg/ml), labels and voxel edge (mm), with k towards superior, j anterior, i to the right.

    Raises:
        Refused: a file is missing, no image, damaged or far too large; the grids differ, the voxels are no cubes, a
            density is no number, or the labels are no whole numbers from 0.
    """
    density, parts = Path(density), Path(parts)
    for path in (density, parts):
        _check_header(path)
    values, affine = _upright(density)
    labels, affine_of_labels = _upright(parts)
    if values.shape != labels.shape or not np.allclose(affine, affine_of_labels, atol=SAME_MM):
        raise Refused("Density and parts lie on different grids: resample one onto the other.")
    edges = np.linalg.norm(affine[:3, :3], axis=0)
    if edges.max() > edges.min() * (1 + CUBIC) or abs(np.linalg.det(affine[:3, :3])) < edges.prod() * (1 - CUBIC):
        raise Refused(f"Voxels of {edges.round(3).tolist()} mm are no cubes: resample both files to one spacing.")
    if not np.abs(values).max() <= MAX_DENSITY_MG_PER_ML:  # so written, NaN is refused too
        raise Refused(f"{density.name} holds values that are no density: give mg/ml.", where=density.name)
    if not (labels.min() >= 0 and labels.max() <= MAX_LABEL) or (labels % 1).any():
        raise Refused(
            f"The parts hold values that are no labels: give whole numbers from 0 to {MAX_LABEL}.", where=parts.name
        )
    return values, np.ascontiguousarray(labels, np.uint16), float(edges.mean())


def upright_affine(path: Path) -> Float64[np.ndarray, "4 4"]:
    """From voxel (i, j, k) of what `read_density` returns to RAS mm.

    Raises:
        Refused: the file is damaged.
    """
    return _upright(path)[1]


def _damaged(path: Path) -> Refused:
    return Refused(f"{path.name} is damaged or no NIfTI image: copy or convert it again.", where=path.name)


def _check_header(path: Path) -> None:
    """Refuse what the header alone shows to be no volume of a vertebra."""
    if not path.is_file():
        raise Refused(f"{path.name} is no file that can be found: check the path.", where=path.name)
    packed = path.name.lower().endswith(".gz")
    with quiet_readers():
        try:
            with (gzip.open if packed else open)(path, "rb") as stream:
                header: Any = nibabel.Nifti1Header(stream.read(HEADER_BYTES))  # type: ignore[no-untyped-call]
            shape, affine = header.get_data_shape(), np.asarray(header.get_best_affine(), np.float64)
            kind, offset = header.get_data_dtype(), float(header["vox_offset"])
        except PermissionError:
            raise Refused(f"{path.name} may not be read: allow reading it.", where=path.name) from None
        except Exception as reason:
            raise _damaged(path) from reason
    if len(shape) != 3:
        raise Refused(f"{path.name} has {len(shape)} axes: give one volume of three.", where=path.name)
    if min(shape) < 1 or max(shape) > MAX_SIDE or math.prod(shape) > MAX_VOXELS:
        stated = " x ".join(str(side) for side in shape)
        raise Refused(f"{path.name} states {stated} voxels: cut it to one vertebra.", where=path.name)
    if not (0 <= offset <= MAX_HEADER_BYTES) or kind.kind not in "iuf":
        raise _damaged(path)
    if path.stat().st_size * (DEFLATE_RATIO if packed else 1) < math.prod(shape) * kind.itemsize:
        raise _damaged(path)
    edges = np.linalg.norm(affine[:3, :3], axis=0) if np.isfinite(affine).all() else np.zeros(3)
    if not (edges.min() >= MIN_EDGE_MM and edges.max() <= MAX_EDGE_MM and np.linalg.det(affine[:3, :3])):
        raise Refused(f"{path.name} has voxels without a usable size: convert it again.", where=path.name)


def _upright(path: Path) -> tuple[Float64[np.ndarray, "k j i"], Float64[np.ndarray, "4 4"]]:
    """Values [k, j, i] and the affine of (i, j, k), the axes turned to run nearest to right, anterior and superior."""
    with quiet_readers():
        try:
            image = nibabel.as_closest_canonical(nibabel.Nifti1Image.from_filename(path))  # type: ignore[no-untyped-call]
            values = np.ascontiguousarray(image.get_fdata(caching="unchanged").transpose(2, 1, 0))
        except Exception as reason:
            raise _damaged(path) from reason
    return values, np.asarray(image.affine, np.float64)
