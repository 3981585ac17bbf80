"""The stated ± covers the truth in at least 90 % of forty random spines, in any pose, at 0.6 to 3 mm, with noise.

`benchmarks/anatomy_coverage.py` does the same on two hundred and prints every quantity.
"""

import numpy as np
import pytest

from coverage_of_plus_minus import coverage

SHARDS, PHANTOMS, FIRST_SEED = 8, 5, 5000  # eight tests of five spines, so that two workers share them


@pytest.mark.parametrize("shard", range(SHARDS))
def test_the_stated_error_covers_the_truth(shard):
    rows = coverage(FIRST_SEED + shard * PHANTOMS, PHANTOMS)
    assert len(rows) >= 18
    found = np.array([(error, spread) for values in rows.values() for error, spread in values])
    assert len(found) > 15 * PHANTOMS
    assert np.mean(np.abs(found[:, 0]) <= found[:, 1]) >= 0.90
