"""DICOM segmentations: levels by code, frames by position, nothing by number or order."""

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from vertebroplasty.errors import Refused, UnknownLabels, UnreadableImage
from vertebroplasty.intake import read_ct, read_labels
from vertebroplasty.intake.dicom_seg import level_of_segment, read_dicom_seg

BINARY = "l3_vertebrae_binary_seg.dcm"


def segment(label, code=None, keyword="SegmentedPropertyTypeCodeSequence"):
    dataset = Dataset()
    dataset.SegmentLabel = label
    if code:
        item = Dataset()
        item.CodeValue, item.CodingSchemeDesignator = code, "SCT"
        setattr(dataset, keyword, Sequence([item]))
    return dataset


@pytest.mark.parametrize(
    ("label", "code", "level"),
    [
        ("vertebrae_L3", "36470004", "L3"),
        ("segment 7", "36470004", "L3"),
        ("vertebrae_T12", None, "T12"),
        ("L1 vertebra", "51282000", "L1"),  # coded as any vertebra, named by its label
        ("T09", None, "T9"),
        ("Sacrum", "54735007", "S1"),
        ("Spine", "421060004", None),
        ("liver", None, None),
        ("L1-L2 disc", None, None),
        ("disc L1/L2", None, None),
        ("T14", None, None),
        ("HL3", None, None),
        ("L3 disc", None, None),
        ("metastasis in L3", None, None),
        ("L3", "108369006", None),  # coded as a neoplasm
    ],
)
def test_a_segment_is_named_by_its_code_or_its_words(label, code, level):
    assert level_of_segment(segment(label, code)) == level


def test_the_anatomic_region_counts_too():
    assert level_of_segment(segment("bone", "66794005", keyword="AnatomicRegionSequence")) == "L1"


def test_the_region_of_a_tumour_is_not_the_vertebra():
    tumour = segment("mass", "66794005", keyword="AnatomicRegionSequence")
    tumour.SegmentedPropertyTypeCodeSequence = segment("", "108369006").SegmentedPropertyTypeCodeSequence
    assert level_of_segment(tumour) is None


def test_code_and_words_that_disagree_stop():
    with pytest.raises(UnknownLabels, match="coded as L3 but written as vertebrae_L2"):
        level_of_segment(segment("vertebrae_L2", "36470004"))


@pytest.mark.parametrize(
    "name", [BINARY, "l3_vertebrae_binary_seg_shuffled_numbers.dcm", "l3_vertebrae_labelmap_seg.dcm"]
)
def test_every_form_gives_the_masks_of_the_nifti_file(data, l3, name):
    ct = read_ct(data / "l3_dicom")
    spine = read_labels(data / "dicom_seg" / name, like=ct)
    reference = read_labels(l3["vertebrae"], like=ct)
    assert (list(spine), spine.scheme, spine.notes) == (["L2", "L3", "L4"], "dicom-seg", ())
    for level in reference:
        np.testing.assert_array_equal(spine[level].mask(), reference[level].mask())


def test_a_segmentation_fits_the_nifti_copy_of_its_ct(data, l3):
    ct = read_ct(l3["ct"])
    spine, reference = read_labels(data / "dicom_seg" / BINARY, like=ct), read_labels(l3["vertebrae"], like=ct)
    np.testing.assert_array_equal(spine["L3"].mask(), reference["L3"].mask())


def test_overlapping_segments_are_refused(data):
    with pytest.raises(UnreadableImage, match="overlapping segments"):
        read_labels(data / "dicom_seg" / "seg_image_ct_binary_overlap.dcm", like=read_ct(data / "l3_dicom"))


def test_a_declared_scheme_is_not_used_and_that_is_said(data):
    spine = read_labels(data / "dicom_seg" / BINARY, like=read_ct(data / "l3_dicom"), scheme="totalsegmentator-v1")
    assert "was not used" in spine.notes[0]
    with pytest.raises(Refused, match="not a label scheme"):
        read_labels(data / "dicom_seg" / BINARY, like=read_ct(data / "l3_dicom"), scheme="own")


def changed(data, tmp_path, change):
    """The real binary segmentation with something changed."""
    dataset = pydicom.dcmread(data / "dicom_seg" / BINARY)
    change(dataset)
    path = tmp_path / "seg.dcm"
    dataset.save_as(path)
    return path


def test_exchanged_codes_stop_by_the_order_along_the_spine(data, tmp_path):
    def exchange(dataset):
        first, second = dataset.SegmentSequence[0], dataset.SegmentSequence[1]
        for keyword in ("SegmentLabel", "SegmentedPropertyTypeCodeSequence"):
            one, other = getattr(first, keyword), getattr(second, keyword)
            setattr(first, keyword, other)
            setattr(second, keyword, one)

    with pytest.raises(UnknownLabels, match="L3 lies above L2"):
        read_labels(changed(data, tmp_path, exchange), like=read_ct(data / "l3_dicom"))


def test_frames_in_another_order_land_in_the_same_place(data, tmp_path):
    def reverse(dataset):
        pixels = dataset.pixel_array[::-1]
        dataset.PerFrameFunctionalGroupsSequence = Sequence(list(dataset.PerFrameFunctionalGroupsSequence)[::-1])
        packed = np.packbits(pixels.ravel(), bitorder="little")
        dataset.PixelData = packed.tobytes() + b"\0" * (packed.size % 2)

    turned, plain = read_dicom_seg(changed(data, tmp_path, reverse)), read_dicom_seg(data / "dicom_seg" / BINARY)
    np.testing.assert_array_equal(turned.labels, plain.labels)
    np.testing.assert_allclose(turned.affine.matrix, plain.affine.matrix)


@pytest.mark.parametrize(
    ("change", "error", "sentence"),
    [
        (lambda ds: setattr(ds, "SegmentationType", "FRACTIONAL"), UnreadableImage, "no segmentation of whole voxels"),
        (lambda ds: setattr(ds, "Modality", "CT"), UnreadableImage, "no segmentation of whole voxels"),
        (lambda ds: setattr(ds, "NumberOfFrames", "77"), UnreadableImage, "seg.dcm is damaged"),
        (lambda ds: setattr(ds, "PixelData", ds.PixelData[:500]), UnreadableImage, "seg.dcm is damaged"),
        (lambda ds: setattr(ds, "Rows", 9000), UnreadableImage, "which no CT has"),
        (lambda ds: setattr(ds, "FrameOfReferenceUID", "1.2.3"), UnreadableImage, "another frame of reference"),
        (lambda ds: delattr(ds, "PerFrameFunctionalGroupsSequence"), UnreadableImage, "seg.dcm is damaged"),
    ],
)
def test_what_cannot_be_trusted_is_one_sentence(data, tmp_path, change, error, sentence):
    with pytest.raises(error, match=sentence):
        read_labels(changed(data, tmp_path, change), like=read_ct(data / "l3_dicom"))


def test_two_segments_of_the_same_level_stop(data, tmp_path):
    def same(dataset):
        dataset.SegmentSequence[1].SegmentLabel = dataset.SegmentSequence[0].SegmentLabel
        dataset.SegmentSequence[1].SegmentedPropertyTypeCodeSequence = dataset.SegmentSequence[
            0
        ].SegmentedPropertyTypeCodeSequence

    with pytest.raises(UnknownLabels, match="Two segments are L2"):
        read_dicom_seg(changed(data, tmp_path, same))


def test_the_other_library_places_the_same_voxels(data):
    hd = pytest.importorskip("highdicom")
    ours = read_dicom_seg(data / "dicom_seg" / BINARY)
    theirs = hd.seg.segread(data / "dicom_seg" / BINARY).get_volume(combine_segments=True, relabel=False)
    # compared by world position, since the two store slices in opposite orders; their numbers are 1, 2, 3 for L2 to L4
    k, j, i = np.indices(ours.labels.shape).reshape(3, -1)
    index = theirs.map_reference_to_indices(ours.affine.to_world(np.stack([i, j, k], axis=-1)))
    a, b, c = np.rint(index).astype(int).T
    names = {0: None, 1: "L2", 2: "L3", 3: "L4"}
    found = np.array([names[int(value)] or "" for value in theirs.array[a, b, c]])
    expected = np.array([ours.names.get(int(value), "") for value in ours.labels[k, j, i]])
    np.testing.assert_array_equal(found, expected)
