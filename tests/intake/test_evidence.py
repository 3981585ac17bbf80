"""What is said about a level's name."""

import numpy as np
import pytest

from vertebroplasty.errors import Refused, UnknownLabels
from vertebroplasty.intake.column import build_column
from vertebroplasty.intake.evidence import level_evidence, piece_sentences, settle_faults, unusual_counts
from vertebroplasty.intake.label_volume import LabelPiece

LUMBAR = ("L1", "L2", "L3", "L4", "L5")


def column(*names):
    return build_column(
        [
            (
                name,
                LabelPiece(value=1, voxels=9, volume_ml=9.0, centre_lps_mm=np.array([0, 0, -30.0 * n]), is_cut=False),
            )
            for n, name in enumerate(names)
        ]
    )


def evidence(name, *names, ribs=False, suspicious=(), confirmed=False):
    return level_evidence(name, column(*names), ribs_labelled=ribs, suspicious=suspicious, confirmed=confirmed)


@pytest.mark.parametrize(
    ("names", "ribs", "counted"),
    [
        (("L2", "L3", "L4"), False, "none"),
        (("L2", "L3", "L4", "L5", "S1"), False, "sacrum"),
        (("L2", "L3", "L4", "S1"), False, "sacrum"),
        (("L2", "L3", "L5", "S1"), False, "none"),  # the chain to the sacrum is broken
        (("T12", "L1", "L2", "L3"), True, "ribs"),
        (("L2", "L3"), True, "none"),  # ribs, but no thoracic vertebra joined to this level
        (("C2", *(f"C{n}" for n in range(3, 8)), *(f"T{n}" for n in range(1, 13)), *LUMBAR, "S1"), True, "c2"),
    ],
)
def test_where_the_count_began(names, ribs, counted):
    assert evidence("L3", *names, ribs=ribs).counted_from == counted


def test_neighbours_are_those_whose_names_follow():
    assert evidence("L3", "L2", "L3", "L4").neighbours == ("L2", "L4")
    assert evidence("L3", "L1", "L3", "L4").neighbours == ("L4",)
    assert evidence("L4", "L3", "L4", "S1").neighbours == ("L3", "S1")
    assert evidence("L3", "L3").neighbours == ()


@pytest.mark.parametrize(
    ("names", "word"),
    [
        (("T12", "T13", "L1"), "thirteenth"),
        (("L5", "L6", "S1"), "sixth"),
        (("L3", "L4", "S1"), "four lumbar"),
        (("T11", "L1"), "eleven thoracic"),
        (("L3",), "No other level"),
    ],
)
def test_unusual_spines_are_allowed_and_said(names, word):
    (sentence,) = unusual_counts(column(*names))
    assert word in sentence


def test_a_usual_spine_says_nothing():
    assert unusual_counts(column("T12", *LUMBAR, "S1")) == ()


def test_a_fault_stops_unless_a_level_is_confirmed():
    names = {20: "L1", 22: "L3"}
    with pytest.raises(UnknownLabels, match=r"Read as verse, L3 follows .* --confirm-level"):
        settle_faults(("L3 follows directly below L1",), None, names, scheme="verse")
    assert settle_faults(("L3 follows directly below L1",), "L3", names, scheme="verse") == names
    with pytest.raises(Refused, match="no T12 to confirm"):
        settle_faults((), "T12", names, scheme="verse")


def test_a_repeated_name_is_never_given_out():
    names = {1: "L1", 2: "L2", 3: "L2"}
    assert settle_faults(("L2 is labelled twice",), "L1", names, scheme="verse") == {1: "L1"}
    with pytest.raises(UnknownLabels, match="Two labels are L2"):
        settle_faults(("L2 is labelled twice",), "L2", names, scheme="verse")


def test_a_confirmed_level_says_so_beside_what_was_wrong():
    found = evidence("L3", "L1", "L3", suspicious=("L3 follows directly below L1.",), confirmed=True)
    assert found.confirmed_by_user
    assert found.suspicious == ("L3 follows directly below L1.", "The user confirmed L3 against the images.")


def test_two_pieces_of_similar_size_are_suspicious_and_islands_are_not():
    labels = np.zeros((20, 9, 9), np.uint8)
    labels[1:6, 2:7, 2:7] = 5
    labels[8, 2, 2] = labels[8, 6, 6] = 5
    whole = (slice(None),) * 3
    assert piece_sentences("L3", labels, 5, whole) == (None, 2)
    labels[12:16, 2:7, 2:7] = 5
    sentence, islands = piece_sentences("L3", labels, 5, whole)
    assert sentence == "L3 is labelled in 2 separate pieces of similar size."
    assert islands == 2
