"""Yeom's types: each site and way its type, what has none, and how much each modality shows."""

import pytest

from vertebroplasty.anatomy.leak_sites import RECORDED_ONLY, SIMULATED_SITES, YEOM, LeakSite
from vertebroplasty.errors import Refused
from vertebroplasty.selection.scores.leak_type import LeakRoute, Modality, leak_type

TYPES = {
    LeakSite.DISC_ABOVE: "D",
    LeakSite.DISC_BELOW: "D",
    LeakSite.DISC_UNSPECIFIED: "D",
    LeakSite.EPIDURAL: "C",
    LeakSite.FORAMEN_LEFT: "C",
    LeakSite.FORAMEN_RIGHT: "C",
    LeakSite.PARAVERTEBRAL: "C",
    LeakSite.BASIVERTEBRAL_VEIN: "B",
    LeakSite.SEGMENTAL_VEIN: "S",
    LeakSite.NEEDLE_TRACK: None,
    LeakSite.CENTRAL_VEIN_OR_LUNG: None,
    LeakSite.ARTERIAL: None,
}
ANY_WAY = (LeakSite.EPIDURAL, LeakSite.FORAMEN_LEFT, LeakSite.FORAMEN_RIGHT, LeakSite.PARAVERTEBRAL)


def test_twelve_sites_nine_of_them_simulated():
    assert set(TYPES) == set(LeakSite) == set(YEOM)
    assert set(SIMULATED_SITES) | set(RECORDED_ONLY) == set(LeakSite)
    assert (len(SIMULATED_SITES), len(RECORDED_ONLY)) == (9, 3)


@pytest.mark.parametrize(("site", "expected"), TYPES.items())
def test_each_site_has_its_type(site, expected):
    score = leak_type(site)
    assert score.category == expected
    assert score.sentence.startswith("No type: " if expected is None else f"Type {expected}: ")


@pytest.mark.parametrize(("route", "expected"), [*zip(LeakRoute, "BSC", strict=True)])
@pytest.mark.parametrize("site", [*ANY_WAY, None])
def test_a_way_that_was_seen_decides(site, route, expected):
    assert leak_type(site, route=route).category == expected


@pytest.mark.parametrize("site", ANY_WAY)
def test_a_way_that_was_not_seen_is_said(site):
    unseen, seen = leak_type(site), leak_type(site, route=LeakRoute.CORTICAL_DEFECT)
    assert unseen.category == seen.category == "C"
    assert any(note.startswith("The way was not stated") for note in unseen.notes)
    assert not any(note.startswith("The way was not stated") for note in seen.notes)


@pytest.mark.parametrize(
    ("site", "route"),
    [
        (LeakSite.DISC_ABOVE, LeakRoute.SEGMENTAL_VEIN),
        (LeakSite.DISC_UNSPECIFIED, LeakRoute.BASIVERTEBRAL_VEIN),
        (LeakSite.BASIVERTEBRAL_VEIN, LeakRoute.CORTICAL_DEFECT),
        (LeakSite.SEGMENTAL_VEIN, LeakRoute.BASIVERTEBRAL_VEIN),
        (LeakSite.CENTRAL_VEIN_OR_LUNG, LeakRoute.CORTICAL_DEFECT),
        (LeakSite.ARTERIAL, LeakRoute.SEGMENTAL_VEIN),
        (LeakSite.NEEDLE_TRACK, LeakRoute.CORTICAL_DEFECT),
    ],
)
def test_a_way_that_contradicts_the_site_is_refused(site, route):
    with pytest.raises(Refused, match=f"A leak at {site} does not come by {route}"):
        leak_type(site, route=route)


def test_type_d_is_said_to_be_a_later_extension():
    score = leak_type(LeakSite.DISC_ABOVE, route=LeakRoute.CORTICAL_DEFECT)
    assert score.category == "D"
    assert any("later extension" in note for note in score.notes)
    assert "leak-type-D" in score.sources
    assert leak_type(LeakSite.EPIDURAL).sources == ("Yeom2003",)


@pytest.mark.parametrize("modality", [*Modality, None])
def test_how_little_film_shows_is_always_said(modality):
    said = " ".join(leak_type(LeakSite.EPIDURAL, modality=modality).notes)
    assert "1.5 times as many" in said
    assert "7 % (2/28)" in said
    assert "93 % of type B and 86 % of type S" in said
    assert ("means nothing without it" in said) == (modality is None)


def test_a_vein_or_lung_leaves_b_or_s_open():
    assert "B or S" in leak_type(LeakSite.CENTRAL_VEIN_OR_LUNG).sentence
    assert leak_type(LeakSite.CENTRAL_VEIN_OR_LUNG, route=LeakRoute.SEGMENTAL_VEIN).category == "S"
    assert "open" in leak_type(None).sentence
