"""Hundreds of random actions: whatever is done, the session stays a session."""

from dataclasses import replace

import numpy as np
import pytest

from random_actions import broken_invariants, random_action
from vertebroplasty.rehearsal.session import start, step

ACTIONS = 60


@pytest.mark.parametrize("seed", range(5))
def test_random_actions_break_no_invariant(cases, seed):
    case = cases[("breach", "easy", "cleft")[seed % 3]]
    rng, state = np.random.default_rng(seed), start(case, seed)
    for n in range(ACTIONS):
        action = random_action(rng, case)
        after = step(state, action)
        assert not broken_invariants(state, after), (n, action)
        state = after


def test_an_invariant_that_is_broken_is_noticed(easy):
    state = replace(start(easy, 0), now_s=10.0)
    assert broken_invariants(state, replace(state, now_s=9.0)) == ["time ran backwards"]
