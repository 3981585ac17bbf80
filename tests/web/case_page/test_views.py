"""The upright image is the CT: each voxel's Hounsfield units are those at its place in the patient."""

import numpy as np
import pytest

from vertebroplasty.anatomy.vertebra import Part
from vertebroplasty.web.case_page.views import NOT_SCANNED_HU, Shown, upright_image


@pytest.fixture(scope="module")
def image(opened):
    return upright_image(opened)


def test_a_voxels_hu_is_the_cts_at_its_point(image, opened):
    rng = np.random.default_rng(5)
    index = rng.integers(0, np.array(image.hu.shape[::-1]), (3000, 3))
    values = image.hu[tuple(index[:, ::-1].T)].astype(float)
    sampled = opened.rehearsal.vertebra.level.ct.sample(image.affine.to_world(index))
    scanned = np.isfinite(sampled)
    assert 0.3 < scanned.mean() < 1.0  # the field of view of this case is smaller than the box
    assert (values[~scanned] == NOT_SCANNED_HU).all()
    known = scanned & (values != NOT_SCANNED_HU)
    # Half a unit by rounding, and float32 on both ways.
    np.testing.assert_allclose(values[known], sampled[known], atol=0.51)
    assert known.sum() > 0.99 * scanned.sum()  # only the rim may differ, by rounding of the index


def test_the_axes_are_the_vertebras(image, opened):
    frame = opened.rehearsal.vertebra.frame
    np.testing.assert_allclose(frame.to_local(image.affine.to_world(np.zeros(3))), image.start_mm, atol=1e-9)
    np.testing.assert_allclose(image.affine.directions.T, frame.axes, atol=1e-12)


def test_labels_name_the_parts(image, opened):
    vertebra = opened.rehearsal.vertebra

    def label(local):
        i, j, k = np.rint((np.asarray(local) - image.start_mm) / image.spacing_mm).astype(int)
        return Shown(int(image.labels[k, j, i]))

    assert label((0.0, 0.0, 0.0)) is Shown.BODY
    assert label(vertebra.pedicles["left"].isthmus_mm) is Shown.PEDICLE_LEFT
    assert label(vertebra.pedicles["right"].isthmus_mm) is Shown.PEDICLE_RIGHT
    canal = vertebra.canal
    middle = len(canal.superior_mm) // 2
    at = (canal.centre_right_mm[middle], canal.centre_anterior_mm[middle], canal.superior_mm[middle])
    assert label(at) is Shown.CANAL
    assert label((0.0, 0.0, vertebra.upper_mm + 3.0)) is Shown.DISC
    assert label((0.0, 0.0, vertebra.upper_mm + 20.0)) is Shown.NEIGHBOUR


def test_parts_of_the_bone_keep_their_numbers():
    assert (Shown.BODY, Shown.PEDICLE_LEFT, Shown.PEDICLE_RIGHT, Shown.ARCH) == (
        Part.BODY,
        Part.PEDICLE_LEFT,
        Part.PEDICLE_RIGHT,
        Part.ARCH,
    )


def test_the_body_has_the_volume_that_was_measured(image, opened):
    voxel_ml = image.spacing_mm**3 / 1000
    shown = np.isin(image.labels, [Shown.BODY, Shown.CLEFT, Shown.LESION, Shown.VEIN])
    _, j, _ = np.nonzero(shown)
    in_body = j * image.spacing_mm + image.start_mm[1] > opened.rehearsal.vertebra.posterior_wall.at_zero_mm - 2.0
    # Whole voxels of the label's outline against a measurement that splits them.
    np.testing.assert_allclose(in_body.sum() * voxel_ml, opened.measured.body_volume_ml.value, rtol=0.05)
