"""A reader and the CT that disagree are both named; agreement and silence bring no warning."""

import pytest

from screening_cases import patient, screened

# What the reader says, what the CT shows, what the warning names
CONFLICTS = [
    ({"canal_compromise_percent": 5}, {"canal_compromise_percent": 12.0}, "canal compromise as 5 %"),
    ({"height_loss_percent": 30}, {"height_loss_percent": 36.0}, "36.0 ± 3.0 %: the stricter decides"),
    ({"canal_compromise_percent": 15}, {"canal_compromise_percent": 22.0}, "but the reader where the ± reaches"),
    ({"retropulsed_fragment": True}, {"retropulsion_mm": 1.0}, "a reader sees a retropulsed fragment"),
    ({"retropulsed_fragment": False}, {"retropulsion_mm": 4.0}, "measures 4.0 mm of retropulsion"),
    ({}, {"posterior_wall_intact": False}, "take it as breached"),
    ({"cleft": False}, {"cleft": True, "cleft_volume_ml": 0.42}, "no cleft in the body, the CT shows one of 0.4 ml"),
    ({"cleft": True}, {"cleft": False}, "a cleft in the body, the CT shows none"),
    ({"lytic_holes": False}, {"lytic_holes": True, "lytic_holes_volume_ml": 1.5}, "the CT shows some of 1.5 ml"),
    ({"lytic_holes": True, "sins__lesion": None}, {"lytic_holes": False}, "lytic holes in the body, the CT shows none"),
]
AGREEMENTS = [
    ({"canal_compromise_percent": 5}, {"canal_compromise_percent": 8.0}),  # within the least ± of 3 points
    ({"height_loss_percent": 30}, {"height_loss_percent": 40.0, "height_loss_plus_minus_percent": 12.0}),
    ({"retropulsed_fragment": True}, {"retropulsion_mm": 4.0}),
    ({"posterior_wall": None}, {"posterior_wall_intact": False}),
    ({"cleft": True}, {"cleft": True}),
    ({"cleft": True}, {"cleft": None}),
    ({"cleft": None, "lytic_holes": None, "height_loss_percent": None}, {"cleft": True, "lytic_holes": True}),
    ({"lytic_holes": False}, {"lytic_holes": False}),
]


@pytest.mark.parametrize(("reader", "measured", "said"), CONFLICTS)
def test_a_conflict_is_one_warning_that_names_both(reader, measured, said):
    (warning,) = screened(patient(**reader), measured).warnings
    assert warning.startswith("L3: a reader")
    assert "CT" in warning
    assert said in warning


@pytest.mark.parametrize(("reader", "measured"), AGREEMENTS)
def test_agreement_and_silence_bring_no_warning(reader, measured):
    assert screened(patient(**reader), measured).warnings == ()
