"""Where the edge of a blurred cortex lies between the outside and its peak."""

import numpy as np
import pytest

from vertebroplasty.anatomy.pedicle_edges import edge_share


def test_a_sharp_scan_reads_the_half_maximum():
    assert edge_share(np.array([0.05]))[0] == pytest.approx(0.5, abs=1e-6)


def test_a_coarser_scan_reads_nearer_to_the_flattened_peak_up_to_a_limit():
    shares = edge_share(np.array([0.3, 0.6, 0.9, 1.2, 3.0]))
    assert np.all(np.diff(shares) >= 0)
    assert shares[-1] == 0.65


def test_it_is_the_edge_of_a_blurred_plate():
    # Blur a plate of 1.2 mm (height 1) before marrow (0.2) with the standard deviation of a 0.9 mm voxel, numerically.
    x = np.arange(-12.0, 12.0, 0.005)
    plate = np.where(x > 0, 0.0, np.where(x > -1.2, 1.0, 0.2))
    kernel = np.exp(-0.5 * (np.arange(-3, 3, 0.005) / 0.45) ** 2)
    blurred = np.convolve(plate, kernel / kernel.sum(), mode="same")
    middle = np.abs(x) < 6
    at_edge = np.interp(0.0, x[middle], blurred[middle])
    # the formula takes the peak at the plate's middle; with marrow beside it the true peak lies a little deeper
    assert edge_share(np.array([0.9]))[0] == pytest.approx(at_edge / blurred[middle].max(), abs=0.02)
