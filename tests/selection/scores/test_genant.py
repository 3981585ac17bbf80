"""Genant's grade from heights and from losses, at each printed boundary, and the rule of one third."""

import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.selection.scores.genant import (
    BodyHeights,
    genant_of_heights,
    genant_of_losses,
    is_severe_collapse,
)

REFERENCE = "the mean of T12 and L2"
EXPECTED = BodyHeights(anterior_mm=20.0, middle_mm=20.0, posterior_mm=20.0)


def of_losses(anterior, middle=0.0, posterior=0.0):
    return genant_of_losses(anterior, middle, posterior, reference=REFERENCE)


def of_heights(anterior, middle=20.0, posterior=20.0, expected=EXPECTED):
    heights = BodyHeights(anterior_mm=anterior, middle_mm=middle, posterior_mm=posterior)
    return genant_of_heights(heights, expected, reference=REFERENCE)


@pytest.mark.parametrize(
    ("loss", "grade", "word"),
    [
        (-5.0, 0, "no fracture"),
        (0.0, 0, "no fracture"),
        (19.9, 0, "no fracture"),
        (20.0, 1, "mild"),
        (24.9, 1, "mild"),
        (25.0, 2, "moderate"),
        (40.0, 2, "moderate"),
        (40.1, 3, "severe"),
        (100.0, 3, "severe"),
    ],
)
def test_each_boundary_goes_where_the_policy_says(loss, grade, word):
    for place in range(3):
        losses = [min(loss, 0.0)] * 3
        losses[place] = loss
        score = of_losses(*losses)
        assert (score.total, score.category) == (grade, word)


@pytest.mark.parametrize(
    ("height", "expected", "grade"),
    [
        (16.0, 20.0, 1),
        (15.0, 20.0, 2),
        (12.0, 20.0, 2),
        (11.9, 20.0, 3),
        (16.1, 20.0, 0),
        (8.4, 11.2, 2),  # exactly a quarter lost, which binary division makes 24.99999999999999
        (8.32, 10.4, 1),  # exactly a fifth lost, in binary a little less
        (6.78, 11.3, 2),  # exactly 40 % lost, in binary a little more
    ],
)
def test_heights_meet_the_boundaries_exactly(height, expected, grade):
    intact = BodyHeights(anterior_mm=expected, middle_mm=expected, posterior_mm=expected)
    assert of_heights(height, expected, expected, intact).total == grade


@pytest.mark.parametrize(
    ("losses", "shape"),
    [
        ((30.0, 10.0, 0.0), "wedge"),
        ((10.0, 30.0, 0.0), "biconcave"),
        ((30.0, 30.0, 30.0), "crush"),
        ((0.0, 0.0, 20.0), "crush"),
        ((30.0, 30.0, 19.9), "wedge"),
    ],
)
def test_the_shape_follows_the_height_that_is_lost(losses, shape):
    assert f" {shape}:" in of_losses(*losses).sentence


def test_no_fracture_has_no_shape():
    sentence = of_losses(10.0).sentence
    assert not any(shape in sentence for shape in ("wedge", "biconcave", "crush", "none"))


def test_heights_and_losses_agree():
    by_heights, by_losses = of_heights(14.0, 18.0, 20.0), of_losses(30.0, 10.0, 0.0)
    assert by_heights == by_losses


def test_an_unknown_height_leaves_the_grades_above_open():
    score = of_losses(30.0, None, 0.0)
    assert (score.total, score.lowest, score.highest, score.category) == (None, 2, 3, None)
    assert "middle loss of height is unknown" in score.sentence
    sure = of_losses(45.0, None, None)
    assert (sure.total, sure.category) == (3, "severe")
    assert "wedge" not in sure.sentence  # the shape needs all three
    nothing = of_losses(None, None, None)
    assert (nothing.total, nothing.lowest, nothing.highest) == (None, 0, 3)


def test_a_height_without_its_reference_height_is_unknown():
    score = of_heights(12.0, expected=BodyHeights(middle_mm=20.0, posterior_mm=20.0))
    assert (score.total, score.lowest, score.highest) == (None, 0, 3)


@pytest.mark.parametrize("reference", ["", "  "])
def test_the_reference_must_be_named(reference):
    with pytest.raises(Refused, match="needs its reference"):
        genant_of_losses(30.0, 0.0, 0.0, reference=reference)
    assert REFERENCE in of_losses(30.0).notes[0]


@pytest.mark.parametrize(("height", "severe"), [(7.1, False), (7.0, False), (6.9, True)])
def test_less_than_a_third_of_the_height_is_a_severe_collapse(height, severe):
    expected = BodyHeights(anterior_mm=21.0, middle_mm=21.0, posterior_mm=21.0)
    notes = of_heights(height, 21.0, 21.0, expected).notes
    assert any("Less than a third" in note for note in notes) == severe


@pytest.mark.parametrize(("loss", "severe"), [(66.6, False), (66.7, True), (100.0, True), (0.0, False)])
def test_two_thirds_lost_is_where_severe_collapse_begins(loss, severe):
    assert is_severe_collapse(loss) is severe


@pytest.mark.parametrize("height", [0.0, -3.0, 250.0, float("nan")])
def test_impossible_heights_are_refused(height):
    with pytest.raises(Refused, match=r"anterior height is .* mm"):
        of_heights(height)


def test_a_loss_above_100_percent_is_refused():
    with pytest.raises(Refused, match="middle loss of height"):
        of_losses(0.0, 101.0)
