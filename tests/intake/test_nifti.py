"""NIfTI of any orientation lands where it belongs in LPS; what cannot be placed or trusted is refused."""

import gzip
import logging
import struct

import nibabel
import numpy as np
import pytest

from intake_files import RAS_TO_LPS, ramp, write_nifti
from vertebroplasty.errors import UnreadableImage
from vertebroplasty.intake import read_ct
from vertebroplasty.intake.nifti import nearest_right_angles

PLAIN = np.array([[0.8, 0, 0, -30], [0, 0.9, 0, 12], [0, 0, 2.0, 500], [0, 0, 0, 1.0]])


def sheared(degrees):
    """PLAIN with its third axis leaning by an angle."""
    matrix = PLAIN.copy()
    matrix[0, 2] = 2.0 * np.tan(np.radians(degrees))
    return matrix


@pytest.mark.parametrize("axes", ["RAS", "LPS", "PIR", "ASL", "SRA", "RAI"])
def test_every_axis_order_keeps_each_voxel_in_its_place(tmp_path, axes):
    base = nibabel.Nifti1Image(ramp((5, 4, 6)).transpose(), PLAIN)
    wanted = nibabel.orientations.axcodes2ornt(axes)
    turned = base.as_reoriented(nibabel.orientations.ornt_transform(nibabel.io_orientation(PLAIN), wanted))
    ct = read_ct(write_nifti(tmp_path / "ct.nii.gz", np.asanyarray(turned.dataobj), turned.affine))
    k, j, i = np.indices(ct.hu.shape).reshape(3, -1)
    ras = ct.affine.to_world(np.stack([i, j, k], axis=-1)) * [-1, -1, 1]
    at = np.rint((ras - PLAIN[:3, 3]) / np.diag(PLAIN)[:3]).astype(int)
    np.testing.assert_array_equal(ct.hu[k, j, i], ramp((5, 4, 6))[at[:, 2], at[:, 1], at[:, 0]])


def test_the_affine_is_the_stored_one_in_lps(tmp_path):
    ct = read_ct(write_nifti(tmp_path / "ct.nii", ramp().transpose(), PLAIN))
    np.testing.assert_allclose(ct.affine.matrix, RAS_TO_LPS @ PLAIN, rtol=1e-6)  # stored in single precision
    assert (ct.inputs[0].role, ct.inputs[0].name) == ("ct", "ct.nii")
    assert (ct.kvp, ct.contrast_agent_stated, ct.hu.dtype) == (None, None, np.int16)


def test_qform_alone_is_enough_and_neither_is_refused(tmp_path):
    ct = read_ct(write_nifti(tmp_path / "q.nii", ramp().transpose(), PLAIN, sform=0, qform=1))
    np.testing.assert_allclose(ct.affine.matrix, RAS_TO_LPS @ PLAIN, rtol=1e-6)
    with pytest.raises(UnreadableImage, match="neither qform nor sform"):
        read_ct(write_nifti(tmp_path / "none.nii", ramp().transpose(), PLAIN, sform=0, qform=0))


def test_two_orientations_at_odds_are_said(tmp_path):
    image = nibabel.Nifti1Image(ramp().transpose(), PLAIN)
    image.set_sform(PLAIN, code=1)
    moved = PLAIN.copy()
    moved[0, 3] += 4.0
    image.set_qform(moved, code=1)
    nibabel.save(image, tmp_path / "ct.nii")
    ct = read_ct(tmp_path / "ct.nii")
    assert any("differ by up to 4.0 mm; the sform was used" in note for note in ct.notes)
    np.testing.assert_allclose(ct.affine.matrix, RAS_TO_LPS @ PLAIN, rtol=1e-6)


def test_a_small_shear_is_put_right_about_the_centre_and_said_in_degrees(tmp_path):
    ct = read_ct(write_nifti(tmp_path / "ct.nii", ramp().transpose(), sheared(0.4)))
    axes = ct.affine.directions
    np.testing.assert_allclose(axes.T @ axes, np.eye(3), atol=1e-6)
    assert any("sheared by 0.200 degrees" in note for note in ct.notes)  # shared between the two leaning axes
    centre = (np.array(ct.hu.shape[::-1]) - 1) / 2
    expected = (RAS_TO_LPS @ sheared(0.4)) @ [*centre, 1]
    np.testing.assert_allclose(ct.affine.to_world(centre), expected[:3], atol=1e-4)


def test_a_large_shear_is_refused(tmp_path):
    with pytest.raises(UnreadableImage, match=r"sheared by 1\.00 degrees"):
        read_ct(write_nifti(tmp_path / "ct.nii", ramp().transpose(), sheared(2.0)))


def test_a_mirrored_affine_keeps_its_handedness():
    mirrored = np.diag([-1.0, 1, 1, 1])
    affine, notes = nearest_right_angles(mirrored, (3, 3, 3), name="a")
    np.testing.assert_array_equal(affine.matrix, mirrored)
    assert notes == ()


def test_scaling_is_honoured_and_whole_numbers_stay_whole(tmp_path):
    stored = np.array([[[0, 10], [20, 300]]], np.int16)
    image = nibabel.Nifti1Image(stored, PLAIN)
    image.header.set_slope_inter(2.0, -1024)
    raw = tmp_path / "scaled.nii"
    nibabel.save(image, raw)
    content = bytearray(raw.read_bytes())  # the library unscales on saving, so slope and stored numbers are put back
    content[112:120] = struct.pack("<2f", 2.0, -1024)
    content[352:] = stored.tobytes(order="F")
    raw.write_bytes(bytes(content))
    ct = read_ct(raw)
    np.testing.assert_array_equal(ct.hu.transpose(), stored * 2 - 1024)
    assert ct.hu.dtype == np.int16


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.int32, ">i2"])
def test_whole_numbers_of_any_type_become_16_bit(tmp_path, kind):
    ct = read_ct(write_nifti(tmp_path / "ct.nii", ramp().transpose().astype(kind), PLAIN))
    assert ct.hu.dtype == np.int16
    np.testing.assert_array_equal(ct.hu, ramp())


def test_missing_values_count_as_outside_and_are_said(tmp_path):
    values = ramp().transpose().astype(np.float32) + 0.25
    values[0, 0, 0] = np.nan
    ct = read_ct(write_nifti(tmp_path / "ct.nii", values, PLAIN))
    assert ct.hu.dtype == np.float32
    assert ct.outside().sum() == 1
    assert any("1 voxels without a value" in note for note in ct.notes)


@pytest.mark.parametrize(("value", "sentence"), [(np.inf, "infinite"), (3e6, "no Hounsfield units")])
def test_values_no_ct_has_are_refused(tmp_path, value, sentence):
    values = ramp().transpose().astype(np.float32)
    values[1, 1, 1] = value
    with pytest.raises(UnreadableImage, match=sentence):
        read_ct(write_nifti(tmp_path / "ct.nii", values, PLAIN))


def test_one_volume_in_a_sequence_is_read_and_several_are_refused(tmp_path):
    one = ramp().transpose()[..., None]
    ct = read_ct(write_nifti(tmp_path / "one.nii", one, PLAIN))
    assert ct.hu.shape == (5, 4, 6)
    assert any("sequence of one volume" in note for note in ct.notes)
    with pytest.raises(UnreadableImage, match=r"6 x 4 x 5 x 2 values"):
        read_ct(write_nifti(tmp_path / "two.nii", np.concatenate([one, one], axis=3), PLAIN))


def test_metres_are_refused(tmp_path):
    with pytest.raises(UnreadableImage, match="not in millimetres"):
        read_ct(write_nifti(tmp_path / "ct.nii", ramp().transpose(), PLAIN, xyzt_units=1))


def header_with(path, *, shape=None, offset=None):
    content = bytearray(path.read_bytes())
    if shape:
        content[42:48] = struct.pack("<3h", *shape)
    if offset:
        content[108:112] = struct.pack("<f", offset)
    return bytes(content)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"shape": (4000, 4000, 100)}, "which no CT has"),
        ({"shape": (900, 900, 900)}, "damaged"),  # far more voxels than the file can hold
        ({"offset": 1e30}, "damaged"),
        ({"offset": float("nan")}, "damaged"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_false_headers_are_refused_before_memory_is_asked_for(tmp_path, change, sentence, packed):
    plain = write_nifti(tmp_path / "ct.nii", ramp().transpose(), PLAIN)
    content = header_with(plain, **change)
    path = tmp_path / ("false.nii.gz" if packed else "false.nii")
    path.write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(UnreadableImage, match=sentence):
        read_ct(path)


@pytest.mark.parametrize("content", [b"", b"no image", b"\x1f\x8bbroken", b"x" * 1000])
@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_files_that_are_no_nifti_are_named(tmp_path, content, name):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadableImage, match=f"{name} is damaged"):
        read_ct(tmp_path / name)


def test_a_file_cut_short_is_refused(tmp_path):
    path = write_nifti(
        tmp_path / "ct.nii.gz", np.random.default_rng(1).integers(-99, 99, (30, 30, 30), np.int16), PLAIN
    )
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(UnreadableImage, match="damaged"):
        read_ct(path)


def test_the_real_lumbar_ct_keeps_its_axes(l3):
    ct = read_ct(l3["ct"])
    assert ct.hu.shape == (73, 47, 73)
    assert (ct.hu.min(), ct.hu.max()) == (-1030, 1961)
    np.testing.assert_allclose(ct.affine.directions, [[0, 0, -1], [1, 0, 0], [0, -1, 0]], atol=1e-12)
    assert ct.notes == ()


def floats_at(path, position, *values):
    """Overwrite single-precision numbers of a header."""
    content = bytearray(path.read_bytes())
    content[position : position + 4 * len(values)] = struct.pack(f"<{len(values)}f", *values)
    path.write_bytes(bytes(content))
    return path


def test_a_negative_slope_which_would_turn_bone_into_air_is_refused(tmp_path):
    path = floats_at(write_nifti(tmp_path / "ct.nii", ramp().transpose(), PLAIN), 112, -1.0, 0.0)
    with pytest.raises(UnreadableImage, match="rescales to HU with slope -1"):
        read_ct(path)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ((0.8, 0, 0, 2e5), "more than 100 m"),
        ((0.8, 0, 0, 1e38), "more than 100 m"),
        ((0.8, 0, 0, float("nan")), "damaged orientation"),
        ((1e38, 0, 0, 0), "voxel spacing"),
        ((1e-30, 0, 0, 0), "voxel spacing"),
        ((0, 0, 0, 0), "voxel spacing"),
        ((21, 0, 0, 0), "voxel spacing of 21"),
    ],
)
def test_affines_of_no_scanner_are_refused_without_a_warning(tmp_path, row, said):
    path = floats_at(write_nifti(tmp_path / "ct.nii", ramp().transpose(), PLAIN), 280, *row)
    with pytest.raises(UnreadableImage, match=said):
        read_ct(path)


def test_values_that_overflow_when_scaled_are_refused_without_a_warning(tmp_path):
    values = np.full((2, 2, 2), 1e308)
    path = floats_at(write_nifti(tmp_path / "ct.nii", values, PLAIN), 112, 50.0, 0.0)
    with pytest.raises(UnreadableImage, match="infinite"):
        read_ct(path)


def test_the_reader_says_nothing_of_its_own(tmp_path, caplog, capfd):
    path = write_nifti(tmp_path / "ct.nii", ramp().transpose(), PLAIN)
    content = bytearray(path.read_bytes())
    content[40:42] = struct.pack("<h", 9)  # nine dimensions
    path.write_bytes(bytes(content))
    with pytest.raises(UnreadableImage, match="damaged"):
        read_ct(path)
    assert caplog.records == []
    assert capfd.readouterr().err == ""
    assert not logging.getLogger("nibabel.global").disabled
