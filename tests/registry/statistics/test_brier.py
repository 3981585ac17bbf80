"""The decomposition is an identity, and the score has its textbook values."""

import numpy as np
import pytest

from vertebroplasty.registry.statistics.brier import brier


def parts_sum(b) -> float:
    return b.reliability - b.resolution + b.uncertainty + b.within_bin_variance - b.within_bin_covariance


def test_the_parts_add_up_to_the_score_exactly():
    generator = np.random.default_rng(1)
    risk = generator.random(500)
    seen = (generator.random(500) < risk**2).astype(float)
    found = brier(risk, seen, np.minimum((risk * 7).astype(int), 6))
    assert found.within_bin_variance > 1e-4
    assert parts_sum(found) == pytest.approx(found.score, abs=1e-14)
    assert found.score == pytest.approx(np.mean((risk - seen) ** 2))


def test_by_hand():
    """Risks 0.2 and 0.8, four levels each, with 1 and 2 leaks: (1·0.64 + 3·0.04 + 2·0.04 + 2·0.64) / 8 = 0.265."""
    risk, seen = np.repeat([0.2, 0.8], 4), np.array([1, 0, 0, 0, 1, 1, 0, 0.0])
    found = brier(risk, seen, np.repeat([0, 1], 4))
    assert found.score == pytest.approx(0.265)
    assert found.reliability == pytest.approx((0.05**2 + 0.3**2) / 2)
    assert found.resolution == pytest.approx(0.125**2)
    assert found.uncertainty == found.reference == pytest.approx(0.375 * 0.625)
    assert found.within_bin_variance == found.within_bin_covariance == pytest.approx(0.0)
    assert found.skill == pytest.approx(1 - 0.265 / (0.375 * 0.625))


def test_perfect_foresight_scores_nothing_and_the_overall_share_has_no_skill():
    seen = np.repeat([0.0, 1.0], [70, 30])
    assert brier(seen, seen, seen.astype(int)).score == 0.0
    plain = brier(np.full(100, 0.3), seen, np.zeros(100, dtype=int))
    assert plain.skill == pytest.approx(0.0)
    assert brier(np.full(4, 0.3), np.zeros(4), np.zeros(4, dtype=int)).skill is None


def test_the_interval_covers():
    """300 simulated series of 100 with risks uniform on 0 to 1, right on average: the true score is 1/6."""
    generator = np.random.default_rng(3)
    hits = 0
    for _ in range(300):
        risk = generator.random(100)
        seen = (generator.random(100) < risk).astype(float)
        found = brier(risk, seen, np.zeros(100, dtype=int))
        hits += found.ci_low <= 1 / 6 <= found.ci_high
    assert abs(hits / 300 - 0.95) < 0.038  # three standard errors of 300 draws
