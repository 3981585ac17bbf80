"""The posterior wall keeps its direction where a fragment bulges behind its middle."""

import numpy as np
import pytest

from analytic_field import WORLD, field_of
from vertebroplasty.anatomy.posterior_wall import posterior_line

WALL_MM, SLOPE, CANAL_HALF_WIDTH = -16.0, 0.1, 12.0


def body(bulge_mm):
    """Signed distance of a slab whose hind wall is tilted and carries a bulge of the middle."""

    def distance(points):
        right, anterior, superior = np.moveaxis(WORLD.to_local(points), -1, 0)
        dome = np.clip(1 - (right / 9.0) ** 2, 0, None) * np.clip(1 - ((superior - 4) / 9.0) ** 2, 0, None)
        wall = WALL_MM + SLOPE * superior - bulge_mm * dome
        return np.maximum.reduce([wall - anterior, anterior - 16.0, np.abs(right) - 24.0, np.abs(superior) - 14.0])

    return field_of(distance, 36.0)


@pytest.mark.parametrize("bulge_mm", [0.0, 2.0, 5.0, 9.0])
def test_a_bulge_does_not_tilt_the_wall(bulge_mm):
    line = posterior_line(
        body(bulge_mm), WORLD, reach_mm=10.0, canal_half_width_mm=CANAL_HALF_WIDTH, canal_anterior_mm=-26.0
    )
    assert line is not None
    # 1.5° and 0.6 mm: the bulge's foot within the inlier band
    assert np.degrees(np.arctan(line.slope) - np.arctan(SLOPE)) == pytest.approx(0.0, abs=1.5)
    assert line.at_zero_mm == pytest.approx(WALL_MM, abs=0.6)


def test_without_a_canal_only_the_middle_is_read_and_a_bulge_is_believed():
    line = posterior_line(body(9.0), WORLD, reach_mm=10.0)
    assert line is not None
    assert line.at_zero_mm < WALL_MM - 2.0


def test_no_wall_in_an_empty_field():
    assert posterior_line(field_of(lambda p: np.full(p.shape[:-1], 5.0)), WORLD, reach_mm=8.0) is None
