"""What the tables say: measurements with ± and reasons, and the screening by weight."""

import pytest

from vertebroplasty.web.case_page.measurements import measured_document, measurement_rows
from vertebroplasty.web.case_page.selection import groups, screened_level
from vertebroplasty.web.texts.texts import texts_in

ENGLISH = texts_in("en")
FACES = ("canal", "disc-above", "disc-below", "foramen-left", "foramen-right", "paravertebral")


@pytest.fixture(scope="module")
def rows(opened):
    return {row.name: row for row in measurement_rows(measured_document(opened), ENGLISH)}


def test_a_measurement_has_its_error_and_unit(rows, opened):
    height = opened.measured.heights.anterior_mm
    assert rows["Height, front"].value == f"{height.value:.1f} ± {height.plus_minus:.1f} mm"
    wedge = opened.measured.wedge_angle_deg
    assert rows["Wedge angle"].value == f"{wedge.value:.1f} ± {wedge.plus_minus:.1f} °"


def test_what_is_unknown_says_why(rows):
    bmd = rows["Bone mineral density"]
    assert bmd.value == "unknown"
    assert bmd.why.endswith(".")


def test_the_fracture_is_graded_against_named_levels(rows, opened):
    genant = opened.measured.genant
    assert rows["Genant"].value.startswith(f"grade {genant.grade}, wedge, height loss ")
    assert rows["Genant"].value.endswith(", ".join(genant.reference_levels))


@pytest.mark.parametrize("language", ["en", "fr", "de"])
def test_every_name_that_an_answer_may_need_is_there(language):
    t = texts_in(language)
    assert all(t(f"case.toward_{site}") for site in FACES)
    assert all(t(f"case.genant_{shape}") for shape in ("wedge", "biconcave", "crush"))
    assert all(t(f"case.counted_{place}") for place in ("sacrum", "c2", "ribs", "none"))


def test_without_answers_the_absolute_rules_wait(opened):
    level = screened_level(opened)
    assert level.verdict == "insufficient-data"
    found = {group.name: group for group in groups(level, ENGLISH)}
    assert list(found)[:2] == ["emergency", "absolute"]
    assert found["absolute"].waiting
    assert found["absolute"].title == "Absolute"
    shown = {rule.id for group in found.values() for rule in group.rules}
    assert shown == {rule.id for rule in level.rules if rule.answer == "yes"}


def test_no_rule_that_applies_is_left_out():
    """Every effect that a rule may have belongs to one group."""
    from vertebroplasty.selection.strictness import Effect
    from vertebroplasty.web.case_page.selection import GROUPS

    grouped = [effect for _, effects in GROUPS for effect in effects]
    assert sorted(grouped) == sorted(effect.value for effect in Effect)
