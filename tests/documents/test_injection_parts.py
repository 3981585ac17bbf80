"""Parts of the `inject` document: how a leak grew, and what sources say of such leaks."""

from vertebroplasty.anatomy.leak_sites import SIMULATED_SITES, LeakSite
from vertebroplasty.documents.injection_parts import CLAIMS, leak_over_time, symptom_claims
from vertebroplasty.sources import all_sources


def test_every_site_has_claims_and_every_claim_a_known_source():
    assert set(CLAIMS) == set(SIMULATED_SITES)
    for said in symptom_claims(SIMULATED_SITES):
        assert said.source in all_sources()
        assert said.statement
        assert said.sites


def test_one_claim_on_two_sites_is_said_once():
    said = symptom_claims((LeakSite.EPIDURAL, LeakSite.FORAMEN_LEFT))
    names = [entry.claim for entry in said]
    assert len(set(names)) == len(names)
    assert all(entry.sites == ["epidural", "foramen-left"] for entry in said)
    assert symptom_claims(()) == []


def test_a_leak_over_time_ends_with_what_leaked():
    events = [
        {"t_s": 330.0, "event": "inject-start"},
        {"t_s": 340.0, "event": "sample", "leaked_ml": {}},
        {"t_s": 341.0, "event": "sample", "leaked_ml": {"epidural": 0.02}},
        {"t_s": 342.0, "event": "sample", "leaked_ml": {"epidural": 0.05, "disc-above": 0.01}},
    ]
    grew = leak_over_time(events, "epidural", 340.5, 0.05)
    assert [(entry.t_s, entry.volume_ml) for entry in grew] == [(341.0, 0.02), (342.0, 0.05)]
    track = leak_over_time(events, "needle-track", 600.0, 0.04)  # left behind when the needle was drawn out
    assert [(entry.t_s, entry.volume_ml) for entry in track] == [(600.0, 0.04)]
