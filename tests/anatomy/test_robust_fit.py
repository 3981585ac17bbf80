"""A third of gross outliers does not move a fit; a prior moves it as weighed; too few points are refused."""

import numpy as np
import pytest

from vertebroplasty.anatomy.robust_fit import robust_fit


def line(n=60):
    t = np.linspace(-10, 10, n)
    return t, np.stack([np.ones(n), t], axis=1)


def test_outliers_do_not_move_the_line():
    t, design = line()
    values = 2.0 - 0.3 * t
    values[::3] += 8.0
    assert robust_fit(design, values) == pytest.approx([2.0, -0.3], abs=1e-6)


def test_least_squares_would_have_been_moved():
    t, design = line()
    values = 2.0 - 0.3 * t
    values[::3] += 8.0
    plain = np.linalg.lstsq(design, values, rcond=None)[0]
    assert abs(plain[0] - 2.0) > 2.0


def test_a_heavy_prior_holds_a_coefficient():
    t, design = line()
    fit = robust_fit(design, 2.0 - 0.3 * t, np.array([[0.0, 1e6]]), np.array([0.5e6]))
    assert fit[1] == pytest.approx(0.5, abs=1e-3)


def test_too_few_points_are_refused():
    with pytest.raises(ValueError, match="Too few"):
        robust_fit(np.ones((1, 2)), np.ones(1))
