"""From files to named levels: the whole way, on drawn spines and on the real one."""

import nibabel
import numpy as np
import pytest

from intake_files import ct_like, spine_labels, write_labels, write_nifti
from vertebroplasty.anatomy.levels import Subregion
from vertebroplasty.errors import Refused, UnknownLabels, UnreadableImage
from vertebroplasty.intake import read_ct, read_labels

VERSE_LUMBAR = [20, 21, 22, 23, 24]


def spine_of(tmp_path, values, *, scheme=None, confirm_level=None, **shape):
    volume = spine_labels(values, **shape)
    path = write_labels(tmp_path / "seg.nii.gz", volume)
    return read_labels(path, like=ct_like(volume), scheme=scheme, confirm_level=confirm_level)


def test_levels_are_named_and_lie_on_the_ct(tmp_path):
    spine = spine_of(tmp_path, [*VERSE_LUMBAR, 26], step_mm=[34, 34, 35, 35, 60])
    assert list(spine) == ["L1", "L2", "L3", "L4", "L5", "S1"]
    assert spine.scheme == "verse"
    np.testing.assert_array_equal(spine.affine.matrix, spine.ct.affine.matrix)
    assert spine.labels.shape == spine.ct.hu.shape
    assert spine["L3"].mask().sum() == 125
    assert spine["L3"].evidence.counted_from == "sacrum"
    assert spine["L3"].evidence.neighbours == ("L2", "L4")
    assert spine["L3"].evidence.suspicious == ()
    assert spine.inputs[0].name == "seg.nii.gz"


def test_a_spine_that_leans_far_is_read_as_well(tmp_path):
    assert list(spine_of(tmp_path, VERSE_LUMBAR, lean=1.0)) == ["L1", "L2", "L3", "L4", "L5"]


def test_discs_ribs_and_organs_are_no_levels(tmp_path):
    spine = spine_of(tmp_path, [19, 20, 21, 101, 201, 43], scheme="tptbox")
    assert set(np.unique(spine.labels)) == {0, 19, 20, 21}
    assert spine.ribs_labelled
    assert spine["L2"].evidence.counted_from == "ribs"


@pytest.mark.parametrize(
    ("values", "word"), [([18, 19, 28, 20], "thirteenth"), ([23, 24, 25, 26], "sixth"), ([21, 22, 23, 26], "four")]
)
def test_unusual_spines_are_read_and_said_at_every_level(tmp_path, values, word):
    spine = spine_of(tmp_path, values, step_mm=32)
    assert all(any(word in sentence for sentence in evidence.suspicious) for evidence in spine.evidence.values())


def test_a_missing_label_stops_until_the_user_confirms(tmp_path):
    with pytest.raises(UnknownLabels, match="L4 follows directly below L2"):
        spine_of(tmp_path, VERSE_LUMBAR, skip=(22,))
    spine = spine_of(tmp_path, VERSE_LUMBAR, skip=(22,), confirm_level="L4")
    assert spine["L4"].evidence.confirmed_by_user
    assert spine["L4"].evidence.suspicious[-1] == "The user confirmed L4 against the images."
    assert not spine["L2"].evidence.confirmed_by_user
    assert "L4 follows directly below L2." in spine["L2"].evidence.suspicious


def test_a_gap_under_consecutive_names_stops_until_the_user_confirms(tmp_path):
    steps = [32, 33, 68, 34]
    with pytest.raises(UnknownLabels, match="L3 and L4 are 68 mm apart"):
        spine_of(tmp_path, VERSE_LUMBAR, step_mm=steps)
    assert spine_of(tmp_path, VERSE_LUMBAR, step_mm=steps, confirm_level="L3")["L3"].evidence.confirmed_by_user


def test_exchanged_labels_stop_with_and_without_a_declared_scheme(tmp_path):
    exchanged = [20, 22, 21, 23, 24]
    with pytest.raises(UnknownLabels, match="fit no scheme"):
        spine_of(tmp_path, exchanged)
    with pytest.raises(UnknownLabels, match="Read as verse, L3 lies above L2"):
        spine_of(tmp_path, exchanged, scheme="verse")
    confirmed = spine_of(tmp_path, exchanged, scheme="verse", confirm_level="L4")
    assert confirmed["L4"].evidence.confirmed_by_user


def test_a_single_label_needs_its_scheme(tmp_path):
    with pytest.raises(UnknownLabels, match="--labels"):
        spine_of(tmp_path, [22])
    spine = spine_of(tmp_path, [22], scheme="verse")
    assert "No other level" in spine["L3"].evidence.suspicious[0]


def test_a_confirmed_name_must_be_a_level_of_the_file(tmp_path):
    with pytest.raises(Refused, match="L9 is not a level"):
        spine_of(tmp_path, VERSE_LUMBAR, confirm_level="L9")
    with pytest.raises(Refused, match="no T1 to confirm"):
        spine_of(tmp_path, VERSE_LUMBAR, confirm_level="T1")


def test_stray_voxels_of_another_number_are_left_aside_and_said(tmp_path):
    volume = spine_labels(VERSE_LUMBAR)
    volume.labels[0, 0, 0] = 9
    path = write_labels(tmp_path / "seg.nii.gz", volume)
    spine = read_labels(path, like=ct_like(volume))
    assert list(spine) == ["L1", "L2", "L3", "L4", "L5"]
    assert any("9 (1 voxels)" in note for note in spine.notes)


def test_islands_are_noted_and_doubled_levels_are_suspicious(tmp_path):
    volume = spine_labels(VERSE_LUMBAR)
    volume.labels[0, 0, 0] = 22
    k = int(np.argwhere(volume.labels == 23)[0][0])
    volume.labels[k : k + 5, 12:17, 5:10] = 23
    spine = read_labels(write_labels(tmp_path / "seg.nii.gz", volume), like=ct_like(volume))
    assert any("L3 (1)" in note for note in spine.notes)
    assert spine["L3"].evidence.suspicious == ()
    assert any("2 separate pieces" in sentence for sentence in spine["L4"].evidence.suspicious)


def test_a_level_outside_the_ct_still_counts_as_evidence(tmp_path):
    volume = spine_labels([*VERSE_LUMBAR, 26], step_mm=34)
    top = ct_like(volume)
    start = int(np.argwhere(volume.labels == 23)[:, 0].max()) - 1
    crop = type(top)(hu=top.hu[start:], affine=top.affine.shifted((0, 0, start)))
    spine = read_labels(write_labels(tmp_path / "seg.nii.gz", volume), like=crop)
    assert list(spine) == ["L1", "L2", "L3", "L4"]
    assert spine["L3"].evidence.counted_from == "sacrum"
    assert any("L5, S1 lie outside the CT" in note for note in spine.notes)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda labels: labels + 0.5, "between whole numbers"),
        (lambda labels: labels - 3.0, "no label mask"),
        (lambda labels: labels * 1e6, "no label mask"),
        (lambda labels: labels * 0, "is empty"),
    ],
)
def test_what_is_no_label_mask_is_refused(tmp_path, change, sentence):
    volume = spine_labels(VERSE_LUMBAR)
    affine = np.diag([-1.0, -1, 1, 1]) @ volume.affine.matrix
    path = write_nifti(tmp_path / "seg.nii", change(volume.labels.transpose().astype(np.float32)), affine)
    with pytest.raises((UnreadableImage, UnknownLabels), match=sentence):
        read_labels(path, like=ct_like(volume))


def test_labels_stored_as_floats_are_read(tmp_path):
    volume = spine_labels(VERSE_LUMBAR)
    affine = np.diag([-1.0, -1, 1, 1]) @ volume.affine.matrix
    path = write_nifti(tmp_path / "seg.nii", volume.labels.transpose().astype(np.float64), affine)
    assert len(read_labels(path, like=ct_like(volume))) == 5


def packed(tmp_path, values_ijk, affine, slope):
    """Values as a program packs floats into bytes: counts times a slope."""
    image = nibabel.Nifti1Image(np.rint(values_ijk / slope).astype(np.uint8), affine)
    image.header.set_slope_inter(slope, 0.0)
    path = tmp_path / "seg.nii.gz"
    nibabel.save(image, path)
    return path


def test_labels_packed_into_bytes_with_a_scale_are_rounded_and_said(tmp_path):
    volume = spine_labels(VERSE_LUMBAR)
    affine = np.diag([-1.0, -1, 1, 1]) @ volume.affine.matrix
    # 24 is the highest label and 255 counts the most: 22 becomes 234 counts, 22.02
    path = packed(tmp_path, volume.labels.transpose().astype(float), affine, 24 / 255)
    spine = read_labels(path, like=ct_like(volume))
    assert list(spine) == ["L1", "L2", "L3", "L4", "L5"]
    np.testing.assert_array_equal(spine.labels, volume.labels)
    assert any("stored with a scale and lie up to 0.0" in note and "rounded" in note for note in spine.notes)


def test_a_fine_scale_with_an_offset_still_holds_labels(tmp_path):
    """22 read as 22.008: far more than half of so fine a step, far less than any doubt about the label."""
    volume = spine_labels(VERSE_LUMBAR)
    slope = 1 / 1024
    image = nibabel.Nifti1Image(
        volume.labels.transpose().astype(np.int16) * 1024, np.diag([-1.0, -1, 1, 1]) @ volume.affine.matrix
    )
    image.header.set_slope_inter(slope, 0.008)
    nibabel.save(image, tmp_path / "seg.nii")
    spine = read_labels(tmp_path / "seg.nii", like=ct_like(volume))
    np.testing.assert_array_equal(spine.labels, volume.labels)
    assert any("up to 0.008 off whole numbers" in note for note in spine.notes)


@pytest.mark.parametrize("slope", [24 / 255, 0.5, 0.9, 1 / 255, 2.5])
def test_a_scaled_image_that_is_no_mask_is_refused(tmp_path, slope):
    """Every count occurs, so some values lie half way between labels."""
    volume = spine_labels(VERSE_LUMBAR)
    shape = volume.labels.transpose().shape
    values = slope * (np.arange(volume.labels.size).reshape(shape) % 200)
    path = packed(tmp_path, values, np.diag([-1.0, -1, 1, 1]) @ volume.affine.matrix, slope)
    with pytest.raises(UnreadableImage, match="between whole numbers"):
        read_labels(path, like=ct_like(volume))


def test_no_or_three_files_are_refused(tmp_path):
    volume = spine_labels(VERSE_LUMBAR)
    path = write_labels(tmp_path / "seg.nii.gz", volume)
    with pytest.raises(Refused, match="Give one segmentation, or two"):
        read_labels([path] * 3, like=ct_like(volume))
    with pytest.raises(UnreadableImage, match="no such segmentation"):
        read_labels(tmp_path / "absent.nii", like=ct_like(volume))


# --- the real masks ---


def test_the_real_masks_prove_verse_and_hold_l3(l3):
    spine = read_labels(l3["vertebrae"], like=read_ct(l3["ct"]))
    assert (spine.scheme, list(spine)) == ("verse", ["L2", "L3", "L4"])
    assert [int(spine[name].mask().sum()) for name in spine] == [6567, 17698, 12083]
    assert spine["L3"].mask().sum() * spine.affine.voxel_ml == pytest.approx(59.73, abs=0.01)
    assert spine["L3"].evidence.counted_from == "none"


def test_the_real_masks_are_not_totalsegmentator(l3):
    with pytest.raises(UnknownLabels, match="L2 lies above L1"):
        read_labels(l3["vertebrae"], like=read_ct(l3["ct"]), scheme="totalsegmentator-v1")


@pytest.mark.parametrize("swapped", [(21, 22), (22, 23), (21, 23)])
def test_exchanging_two_real_labels_stops(l3, tmp_path, swapped):
    image = nibabel.load(l3["vertebrae"])
    labels = np.asanyarray(image.dataobj).copy()
    first, second = (labels == value for value in swapped)
    labels[first], labels[second] = swapped[1], swapped[0]
    path = write_nifti(tmp_path / "swapped.nii.gz", labels, image.affine)
    ct = read_ct(l3["ct"])
    for scheme in (None, "verse", "tptbox"):
        with pytest.raises(UnknownLabels):
            read_labels(path, like=ct, scheme=scheme)


@pytest.mark.parametrize("order", [("vertebrae", "subregions"), ("subregions", "vertebrae")])
def test_the_pair_of_real_masks_is_told_apart_in_either_order(l3, order):
    spine = read_labels([l3[role] for role in order], like=read_ct(l3["ct"]))
    mask = spine["L3"].mask()
    corpus = mask & (spine.subregions == Subregion.CORPUS)
    assert corpus.sum() * spine.affine.voxel_ml == pytest.approx(39.26, abs=0.01)
    assert not spine.subregions[spine.labels == 0].any()
    # LPS x grows to the left: the left transverse process lies on the left
    centre_x = [
        spine.affine.to_world(np.argwhere(mask & (spine.subregions == part)).mean(axis=0)[::-1])[0]
        for part in (Subregion.COSTAL_LEFT, Subregion.COSTAL_RIGHT)
    ]
    assert centre_x[0] > centre_x[1] + 40
    assert {file.role for file in spine.inputs} == {"segmentation", "segmentation-subregions"}


def test_a_single_real_level_with_its_parts_needs_no_declared_scheme(l3, tmp_path):
    image = nibabel.load(l3["vertebrae"])
    only = np.where(np.asanyarray(image.dataobj) == 22, 22, 0).astype(np.uint8)
    path = write_nifti(tmp_path / "only.nii.gz", only, image.affine)
    ct = read_ct(l3["ct"])
    with pytest.raises(UnknownLabels, match=r"could be verse \(L3\), tptbox \(L3\), totalsegmentator-v1 \(L1\)"):
        read_labels(path, like=ct)
    spine = read_labels([path, l3["subregions"]], like=ct)
    assert (list(spine), spine.scheme) == (["L3"], "verse")
    assert any("speaks for verse and tptbox: L3" in note for note in spine.notes)
    assert "No other level" in spine["L3"].evidence.suspicious[0]


def test_parts_alone_or_twice_the_same_mask_are_refused(l3):
    ct = read_ct(l3["ct"])
    with pytest.raises(UnknownLabels, match="parts of vertebrae but does not say of which"):
        read_labels(l3["subregions"], like=ct)
    with pytest.raises(UnknownLabels, match="not exactly one holds subregions"):
        read_labels([l3["vertebrae"]] * 2, like=ct)


def test_nifti_masks_fit_the_dicom_ct_without_loss(data, l3):
    on_dicom = read_labels(l3["vertebrae"], like=read_ct(data / "l3_dicom"))
    assert [int(on_dicom[name].mask().sum()) for name in on_dicom] == [6567, 17698, 12083]
    assert on_dicom.notes == ()
