"""Order, gaps and steps along the column of levels."""

import numpy as np
import pytest

from vertebroplasty.intake.column import (
    build_column,
    gap_sentence,
    name_gap_sentence,
    order_sentence,
    step_sentence,
)
from vertebroplasty.intake.label_volume import LabelPiece


def piece(centre, *, cut=False):
    return LabelPiece(value=1, voxels=9, volume_ml=9.0, centre_lps_mm=np.asarray(centre, float), is_cut=cut)


def column(names, depths, *, direction=(0, 0, -1), cut=()):
    down = np.asarray(direction, float) / np.linalg.norm(direction)
    levels = [(name, piece(depth * down, cut=name in cut)) for name, depth in zip(names, depths, strict=True)]
    return build_column(levels[::-1])  # given from below: the order must not come from the input


@pytest.mark.parametrize("direction", [(0, 0, -1), (0, 1, -0.3), (0.9, 0.4, -0.2)])
def test_levels_are_ordered_along_the_spine_even_if_it_lies_nearly_flat(direction):
    found = column(["T12", "L1", "L2", "L3"], [0, 30, 62, 96], direction=direction)
    assert found.names == ("T12", "L1", "L2", "L3")
    np.testing.assert_allclose(np.diff(found.depth_mm), [30, 32, 34])
    np.testing.assert_allclose(found.steps_mm, [30, 32, 34])


def test_a_hunchback_keeps_its_order():
    angles = np.radians(np.linspace(-50, 50, 8))
    levels = [(f"T{n + 5}", piece((0, 120 * np.cos(a), -120 * np.sin(a)))) for n, a in enumerate(angles)]
    assert build_column(levels).names == tuple(f"T{n}" for n in range(5, 13))


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["L1", "L2", "L3"], None),
        (["L2", "L1", "L3"], "L2 lies above L1"),
        (["L3", "L2", "L1"], "L3 lies above L2"),
        (["L1", "L1", "L2"], "L1 is labelled twice"),
        (["T12", "T13", "L1"], None),
        (["L5", "L6", "S1"], None),
    ],
)
def test_names_must_follow_from_above_to_below(names, sentence):
    assert order_sentence(column(names, [0, 34, 68])) == sentence


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["L3", "L4", "S1"], None),  # four lumbar vertebrae
        (["T11", "L1", "L2"], None),  # eleven thoracic ones
        (["L1", "L2", "L4"], "L4 follows directly below L2"),
        (["T12", "L2", "L3"], "L2 follows directly below T12"),
    ],
)
def test_a_skipped_name_is_found(names, sentence):
    assert name_gap_sentence(column(names, [0, 34, 68])) == sentence


def test_a_doubled_step_with_consecutive_names_is_a_gap():
    five = ["L1", "L2", "L3", "L4", "L5"]
    assert gap_sentence(column(five, [0, 33, 67, 102, 137]), whole_sacrum=False) is None
    found = gap_sentence(column(["T12", "L1", "L2", "L3"], [0, 27, 80, 112]), whole_sacrum=False)
    assert found.startswith("L1 and L2 are 53 mm apart")
    end = gap_sentence(column(["T8", "T9", "T10", "T11"], [0, 46, 70, 95]), whole_sacrum=False)
    assert end.startswith("T8 and T9 are 46 mm apart")


def test_a_crushed_level_is_no_gap():
    # T12 crushed to half its height: its neighbours come nearer, and the healthy steps stay what they are
    assert gap_sentence(column(["T11", "T12", "L1", "L2"], [0, 22, 45, 78]), whole_sacrum=False) is None


def test_a_cut_level_is_no_measure_for_others():
    names = ["L1", "L2", "L3"]
    assert gap_sentence(column(names, [0, 18, 53], cut=("L1",)), whole_sacrum=False) is None
    assert "68 mm apart: a vertebra" in gap_sentence(column(names, [0, 18, 86], cut=("L1",)), whole_sacrum=False)


def test_the_whole_sacrum_may_lie_lower_than_a_vertebra():
    lumbar = column(["L3", "L4", "L5", "S1"], [0, 35, 70, 138])
    assert gap_sentence(lumbar, whole_sacrum=True) is None
    assert gap_sentence(lumbar, whole_sacrum=False) is not None
    far = column(["L3", "L4", "L5", "S1"], [0, 35, 70, 175])
    assert gap_sentence(far, whole_sacrum=True) is not None


@pytest.mark.parametrize(
    ("names", "step", "possible"),
    [
        (["L1", "L2", "L3"], 34, True),
        (["L1", "L2", "L3"], 20, False),
        (["T5", "T6", "T7"], 22, True),
        (["T5", "T6", "T7"], 34, False),
        (["C4", "C5", "C6"], 17, True),
        (["C4", "C5", "C6"], 34, False),
        (["L1", "L2", "L3"], 100, False),
    ],
)
def test_steps_no_human_region_has_speak_against_a_name(names, step, possible):
    assert (step_sentence(column(names, np.arange(3) * step)) is None) is possible


def test_one_doubled_step_does_not_change_the_region():
    assert step_sentence(column(["T5", "T6", "T7"], [0, 22, 66])) is None
