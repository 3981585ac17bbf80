"""Phantoms on disk: what is read back is what was painted, where it was painted."""

import nibabel
import numpy as np
import pydicom
import pytest

from vertebroplasty.phantom import LevelShape, SpinePhantom, write_dicom, write_nifti

PHANTOM = SpinePhantom(
    levels={"L4": LevelShape()},
    spacing_mm=(2.0, 2.5, 3.0),
    rotation_deg=(5.0, 10.0, -15.0),
    grid_rotation_deg=(8.0, -6.0, 12.0),
    centre_lps_mm=(12.5, -40.0, 310.0),
    noise_hu=10.0,
)


@pytest.fixture(scope="module")
def painted():
    return PHANTOM.build()


def test_nifti_keeps_values_and_places(tmp_path, painted):
    ct, spine = painted
    for path, array in zip(write_nifti(PHANTOM, tmp_path), (ct.hu, spine.labels), strict=True):
        image = nibabel.load(path)
        assert np.array_equal(np.asanyarray(image.dataobj).T, array)
        ras = image.affine @ [3.0, 4.0, 5.0, 1.0]
        # NIfTI stores single precision.
        assert ras[:3] * (-1.0, -1.0, 1.0) == pytest.approx(ct.affine.to_world(np.array([3.0, 4.0, 5.0])), abs=1e-3)
    assert set(np.unique(spine.labels)) == {0, 23}


def test_dicom_keeps_values_and_places(tmp_path, painted):
    ct, _ = painted
    files = write_dicom(PHANTOM, tmp_path)
    assert len(files) == ct.hu.shape[0]
    slices = [pydicom.dcmread(file) for file in files]
    for k in (0, len(files) - 1):
        dataset = slices[k]
        hu = dataset.pixel_array.astype(int) * int(dataset.RescaleSlope) + int(dataset.RescaleIntercept)
        assert np.array_equal(hu, ct.hu[k])
        row, column = np.reshape(np.array(dataset.ImageOrientationPatient, float), (2, 3))
        down, across = (float(value) for value in dataset.PixelSpacing)
        # Position of column index 7, row index 9: PS3.3 C.7.6.2.1.1; decimal strings hold 16 characters.
        place = np.array(dataset.ImagePositionPatient, float) + 7 * across * row + 9 * down * column
        assert place == pytest.approx(ct.affine.to_world(np.array([7.0, 9.0, k])), abs=1e-9)
    assert len({dataset.SOPInstanceUID for dataset in slices}) == len(slices)
    assert len({dataset.SeriesInstanceUID for dataset in slices}) == 1
    assert str(slices[0].PatientName) == "Synthetic^Spine"


def test_the_same_phantom_gives_the_same_bytes(tmp_path):
    for write in (write_nifti, write_dicom):
        first, second = write(PHANTOM, tmp_path / "a"), write(PHANTOM, tmp_path / "b")
        assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
