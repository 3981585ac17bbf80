"""The spinal instability neoplastic score against its published table, item by item and total by total."""

from itertools import product

import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.selection.coded_values import (
    SinsAlignment,
    SinsCollapse,
    SinsLesion,
    SinsPain,
    SinsPosterolateral,
)
from vertebroplasty.selection.kleene import Answer
from vertebroplasty.selection.measured import MeasuredFindings
from vertebroplasty.selection.patient import LevelFindings, SinsItems
from vertebroplasty.selection.scores.score import Origin
from vertebroplasty.selection.scores.sins import asks_for_surgical_opinion, sins, sins_of_level
from vertebroplasty.selection.scores.sins_items import sins_location

JUNCTIONAL = ("C0", "C1", "C2", "C7", "T1", "T2", "T11", "T12", "L1", "L5", "S1")
MOBILE = ("C3", "C4", "C5", "C6", "L2", "L3", "L4")
SEMIRIGID = tuple(f"T{n}" for n in range(3, 11))
RIGID = ("S2", "S3", "S4", "S5")
STABLE = SinsItems(
    pain=SinsPain.NONE,
    lesion=SinsLesion.BLASTIC,
    alignment=SinsAlignment.NORMAL,
    collapse=SinsCollapse.NONE,
    posterolateral=SinsPosterolateral.NONE,
)


def items(pain, lesion, alignment, collapse, posterolateral):
    return SinsItems(
        pain=pain and SinsPain(pain),
        lesion=lesion and SinsLesion(lesion),
        alignment=alignment and SinsAlignment(alignment),
        collapse=collapse and SinsCollapse(collapse),
        posterolateral=posterolateral and SinsPosterolateral(posterolateral),
    )


def item(score, name):
    return next(part for part in score.items if part.name == name)


@pytest.mark.parametrize(
    ("levels", "name", "points"),
    [(JUNCTIONAL, "junctional", 3), (MOBILE, "mobile", 2), (SEMIRIGID, "semirigid", 1), (RIGID, "rigid", 0)],
)
def test_each_level_lies_in_its_published_range(levels, name, points):
    assert {sins_location(level) for level in levels} == {(name, points)}
    assert all(item(sins(level, STABLE), "location").points == points for level in levels)


def test_supernumerary_levels_take_the_range_they_lie_in_and_say_so():
    assert sins_location("T13") == sins_location("T12")
    assert sins_location("L6") == sins_location("L5")
    assert any("not named in the score" in note for note in sins("L6", STABLE).notes)
    assert not sins("L5", STABLE).notes


@pytest.mark.parametrize("level", ["S6", "T14", "C8", "L0", "l3", "", "Co1"])
def test_other_levels_are_refused(level):
    with pytest.raises(Refused, match="no location of the SINS"):
        sins(level, STABLE)


# Location, five items, and the total as added by hand from the published table.
BY_HAND = [
    ("S3", "none", "blastic", "normal", "none", "none", 0, "stable"),
    ("T6", "occasional", "mixed", "normal", "none-body-over-50", "none", 4, "stable"),
    ("L3", "occasional", "lytic", "normal", "none-body-over-50", "none", 6, "stable"),
    ("L4", "occasional", "lytic", "normal", "under-50", "none", 7, "potentially unstable"),
    ("T12", "mechanical", "lytic", "normal", "none", "none", 8, "potentially unstable"),
    ("T8", "mechanical", "lytic", "de-novo-deformity", "under-50", "unilateral", 11, "potentially unstable"),
    ("L5", "mechanical", "lytic", "normal", "over-50", "unilateral", 12, "potentially unstable"),
    ("C2", "mechanical", "mixed", "de-novo-deformity", "over-50", "unilateral", 13, "unstable"),
    ("S1", "mechanical", "blastic", "subluxation", "under-50", "bilateral", 15, "unstable"),
    ("T11", "mechanical", "lytic", "subluxation", "over-50", "bilateral", 18, "unstable"),
]


@pytest.mark.parametrize("vector", BY_HAND, ids=[f"{v[0]}={v[6]}" for v in BY_HAND])
def test_ten_vectors_scored_by_hand(vector):
    level, *answers, total, category = vector
    score = sins(level, items(*answers))
    assert (score.total, score.lowest, score.highest) == (total, total, total)
    assert score.category == category
    assert asks_for_surgical_opinion(score) is (Answer.YES if total >= 7 else Answer.NO)
    assert ("surgical opinion" in score.sentence) == (total >= 7)
    assert {part.origin for part in score.items} == {Origin.ENTERED}


def test_every_total_from_0_to_18_is_reached_and_none_beyond_and_classes_change_at_7_and_13():
    reached = {}
    for level, *answers in product(
        ("S3", "T5", "L3", "T12"), SinsPain, SinsLesion, SinsAlignment, SinsCollapse, SinsPosterolateral
    ):
        score = sins(level, items(*answers))
        reached.setdefault(score.total, set()).add(score.category)
    assert sorted(reached) == list(range(19))
    expected = {t: "stable" if t <= 6 else "potentially unstable" if t <= 12 else "unstable" for t in range(19)}
    assert reached == {total: {category} for total, category in expected.items()}


def test_pain_gives_3_1_0_not_the_3_2_1_of_a_miscopied_table():
    points = [item(sins("S3", items(p, "blastic", "normal", "none", "none")), "pain").points for p in SinsPain]
    assert points == [3, 1, 0]
    assert sins("S3", STABLE).category == "stable"  # 0 belongs to the class; the miscopied table begins at 1


def test_an_unknown_item_leaves_the_total_open_between_its_fewest_and_most_points():
    score = sins("L3", items(None, "lytic", "normal", "under-50", "none"))
    assert score.total is None
    assert (score.lowest, score.highest) == (6, 9)
    assert score.category is None
    assert asks_for_surgical_opinion(score) is Answer.UNKNOWN
    assert item(score, "pain").origin is Origin.UNKNOWN
    assert item(score, "pain").points is None
    assert "6 to 9" in score.sentence
    assert "pain is unknown" in score.sentence


def test_the_class_is_sure_where_fewest_and_most_points_share_it():
    unstable = sins("T12", items("mechanical", "lytic", "subluxation", "over-50", None))
    assert (unstable.total, unstable.lowest, unstable.highest) == (None, 15, 18)
    assert unstable.category == "unstable"
    assert asks_for_surgical_opinion(unstable) is Answer.YES
    stable = sins("T5", items("none", "blastic", "normal", None, "none"))
    assert (stable.lowest, stable.highest, stable.category) == (1, 4, "stable")
    assert asks_for_surgical_opinion(stable) is Answer.NO


def test_a_seven_that_is_only_possible_leaves_the_surgical_opinion_open():
    score = sins("T5", items(None, "lytic", "normal", "none", "unilateral"))
    assert (score.lowest, score.highest, score.category) == (4, 7, None)
    assert asks_for_surgical_opinion(score) is Answer.UNKNOWN


def test_nothing_known_but_the_level_leaves_0_to_15_above_its_points():
    score = sins("T12", SinsItems())
    assert (score.total, score.lowest, score.highest) == (None, 3, 18)
    assert score.category is None


def of_ct(loss=None, error=None, holes=None, collapse=None, lesion=None):
    findings = MeasuredFindings(height_loss_percent=loss, height_loss_plus_minus_percent=error, lytic_holes=holes)
    return sins("T12", SinsItems(collapse=collapse, lesion=lesion), findings)


@pytest.mark.parametrize(
    ("loss", "error", "value"),
    [(60.0, 5.0, "over-50"), (55.1, 5.0, "over-50"), (44.9, 5.0, "under-50"), (30.0, 5.0, "under-50")],
)
def test_a_measured_loss_clear_of_half_answers_the_collapse(loss, error, value):
    found = item(of_ct(loss, error), "collapse")
    assert (found.value, found.origin) == (value, Origin.MEASURED)


@pytest.mark.parametrize(
    ("loss", "error", "left"),
    [
        (50.0, 0.0, {2, 3}),  # undefined in the source
        (55.0, 5.0, {2, 3}),  # the ± reaches 50
        (45.0, 5.0, {2, 3}),
        (20.0, 0.0, {2}),  # graded as a fracture: a collapse below 50 %
        (25.0, 5.0, {2}),
        (19.9, 0.0, {0, 2}),
        (24.0, 5.0, {0, 2}),
        (3.0, 4.0, {0, 2}),  # not graded as a fracture: a reader must say none
        (40.0, 30.0, {0, 3}),
        (30.0, None, {0, 3}),  # without a ± nothing is sure
        (None, None, {0, 3}),
    ],
)
def test_a_measured_loss_leaves_open_what_its_error_reaches(loss, error, left):
    score = of_ct(loss, error)
    known = 3  # the location T12
    others_at_most = 3 + 2 + 4 + 3
    assert {score.lowest - known, score.highest - known - others_at_most} == left
    found = item(score, "collapse")
    assert (found.points is None) == (len(left) > 1)
    assert found.points is not None or loss is None or any("height loss" in note for note in score.notes)


def test_lytic_holes_answer_lytic_and_their_absence_answers_nothing():
    found = of_ct(holes=True)
    assert item(found, "bone lesion").points == 2
    assert item(found, "bone lesion").origin is Origin.MEASURED
    assert any("mixed" in note for note in found.notes)
    none_found = of_ct(holes=False)
    assert item(none_found, "bone lesion").origin is Origin.UNKNOWN
    assert any("no lytic hole" in note for note in none_found.notes)


def test_a_reader_counts_before_the_ct_and_a_disagreement_shows_both():
    over = of_ct(30.0, 4.0, collapse=SinsCollapse.OVER_50)
    assert item(over, "collapse").points == 3
    assert item(over, "collapse").origin is Origin.ENTERED
    assert any("over-50" in note and "30 ± 4 %" in note for note in over.notes)
    blastic = of_ct(holes=True, lesion=SinsLesion.BLASTIC)
    assert item(blastic, "bone lesion").points == 0
    assert any("blastic" in note and "lytic holes" in note for note in blastic.notes)
    assert any("no lytic hole" in note for note in of_ct(holes=False, lesion=SinsLesion.LYTIC).notes)


def test_agreement_of_reader_and_ct_needs_no_note():
    assert not of_ct(60.0, 4.0, holes=True, collapse=SinsCollapse.OVER_50, lesion=SinsLesion.MIXED).notes
    assert not of_ct(52.0, 4.0, holes=False, collapse=SinsCollapse.UNDER_50, lesion=SinsLesion.MIXED).notes
    assert not of_ct(holes=False, lesion=SinsLesion.BLASTIC).notes


def test_the_level_comes_from_the_ct_only_where_there_is_one():
    assert item(of_ct(holes=True), "location").origin is Origin.MEASURED
    assert item(sins("T12", STABLE, MeasuredFindings()), "location").origin is Origin.ENTERED


@pytest.mark.parametrize(
    ("loss", "points"), [(60.0, 3), (50.1, 3), (50.0, None), (49.9, 2), (20.0, 2), (19.9, None), (0.0, None)]
)
def test_a_readers_height_loss_fills_an_empty_collapse(loss, points):
    score = sins_of_level("L2", LevelFindings(height_loss_percent=loss))
    found = item(score, "collapse")
    assert found.points == points
    assert found.origin is (Origin.UNKNOWN if points is None else Origin.ENTERED)
    assert (points is None) == any("A reader gives a height loss" in note for note in score.notes)


def test_an_entered_item_counts_before_the_readers_other_findings():
    findings = LevelFindings(
        height_loss_percent=70.0,
        lytic_holes=True,
        sins=SinsItems(collapse=SinsCollapse.NONE, lesion=SinsLesion.MIXED),
    )
    score = sins_of_level("L2", findings)
    assert (item(score, "collapse").points, item(score, "bone lesion").points) == (0, 1)
    assert item(sins_of_level("L2", LevelFindings(lytic_holes=True)), "bone lesion").value == "lytic"
