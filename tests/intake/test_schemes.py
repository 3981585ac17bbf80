"""The label tables, against each other and against the coded concepts of another library."""

import pytest
from pydicom.sr._concepts_dict import concepts

from vertebroplasty.anatomy.levels import LEVELS
from vertebroplasty.errors import Refused
from vertebroplasty.intake import SCHEMES
from vertebroplasty.intake.schemes import SNOMED_LEVELS, scheme_named
from vertebroplasty.sources import all_sources


@pytest.mark.parametrize(
    ("scheme", "examples"),
    [
        ("verse", {1: "C1", 7: "C7", 8: "T1", 19: "T12", 20: "L1", 24: "L5", 25: "L6", 28: "T13"}),
        ("tptbox", {20: "L1", 28: "T13"}),
        ("totalsegmentator-v1", {18: "L5", 20: "L3", 22: "L1", 23: "T12", 34: "T1", 35: "C7", 41: "C1"}),
        ("totalsegmentator-v2", {26: "S1", 27: "L5", 31: "L1", 32: "T12", 43: "T1", 44: "C7", 50: "C1"}),
    ],
)
def test_published_numbers_stand_in_the_tables(scheme, examples):
    assert {value: SCHEMES[scheme].levels[value] for value in examples} == examples


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=str)
def test_a_table_is_consistent_with_itself(scheme):
    assert len(set(scheme.levels.values())) == len(scheme.levels)
    assert set(scheme.levels.values()) <= set(LEVELS)
    assert set(scheme.levels) | {scheme.sacrum} | scheme.below | scheme.ribs <= scheme.known
    assert not set(scheme.levels) & (scheme.below | scheme.ribs | {scheme.sacrum})
    assert scheme.source in all_sources()
    ranks = [LEVELS.index(scheme.levels[value]) for value in sorted(scheme.levels) if scheme.levels[value] != "T13"]
    assert ranks == sorted(ranks, reverse=scheme.numbered == "upwards")


def test_the_same_number_means_different_levels():
    assert {name: scheme.levels.get(20) for name, scheme in SCHEMES.items()} == {
        "verse": "L1",
        "tptbox": "L1",
        "totalsegmentator-v1": "L3",
        "totalsegmentator-v2": None,
    }


def test_every_snomed_code_is_the_vertebra_it_is_said_to_be():
    meanings = {
        code: meaning
        for entry in concepts["SCT"].values()
        for code, (meaning, _) in entry.items()
        if "erteb" in meaning
    }
    for code, level in SNOMED_LEVELS.items():
        if level != "S1":  # the whole sacrum
            assert meanings[code] == f"{level} vertebra"


def test_an_unknown_scheme_is_refused_with_the_known_ones():
    with pytest.raises(Refused, match=r"verse \| tptbox"):
        scheme_named("ctspine1k")
