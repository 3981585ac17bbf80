"""Plans on the synthetic spine, whose pedicle axes are known: found, refused when too narrow, mirrored with it."""

from dataclasses import replace

import numpy as np
import pytest

from hand_made import HandMade
from vertebroplasty.anatomy.find import find_vertebra
from vertebroplasty.errors import Refused
from vertebroplasty.geometry.frame import Affine
from vertebroplasty.needle.planner import plan, plan_in
from vertebroplasty.phantom import Breach, Cleft, LevelShape, PedicleShape, SpinePhantom


def phantom(shape=None, **options):
    return SpinePhantom(levels={"L1": LevelShape(), "L2": shape or LevelShape(), "L3": LevelShape()}, **options)


def level_of(spine):
    return spine.build()[1]["L2"]


@pytest.fixture(scope="module")
def plain():
    """The usual phantom, its plan made once."""
    spine = phantom()
    return spine, plan(level_of(spine))


def robust(result, side):
    return next(path for path in result.paths if path.side == side)


def from_axis(path, truth):
    """Degrees and mm between a path and the known axis of its pedicle, at the isthmus."""
    pedicle, direction = truth.pedicles[path.side], path.path.direction_lps
    offset = pedicle.isthmus_lps_mm - path.entry_lps_mm
    aside = np.linalg.norm(offset - (offset @ direction) * direction)
    return np.degrees(np.arccos(direction @ pedicle.axis_lps)), aside


@pytest.mark.parametrize("turned", [False, True])
def test_the_most_robust_path_is_the_known_axis_of_the_pedicle(plain, turned):
    spine, result = plain
    if turned:
        spine = phantom(rotation_deg=(5.0, -4.0, 7.0))
        result = plan(level_of(spine))
    truth = spine.truth("L2")
    assert result.refused == ()
    for side in ("left", "right"):
        angle_deg, aside_mm = from_axis(robust(result, side), truth)
        assert angle_deg <= 1.5
        assert aside_mm <= 1.0


def test_at_most_six_paths_with_both_sides_in_front_ranks_in_order_and_reasons(plain):
    _, result = plain
    assert 2 <= len(result.paths) <= 6
    assert [path.rank for path in result.paths] == list(range(1, len(result.paths) + 1))
    assert {path.side for path in result.paths[:2]} == {"left", "right"}
    for side in ("left", "right"):
        first, *others = [path for path in result.paths if path.side == side]
        for other in others:
            assert other.breach_probability >= first.breach_probability - first.breach_plus_minus
    target = next(path for path in result.paths if path.role == "target")
    assert "loses here" in target.why
    assert "runner-up" in result.paths[0].why
    # A reason names the same millimetres as the path it stands under.
    keeps = {"robust": "against {:.1f} mm of bone", "target": "keeps {:.1f} mm of bone", "between": "with {:.1f} mm of"}
    for path in result.paths:
        if path.role in keeps:
            assert keeps[path.role].format(path.worst_clearance_mm) in path.why


def test_the_pair_has_mirrored_tips_and_its_needles_do_not_touch(plain):
    spine, result = plain
    (pair,) = result.pairs
    one, other = (next(path for path in result.paths if path.rank == rank) for rank in pair.ranks)
    assert {one.side, other.side} == {"left", "right"}
    frame = spine.truth("L2").frame
    mirrored = frame.to_local(one.tip_lps_mm) * (-1, 1, 1)
    assert frame.to_local(other.tip_lps_mm) == pytest.approx(mirrored, abs=2.5)  # reuses a listed needle within 2 mm
    along = np.linspace(0, 1, 200)[:, None]
    a, b = (each.entry_lps_mm + along * (each.tip_lps_mm - each.entry_lps_mm) for each in (one, other))
    assert np.linalg.norm(a[:, None] - b[None], axis=2).min() > one.path.gauge.outer_mm


def test_a_pedicle_of_4_mm_takes_no_11g_needle_and_says_how_narrow_it_is():
    thin = replace(PedicleShape(), width_mm=4.0)
    result = plan(level_of(phantom(LevelShape(pedicle_left=thin, pedicle_right=thin))))
    assert result.paths == ()
    assert {each.side for each in result.refused} == {"left", "right"}
    for each in result.refused:
        assert "11G needs 3.05 + 2 × 1.0 mm" in each.reason
        assert each.narrowest_mm == pytest.approx(4.0, abs=0.6)  # over half a voxel
        assert "--approach posterolateral" in each.suggestion


def mirrored(spine):
    """The same CT and labels seen in a mirror: left is right, voxel by voxel."""
    count = spine.labels.shape[2]
    flip = np.eye(4)
    flip[0, 0], flip[0, 3] = -1.0, count - 1.0
    affine = Affine(np.diag([-1.0, 1.0, 1.0, 1.0]) @ spine.affine.matrix @ flip)
    ct = replace(spine.ct, hu=np.ascontiguousarray(spine.ct.hu[:, :, ::-1]), affine=affine)
    labels = np.ascontiguousarray(spine.labels[:, :, ::-1])
    parts = None if spine.subregions is None else np.ascontiguousarray(spine.subregions[:, :, ::-1])
    return replace(spine, ct=ct, labels=labels, subregions=parts, affine=affine, _found={})


def test_the_mirrored_phantom_has_the_mirrored_plan():
    uneven = LevelShape(
        pedicle_left=replace(PedicleShape(), width_mm=7.5), pedicle_right=replace(PedicleShape(), convergence_deg=16.0)
    )
    _, spine = phantom(uneven).build()
    one, other = plan(spine["L2"]), plan(mirrored(spine)["L2"])
    opposite = {"left": "right", "right": "left"}
    # Needles of the two sides may change ranks where one of 2048 placed needles decides; within a side they do not.
    mine = [path for side in ("left", "right") for path in one.paths if path.side == side]
    theirs = [path for side in ("left", "right") for path in other.paths if path.side == opposite[side]]
    for a, b in zip(mine, theirs, strict=True):
        assert a.entry_lps_mm == pytest.approx(b.entry_lps_mm * (-1, 1, 1), abs=0.1)
        assert a.tip_lps_mm == pytest.approx(b.tip_lps_mm * (-1, 1, 1), abs=0.1)
        assert a.breach_probability == pytest.approx(b.breach_probability, abs=a.breach_plus_minus)


def test_a_tip_keeps_off_the_gap_in_the_endplate_and_out_of_the_clefts_far_wall():
    gap = Breach(toward="disc-above", at_mm=(0.0, 6.0), diameter_mm=6.0)
    cleft = Cleft(centre_mm=(0.0, 4.0, 2.0), half_axes_mm=(9.0, 5.0, 2.5))
    spine = phantom(LevelShape(cleft=cleft, breaches=(gap,)))
    result = plan(level_of(spine))
    frame = spine.truth("L2").frame
    assert result.paths
    for path in result.paths:
        assert "cleft" in path.why
        local = frame.to_local(path.tip_lps_mm + np.linspace(-30.0, 0.0, 300)[:, None] * path.path.direction_lps)
        inside = np.sum(((local - np.array(cleft.centre_mm)) / np.array(cleft.half_axes_mm)) ** 2, axis=1) < 1.0
        beyond = local[-1, 1] - local[inside, 1].max() if inside.any() else 0.0
        assert beyond < 2.0  # 1 mm and a voxel


@pytest.mark.parametrize(
    ("level", "approach", "least", "most"),
    [("L2", "posterolateral", 45.0, 75.0), ("T8", "parapedicular", 20.0, 45.0), ("C5", "anterolateral", 100.0, 150.0)],
)
def test_an_approach_beside_the_pedicle_is_searched_with_its_own_limits_and_warning(level, approach, least, most):
    shape = LevelShape()
    if level == "C5":
        small = PedicleShape(width_mm=5.0, height_mm=6.0)
        shape = LevelShape(
            anterior_mm=14.0, middle_mm=13.5, posterior_mm=14.0, depth_mm=16.0, width_mm=18.0, canal_ap_mm=14.0,
            canal_width_mm=15.0, pedicle_left=small, pedicle_right=small,
        )  # fmt: skip
    vertebra = find_vertebra(SpinePhantom(levels={level: shape}).build()[1][level])
    result = plan_in(vertebra, approach=approach)
    assert {path.side for path in result.paths} == {"left", "right"}
    assert result.warnings
    for path in result.paths:
        assert path.approach == approach
        assert least - 0.5 <= path.convergence_deg <= most + 0.5
        clearance = path.clearance_mm
        assert all(value is None or value >= 1.0 for value in (clearance.medial, clearance.canal, clearance.foramen))
        entry = vertebra.frame.to_local(path.entry_lps_mm)
        pedicle = vertebra.pedicles[path.side]
        if approach != "anterolateral":
            outward = np.sign(pedicle.isthmus_mm[0])
            assert outward * (entry[0] - pedicle.isthmus_mm[0]) > 0  # lateral to the middle of the pedicle


def test_approaches_are_refused_where_other_organs_lie_in_their_way():
    vertebra = HandMade().vertebra()
    with pytest.raises(Refused, match="not offered on L3"):
        plan_in(vertebra, approach="anterolateral")
