"""Scatter: its amount, its kernel, and the contrast it costs."""

import numpy as np
import pytest

from vertebroplasty.fluoroscopy.scatter import GRID_DIVIDES_BY, scatter_to_primary, scatter_transfer, scattered


@pytest.mark.parametrize("ratio", [0.5, 4.0, 7.3])
def test_the_kernel_sums_to_the_ratio(ratio):
    point = np.zeros((101, 101))
    point[50, 50] = 1.0
    assert scattered(point, 2.0, ratio).sum() == pytest.approx(ratio, rel=1e-10)
    np.testing.assert_allclose(scattered(np.full((30, 40), 2.0), 2.0, ratio), 2.0 * ratio, rtol=1e-10)


def test_the_kernel_is_two_gaussians():
    point = np.zeros((401, 401))
    point[200, 200] = 1.0
    kernel = scattered(point, 2.0, 1.0)
    r2 = 4.0 * ((np.arange(401) - 200) ** 2)[:, None] + 4.0 * ((np.arange(401) - 200) ** 2)[None, :]
    gaussian = [4.0 * np.exp(-r2 / (2 * s**2)) / (2 * np.pi * s**2) for s in (20.0, 70.0)]
    np.testing.assert_allclose(
        kernel, 0.5 * (gaussian[0] + gaussian[1]), atol=2e-3 * kernel.max()
    )  # mirror at the edge
    assert np.abs(kernel - gaussian[0]).max() > 0.1 * kernel.max()  # one of them alone would be seen
    assert scatter_transfer(np.zeros((1, 1)), np.zeros((1, 1))).item() == 1.0


@pytest.mark.parametrize("ratio", [1.0, 4.0])
def test_contrast_of_a_small_part_falls_to_its_primary_share(ratio):
    primary = np.ones((128, 128))
    primary[62:66, 62:66] = 0.8
    whole = primary + scattered(primary, 0.4, ratio)
    contrast = 1 - whole[63:65, 63:65].mean() / whole[20, 20]
    # its own scatter is lost too, but 2.6 mm² of it lie spread over hundreds
    assert contrast == pytest.approx(0.2 / (1 + ratio), rel=0.01)
    assert contrast != pytest.approx(0.2, rel=0.1)


def test_thicker_trunks_scatter_more_and_a_grid_takes_it_away():
    assert scatter_to_primary(10.0) == 1.0
    assert scatter_to_primary(20.0) == 4.0
    assert scatter_to_primary(30.0) == scatter_to_primary(45.0) == 8.0
    assert scatter_to_primary(0.0) == 0.0
    assert scatter_to_primary(20.0, grid_divides_by=GRID_DIVIDES_BY) == 1.0
    assert np.all(np.diff(scatter_to_primary(np.linspace(0, 30, 31))) > 0)


def test_each_ray_sheds_by_its_own_thickness():
    primary = np.ones((64, 64))
    ratio = np.zeros((64, 64))
    ratio[:, :32] = 4.0
    lies = scattered(primary, 1.0, ratio)
    assert lies.mean() == pytest.approx(2.0, rel=1e-10)
    assert lies[32, 5] > lies[32, 58] > 0.0  # what the thick half sheds also lies over the thin half
