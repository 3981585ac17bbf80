"""What is planned: region, levels, volume."""

import pytest

from screening_cases import answers, because, patient, screened


def at(level, **changes):
    return screened(patient("tumour", at=level, **changes), levels=(level,))


@pytest.mark.parametrize(
    ("level", "expected"), [("C5", "yes"), ("L6", "yes"), ("T5", "no"), ("T12", "no"), ("S1", "no")]
)
def test_a_foramen_counts_at_cervical_and_lumbar_levels(level, expected):
    assert answers(at(level, near_foramen=True))["W04"] == expected


@pytest.mark.parametrize(
    ("level", "named"), [("T10", False), ("T11", True), ("T12", True), ("L1", True), ("L2", False)]
)
def test_a_hypervascular_lesion_counts_everywhere_and_most_from_t11_to_l1(level, named):
    result = at(level, hypervascular=True)
    assert answers(result)["W03"] == "yes"
    assert ("where this matters most" in because(result, "W03")) is named


def test_many_levels_or_much_cement_is_enough_and_either_alone_may_be_known():
    three = {"planned__levels": ("L1", "L2", "L3")}
    assert answers(screened(patient(**three, planned__volume_ml_per_level=None)))["W09"] == "yes"
    assert answers(screened(patient(planned__levels=None, planned__volume_ml_per_level=7.1)))["W09"] == "yes"
    assert answers(screened(patient(planned__levels=None, planned__volume_ml_per_level=7)))["W09"] == "unknown"
    assert (
        answers(screened(patient(planned__levels=("L2", "L3"), planned__volume_ml_per_level=None)))["W09"] == "unknown"
    )


def test_a_level_planned_twice_is_one_level():
    found = answers(screened(patient(planned__levels=("L3", "L3", "L3"), planned__volume_ml_per_level=2)))
    assert (found["W05"], found["W09"]) == ("no", "no")
