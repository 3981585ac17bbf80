"""Two NIfTI files in, arrays with k superior out, whichever way their axes run."""

import nibabel
import numpy as np
import pytest

from vertebroplasty.errors import Refused, UnreadableImage
from vertebroplasty.strength.density_files import read_density


def write(path, values, affine):
    nibabel.save(nibabel.Nifti1Image(values, affine), path)
    return path


@pytest.fixture
def pair(tmp_path):
    """Density = 100 · superior + 10 · anterior + right, stored with axes P, I, R."""
    affine = np.array([[0, 0, 2.0, 0], [-2, 0, 0, 6], [0, -2, 0, 8], [0, 0, 0, 1]])
    p, i, r = np.meshgrid(np.arange(4), np.arange(5), np.arange(3), indexing="ij")
    values = 100.0 * (4 - i) + 10 * (3 - p) + r
    return values, affine, tmp_path


def test_axes_are_turned_upright(pair):
    values, affine, folder = pair
    paths = write(folder / "d.nii.gz", values, affine), write(folder / "p.nii.gz", values.astype(np.uint16), affine)
    density, parts, spacing = read_density(*paths)
    k, j, i = np.meshgrid(np.arange(5), np.arange(4), np.arange(3), indexing="ij")
    assert (density == 100 * k + 10 * j + i).all()
    assert (parts == density).all()
    assert spacing == 2.0


def test_what_is_no_pair_of_cubic_volumes_is_refused(pair):
    values, affine, folder = pair
    good = write(folder / "d.nii.gz", values, affine)
    shifted = affine + np.eye(4)[:, [3]] * 0 + np.array([[0, 0, 0, 1.0]] + [[0] * 4] * 3)
    with pytest.raises(Refused, match="different grids"):
        read_density(good, write(folder / "s.nii.gz", values.astype(np.uint8), shifted))
    with pytest.raises(Refused, match="whole numbers"):
        read_density(good, write(folder / "f.nii.gz", values + 0.5, affine))
    flat = affine @ np.diag([1, 1, 1.5, 1])
    with pytest.raises(Refused, match="no cubes"):
        read_density(write(folder / "a.nii.gz", values, flat), write(folder / "b.nii.gz", values, flat))
    with pytest.raises(Refused, match="2 axes"):
        read_density(good, write(folder / "two.nii.gz", values[0], affine))
    with pytest.raises(UnreadableImage, match=r"missing\.nii"):
        read_density(good, folder / "missing.nii")
