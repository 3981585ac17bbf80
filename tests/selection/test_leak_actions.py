"""What the documents say about a leak: the right sentences at each site, all of them where something is unknown."""

import pytest

from vertebroplasty.anatomy.leak_sites import LeakSite
from vertebroplasty.selection.leak_actions import (
    TEAM_DECIDES,
    LeakEffect,
    LungCement,
    all_leak_actions,
    leak_actions,
)
from vertebroplasty.sources import source

LUNG = LeakSite.CENTRAL_VEIN_OR_LUNG
FORAMINA = (LeakSite.FORAMEN_LEFT, LeakSite.FORAMEN_RIGHT)


def said(*args):
    return " ".join(action.sentence for action in leak_actions(*args))


@pytest.mark.parametrize("site", LeakSite)
def test_every_site_has_a_sentence(site):
    assert leak_actions(site)


@pytest.mark.parametrize("site", LeakSite)
def test_knowing_more_only_narrows_what_may_apply(site):
    everything = set(leak_actions(site))
    for effect in LeakEffect:
        for lung in LungCement:
            assert set(leak_actions(site, effect, lung)) <= set(leak_actions(site, effect)) <= everything


@pytest.mark.parametrize("site", [LeakSite.EPIDURAL, *FORAMINA])
def test_cord_compression_is_an_emergency_and_nerve_pain_is_not(site):
    assert "urgent surgery" in said(site, LeakEffect.CORD_COMPRESSION)
    assert "anaesthetic" in said(site, LeakEffect.NERVE_PAIN)
    assert "urgent surgery" not in said(site, LeakEffect.NERVE_PAIN)
    assert "anaesthetic" not in said(site, LeakEffect.NONE)
    assert "urgent surgery" in said(site)


def test_left_and_right_are_told_the_same():
    left, right = (leak_actions(site) for site in FORAMINA)
    assert left == right


@pytest.mark.parametrize("site", [LeakSite.BASIVERTEBRAL_VEIN, LeakSite.SEGMENTAL_VEIN, LUNG, LeakSite.EPIDURAL])
def test_veins_and_canal_stop_the_injection(site):
    assert "The injection stops" in said(site)


@pytest.mark.parametrize("site", [LeakSite.DISC_ABOVE, LeakSite.DISC_BELOW, LeakSite.DISC_UNSPECIFIED])
def test_a_disc_is_a_caution_not_a_stop(site):
    assert "The injection stops" not in said(site)
    assert "Caution rather than a stop" in said(site)


@pytest.mark.parametrize(
    ("lung", "effect", "ids"),
    [
        (LungCement.PERIPHERAL, LeakEffect.NONE, {"K08"}),
        (LungCement.PERIPHERAL, LeakEffect.HEART_OR_LUNG, {"K09"}),
        (LungCement.CENTRAL, LeakEffect.NONE, {"K10"}),
        (LungCement.CENTRAL, LeakEffect.HEART_OR_LUNG, {"K10", "K11"}),
        (LungCement.PERIPHERAL, None, {"K08", "K09"}),
        (None, LeakEffect.HEART_OR_LUNG, {"K09", "K10", "K11"}),
    ],
)
def test_pulmonary_cement_by_place_and_symptoms(lung, effect, ids):
    assert {action.id for action in leak_actions(LUNG, effect, lung)} == ids | {"K07"}


def test_anticoagulation_is_never_named_without_its_doubt():
    named = [action.sentence for action in all_leak_actions() if "heparin" in action.sentence]
    assert named
    assert all("debated" in sentence for sentence in named)


def test_every_sentence_has_a_source_that_was_read_if_it_says_so():
    ids = [action.id for action in all_leak_actions()]
    assert len(set(ids)) == len(ids)
    for action in all_leak_actions():
        assert len(action.sources) == 1
        assert action.verified == source(action.sources[0]).verified


def test_the_team_decides():
    assert "team's decision" in TEAM_DECIDES
