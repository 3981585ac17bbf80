"""Reading CT folders: small ones written here, and real ones with every defect that archives produce."""

import numpy as np
import pydicom
import pytest

from intake_files import ct_slices, ramp, slice_dataset, write_slices
from vertebroplasty.anatomy.volume import CtVolume
from vertebroplasty.errors import UnreadableImage
from vertebroplasty.files import sha256_of
from vertebroplasty.intake import read_ct


def test_shuffled_nested_slices_become_one_volume_in_lps(tmp_path):
    hu = ramp()
    slices = ct_slices(hu)
    write_slices(tmp_path / "Doe_Jane" / "b", slices[::2])
    write_slices(tmp_path / "Doe_Jane" / "a", slices[1::2])
    (tmp_path / "Doe_Jane" / "notes.txt").write_text("no image")
    (tmp_path / "Doe_Jane" / "empty").write_bytes(b"")
    ct = read_ct(tmp_path / "Doe_Jane")
    np.testing.assert_array_equal(ct.hu, hu)
    assert ct.hu.dtype == np.int16
    np.testing.assert_allclose(ct.affine.origin_lps_mm, [10, -20, 100])
    np.testing.assert_allclose(ct.affine.spacing_mm, [0.7, 0.8, 2.0])  # (i, j, k); the tag gives rows first
    assert (ct.kvp, ct.contrast_agent_stated, ct.frame_of_reference_uid) == (120.0, False, "1.2.9")


def test_no_patient_or_folder_name_enters_the_volume(tmp_path):
    folder = write_slices(tmp_path / "Doe_Jane", ct_slices(ramp()))
    ct = read_ct(folder)
    assert [(file.role, file.name) for file in ct.inputs] == [("ct", "ct")]
    assert ct.inputs[0].sha256 == sha256_of(folder)
    assert "Doe" not in repr(ct)
    assert "4711" not in repr(ct)


def test_a_header_without_a_patient_is_fine(tmp_path):
    slices = ct_slices(ramp())
    for dataset in slices:
        del dataset.PatientName, dataset.PatientID
    assert read_ct(write_slices(tmp_path, slices)).hu.shape == (5, 4, 6)


def test_a_series_stored_feet_first_keeps_its_place_in_the_patient(tmp_path):
    hu = ramp()
    upside_down = ((-1.0, 0.0, 0.0), (0.0, 1.0, 0.0))  # its normal points to the feet
    ct = read_ct(write_slices(tmp_path, ct_slices(hu, axes=upside_down)))
    np.testing.assert_allclose(ct.affine.directions[:, 2], [0, 0, -1])
    np.testing.assert_array_equal(ct.hu, hu[::-1])
    np.testing.assert_allclose(ct.affine.to_world(np.array([0.0, 0.0, 4.0])), [10, -20, 100])


def test_overlapping_thick_slices_follow_their_positions_not_their_thickness(tmp_path):
    ct = read_ct(write_slices(tmp_path, ct_slices(ramp(), step=2.0, SliceThickness=3.0)))
    assert ct.affine.spacing_mm[2] == pytest.approx(2.0)


@pytest.mark.parametrize(("agent", "stated"), [("APPLIED", True), ("Iomeron 350", True), ("none", False), ("", False)])
def test_a_contrast_agent_is_stated_or_not(tmp_path, agent, stated):
    assert read_ct(write_slices(tmp_path, ct_slices(ramp(), ContrastBolusAgent=agent))).contrast_agent_stated is stated


def test_the_scanner_is_named_by_its_model_and_kernel(tmp_path):
    ct = read_ct(
        write_slices(tmp_path, ct_slices(ramp(), ManufacturerModelName=" Example CT ", ConvolutionKernel=["Br40", "3"]))
    )
    assert (ct.scanner_model, ct.kernel) == ("Example CT", "Br40/3")


def test_two_series_are_listed_and_one_is_read_by_its_uid(tmp_path):
    write_slices(tmp_path / "a", ct_slices(ramp(), series="1.2.3"))
    write_slices(tmp_path / "b", ct_slices(ramp((3, 4, 6)), step=4.0, series="1.2.4"))
    with pytest.raises(UnreadableImage, match=r"--series: 1\.2\.3 \(5 slices, every 2.00 mm\); 1\.2\.4 \(3 slices"):
        read_ct(tmp_path)
    assert read_ct(tmp_path, series="1.2.4").affine.spacing_mm[2] == pytest.approx(4.0)
    with pytest.raises(UnreadableImage, match=r"no series 9\.9"):
        read_ct(tmp_path, series="9.9")


def test_a_scout_and_other_objects_are_left_aside_and_said(tmp_path):
    write_slices(tmp_path / "ct", ct_slices(ramp()))
    scout = slice_dataset(ramp()[0], (0, 0, 0), series="1.2.8", ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    write_slices(tmp_path / "scout", [scout])
    ct = read_ct(tmp_path)
    assert ct.hu.shape == (5, 4, 6)
    assert ct.notes == ("1 other series was left aside: no axial CT.",)


def test_what_is_no_ct_is_refused(tmp_path):
    magnetic = write_slices(tmp_path / "mr", ct_slices(ramp(), Modality="MR"))
    with pytest.raises(UnreadableImage, match="is MR, not CT"):
        read_ct(magnetic)
    many = write_slices(tmp_path / "enhanced", [slice_dataset(ramp()[0], (0, 0, 0), NumberOfFrames="5")])
    with pytest.raises(UnreadableImage, match="many slices in one file"):
        read_ct(many)
    (tmp_path / "nothing").mkdir()
    with pytest.raises(UnreadableImage, match="no DICOM images"):
        read_ct(tmp_path / "nothing")
    with pytest.raises(UnreadableImage, match="no such CT"):
        read_ct(tmp_path / "absent")
    with pytest.raises(UnreadableImage, match="single DICOM file"):
        read_ct(next((tmp_path / "mr").iterdir()))
    (tmp_path / "ct.png").write_bytes(b"picture")
    with pytest.raises(UnreadableImage, match="neither a DICOM folder nor a NIfTI"):
        read_ct(tmp_path / "ct.png")


@pytest.mark.parametrize("keyword", ["ImagePositionPatient", "PixelSpacing", "RescaleSlope"])
def test_a_slice_without_a_needed_tag_is_named(tmp_path, keyword):
    slices = ct_slices(ramp())
    delattr(slices[2], keyword)
    write_slices(tmp_path, slices, names=[f"slice{n}" for n in range(5)])
    with pytest.raises(UnreadableImage, match=f"slice2 has no usable {keyword}") as refusal:
        read_ct(tmp_path)
    assert refusal.value.where == "slice2"


def test_hostile_sizes_are_refused_before_pixels_are_read(tmp_path):
    slices = ct_slices(ramp())
    for dataset in slices:
        dataset.Rows = 60_000
    with pytest.raises(UnreadableImage, match="which no CT has"):
        read_ct(write_slices(tmp_path, slices))


def test_rows_that_do_not_match_the_pixels_are_refused(tmp_path):
    slices = ct_slices(ramp())
    for dataset in slices:
        dataset.Rows = 400
    with pytest.raises(UnreadableImage, match="damaged"):
        read_ct(write_slices(tmp_path, slices))


# --- the real series ---


def same_world_values(a, b, points):
    return a.sample(points), b.sample(points)


def test_dicom_and_nifti_of_the_lumbar_ct_agree_at_every_voxel(data, l3):
    dicom, nifti = read_ct(data / "l3_dicom"), read_ct(l3["ct"])
    k, j, i = (axis.ravel() for axis in np.indices(nifti.hu.shape))
    index = dicom.affine.to_index(nifti.affine.to_world(np.stack([i, j, k], axis=-1)))
    np.testing.assert_allclose(index, np.rint(index), atol=1e-5)  # positions are written with six decimals
    i2, j2, k2 = np.rint(index).astype(int).T
    np.testing.assert_array_equal(dicom.hu[k2, j2, i2], nifti.hu[k, j, i])
    assert dicom.hu.min() == -1030  # one voxel lies below the intercept: read unsigned, it would be bright
    np.testing.assert_allclose(dicom.affine.origin_lps_mm, [-30, 135, -103.199982], atol=1e-6)


@pytest.mark.parametrize(
    ("series", "sentence"),
    [
        ("missing_slice", r"1 slice is missing: 3\.00 mm lie between IM\d+\.dcm and IM\d+\.dcm"),
        ("duplicate_position", r"IM00007\.dcm and IM\d+\.dcm lie at the same position"),
        ("truncated_file", r"IM85642\.dcm is damaged"),
        ("different_size", r"IM94130\.dcm is 64 x 64 pixels where the other slices are 73 x 73"),
        ("tilt_12deg", r"tilted by 12\.0 degrees: add --resample-tilt"),
        ("real_tilt_phantom_philips", r"tilted by 16\.5 degrees: add --resample-tilt"),
        ("real_tilt_variable_spacing_ge", r"not evenly spaced: 1\.08 to 7\.00 mm"),
        ("two_series", r"2 CT series: choose one with --series"),
    ],
)
def test_every_defect_is_one_sentence_that_names_it(data, series, sentence):
    with pytest.raises(UnreadableImage, match=sentence) as refusal:
        read_ct(data / "dicom_odd" / series)
    assert series not in refusal.value.message


def test_uneven_spacing_is_refused_with_tilt_resampling_too(data):
    with pytest.raises(UnreadableImage, match="not evenly spaced"):
        read_ct(data / "dicom_odd" / "real_tilt_variable_spacing_ge", resample_tilt=True)


@pytest.mark.usefixtures("codecs")
def test_five_compressions_give_the_same_volume(data):
    plain, mixed = read_ct(data / "l3_dicom"), read_ct(data / "dicom_odd" / "compressed_mixed")
    np.testing.assert_array_equal(mixed.hu, plain.hu)
    np.testing.assert_allclose(mixed.affine.matrix, plain.affine.matrix)


def test_without_decoders_the_refusal_names_file_and_extra(data, monkeypatch):
    from pydicom.pixels.decoders.base import Decoder

    monkeypatch.setattr(Decoder, "is_available", property(lambda self: False))
    with pytest.raises(UnreadableImage, match=r"IM\d+\.dcm is compressed as .*vertebroplasty\[codecs\]"):
        read_ct(data / "dicom_odd" / "compressed_mixed")


def test_one_of_two_series_is_never_merged_with_the_other(data):
    folder = data / "dicom_odd" / "two_series"
    uids = {str(pydicom.dcmread(file, stop_before_pixels=True).SeriesInstanceUID) for file in folder.iterdir()}
    shapes = {read_ct(folder, series=uid).hu.shape: read_ct(folder, series=uid).affine.spacing_mm[2] for uid in uids}
    assert shapes == {(47, 73, 73): pytest.approx(1.5), (23, 73, 73): pytest.approx(3.0)}


def test_undoing_a_12_degree_tilt_restores_the_anatomy(data):
    plain = read_ct(data / "l3_dicom")
    upright = read_ct(data / "dicom_odd" / "tilt_12deg", resample_tilt=True)
    assert upright.notes[-1].startswith("The gantry was tilted by 12.0 degrees")
    np.testing.assert_allclose(upright.affine.directions, np.eye(3), atol=1e-9)
    k, j, i = np.indices(plain.hu.shape).reshape(3, -1)
    world = plain.affine.to_world(np.stack([i, j, k], axis=-1))
    values, expected = upright.sample(world), plain.hu.ravel()
    padded = CtVolume(hu=upright.outside().astype(np.float32), affine=upright.affine).sample(world)
    met = np.isfinite(values) & (padded == 0) & (values > -1000)
    # The tilted copy was itself made by linear interpolation of noisy voxels: read where it truly lies it correlates
    # 0.81 with the original, read without its shear 0.29; a second linear interpolation costs another hundredth.
    assert np.corrcoef(values[met], expected[met])[0, 1] > 0.79
    assert met.mean() > 0.8


def test_a_real_tilted_phantom_is_laid_upright(data):
    ct = read_ct(data / "dicom_odd" / "real_tilt_phantom_philips", resample_tilt=True)
    np.testing.assert_allclose(ct.affine.directions, np.eye(3), atol=1e-6)
    np.testing.assert_allclose(ct.affine.spacing_mm, [0.40625, 0.40625 * 0.95882, 2.5], rtol=1e-4)
    assert ct.hu.min() == -2048
    assert ct.outside().any()
