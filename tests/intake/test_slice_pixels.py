"""From stored numbers to Hounsfield units, slice by slice."""

import numpy as np
import pytest

from intake_files import ct_slices, ramp, write_slices
from vertebroplasty.errors import UnreadableImage
from vertebroplasty.intake import read_ct


def stored_as(values, **tags):
    """Two equal slices with the given stored numbers (rows x columns) and tags."""
    array = np.asarray(values)
    code = {"PixelRepresentation": int(array.dtype.kind == "i"), "PixelData": array.tobytes()}
    return ct_slices(np.zeros((2, *array.shape), np.int16), **{**code, **tags})


def test_signed_numbers_below_the_intercept_stay_below_air(tmp_path):
    ct = read_ct(write_slices(tmp_path, stored_as(np.array([[-6, 0], [1024, 3000]], "<i2"))))
    np.testing.assert_array_equal(ct.hu[0], [[-1030, -1024], [0, 1976]])


def test_unsigned_numbers_of_twelve_bits_are_not_read_as_negative(tmp_path):
    slices = stored_as(np.array([[0, 4095], [1024, 40000]], "<u2"), BitsStored=16)
    ct = read_ct(write_slices(tmp_path, slices))
    np.testing.assert_array_equal(ct.hu[0], [[-1024, 3071], [0, 38976]])
    assert ct.hu.dtype == np.float32  # 38976 does not fit 16 bits signed


def test_a_fractional_slope_gives_float(tmp_path):
    ct = read_ct(write_slices(tmp_path, stored_as(np.array([[0, 1], [2, 3]], "<i2"), RescaleSlope="0.5")))
    np.testing.assert_array_equal(ct.hu[0], np.array([[-1024, -1023.5], [-1023, -1022.5]], np.float32))


def test_slope_and_intercept_may_differ_between_slices(tmp_path):
    hu = ramp((2, 4, 6))
    slices = ct_slices(hu)
    slices[1].RescaleSlope, slices[1].RescaleIntercept = 2, -1000
    slices[1].PixelData = ((hu[1].astype(int) * 2 - 0 + 2000) // 4 * 2).astype("<i2").tobytes()
    ct = read_ct(write_slices(tmp_path, slices))
    np.testing.assert_array_equal(ct.hu[0], hu[0])
    np.testing.assert_array_equal(ct.hu[1], (hu[1].astype(int) * 2 + 2000) // 4 * 4 - 1000)


@pytest.mark.parametrize(
    ("padding", "tags"),
    [
        (-2000, {"PixelPaddingValue": -2000, "RescaleIntercept": 0}),
        (-2000, {"RescaleIntercept": 0}),  # no tag, but no tissue either
        (24, {"PixelPaddingValue": 20, "PixelPaddingRangeLimit": 30}),  # HU -1004 to -994
    ],
)
def test_padding_is_outside_the_scan_and_not_air(tmp_path, padding, tags):
    values = np.array([[padding, 100], [200, 300]], "<i2")
    ct = read_ct(write_slices(tmp_path, stored_as(values, **tags)))
    np.testing.assert_array_equal(ct.outside()[0], [[True, False], [False, False]])
    assert ct.hu[0, 0, 0] == -2048


def test_a_padding_value_that_would_blank_out_water_is_not_believed(tmp_path):
    slices = stored_as(np.array([[0, 5], [0, 7]], "<i2"), PixelPaddingValue=0, RescaleIntercept=0)
    assert not read_ct(write_slices(tmp_path, slices)).outside().any()


@pytest.mark.parametrize(
    ("tags", "sentence"),
    [
        ({"RescaleSlope": "1e6"}, "slope 1e"),
        ({"RescaleSlope": "0"}, "slope 0"),
        ({"RescaleType": "Z_EFF"}, "Z_EFF, not in Hounsfield units"),
        ({"PixelData": b""}, "holds no pixels"),
    ],
)
def test_what_is_not_in_hounsfield_units_is_refused(tmp_path, tags, sentence):
    with pytest.raises(UnreadableImage, match=sentence):
        read_ct(write_slices(tmp_path, ct_slices(ramp(), **tags)))
