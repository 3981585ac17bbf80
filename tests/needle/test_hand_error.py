"""The risk of a shaky hand against brute force: many plainly drawn needles, each looked at every 0.25 mm."""

from dataclasses import replace

import numpy as np
import pytest

from hand_made import PEDICLE_RIGHT_MM, PEDICLE_UP_MM, HandMade
from vertebroplasty.anatomy.find import find_vertebra
from vertebroplasty.errors import Refused
from vertebroplasty.needle.corridor import bone_field
from vertebroplasty.needle.hand_error import HandError, hand_risk
from vertebroplasty.needle.planner import critique_in, plan_in
from vertebroplasty.phantom import LevelShape, PedicleShape, SpinePhantom

DRAWN = 4000


def brute_force(vertebra, path, hand, seed=7):
    """Share of needles whose surface leaves the bone from 5 mm past the entry on, its error, and their clearances."""
    rng = np.random.default_rng(seed)
    direction = path.direction_lps
    one = np.cross(direction, (0.0, 0.0, 1.0))
    one /= np.linalg.norm(one)
    other = np.cross(direction, one)
    field, radius = bone_field(vertebra), path.gauge.outer_mm / 2
    depth = np.arange(5.0, path.length_mm, 0.25)
    turn = 2 * np.pi * np.arange(24) / 24
    rim = radius * (np.cos(turn)[:, None] * one + np.sin(turn)[:, None] * other)
    least = np.empty(DRAWN)
    for n in range(DRAWN):
        a, b, c, d = rng.normal(size=4)
        entry = path.entry_lps_mm + hand.sigma_mm * (a * one + b * other)
        aimed = (
            direction + np.tan(np.radians(hand.sigma_deg) * c) * one + np.tan(np.radians(hand.sigma_deg) * d) * other
        )
        points = entry + depth[:, None] * aimed / np.linalg.norm(aimed)
        least[n] = -field.at(points[:, None] + rim).max()
    share = float(np.mean(least < 0))
    return share, 2 * np.sqrt(max(share, 1 / DRAWN) * (1 - share) / DRAWN), least


@pytest.fixture(scope="module")
def narrow():
    """A level whose pedicles are 7 mm wide, so that a hand does leave them."""
    thin = replace(PedicleShape(), width_mm=7.0, height_mm=11.0)
    spine = SpinePhantom(levels={"L1": LevelShape(), "L2": LevelShape(pedicle_left=thin, pedicle_right=thin)})
    return find_vertebra(spine.build()[1]["L2"])


@pytest.mark.parametrize("hand", [HandError(), HandError(sigma_mm=0.6, sigma_deg=2.5)])
def test_the_probability_is_that_of_brute_force_within_the_stated_error(narrow, hand):
    plan = plan_in(narrow, hand=hand)
    for planned in (plan.paths[0], plan.paths[-1]):
        expected, error, least = brute_force(narrow, planned.path, hand)
        assert expected > 0.01
        assert planned.breach_probability == pytest.approx(expected, abs=planned.breach_plus_minus + error)
        assert planned.plausible_clearance_mm == pytest.approx(np.percentile(least, 5.0), abs=0.15)


def test_a_larger_error_breaches_more_and_the_walls_share_it(narrow):
    path = plan_in(narrow).paths[0].path
    risks = [hand_risk(narrow, path, HandError(sigma_mm=s)) for s in (0.5, 1.0, 2.0)]
    shares = [risk.probability for risk in risks]
    assert shares == sorted(shares)
    assert shares[2] > shares[0]
    for risk in risks:
        assert sum(risk.by_wall.values()) == pytest.approx(risk.probability)
        assert sum(risk.into.values()) <= risk.probability + 1e-12


@pytest.mark.parametrize(
    ("right", "up", "wall"),
    [(2.0, 0.0, "medial"), (-2.0, 0.0, "lateral"), (0.0, 2.0, "superior"), (0.0, -2.0, "inferior")],
)
def test_a_needle_moved_towards_a_wall_breaches_that_wall_most(right, up, wall):
    vertebra = HandMade().vertebra()
    x, z = -PEDICLE_RIGHT_MM + right, PEDICLE_UP_MM + up
    entry, tip = (vertebra.frame.to_world(np.array([x, y, z])) for y in (-40.0, 8.0))
    (path,) = critique_in(vertebra, entry, tip, 11).paths
    assert max(path.breach_by_wall, key=path.breach_by_wall.get) == wall


def test_a_needle_that_never_leaves_the_bone_still_has_an_error(narrow):
    path = plan_in(narrow, gauge_number=15).paths[0].path
    risk = hand_risk(narrow, path, HandError(sigma_mm=0.05, sigma_deg=0.05))
    assert risk.probability == 0.0
    assert risk.plus_minus == pytest.approx(1 - 0.05 ** (1 / 2048))  # none seen in 2048


@pytest.mark.parametrize("sigmas", [{"sigma_mm": 0.0}, {"sigma_deg": -1.0}, {"sigma_mm": np.nan}, {"sigma_deg": 90.0}])
def test_an_impossible_hand_is_refused(sigmas):
    with pytest.raises(Refused, match="--sigma-"):
        HandError(**sigmas)
