"""The real lumbar CT with its masks, for the tests of reading."""

import pytest


@pytest.fixture
def l3(data):
    """The real lumbar CT with its masks: paths by role."""
    folder = data / "l3_verse"
    return {
        "ct": folder / "sub-ct_label-22_ct.nii.gz",
        "vertebrae": folder / "sub-ct_seg-vert_label-22_msk.nii.gz",
        "subregions": folder / "sub-ct_seg-subreg_label-22_msk.nii.gz",
    }
