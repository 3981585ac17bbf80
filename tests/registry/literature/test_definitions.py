"""Outcome definitions: unique, sourced, and each published result under a definition it fits."""

import pytest

from vertebroplasty.anatomy.leak_sites import LeakSite
from vertebroplasty.errors import Refused
from vertebroplasty.registry.literature.definitions import ANY_TIME, definition, definitions, family
from vertebroplasty.registry.literature.results import published_result
from vertebroplasty.selection.claims import DenominatorType, claims
from vertebroplasty.sources import CHOICE, all_sources


def test_ids_are_unique_and_sourced():
    assert len({each.id for each in definitions()}) == len(definitions())
    for each in definitions():
        assert each.source in {*all_sources(), CHOICE}
        assert each.denominators
        assert each.modalities
        assert DenominatorType.NOT_STATED not in each.denominators


def test_a_claim_answers_one_definition_only():
    filed = [stated.id for each in definitions() for stated in each.claims]
    assert len(filed) == len(set(filed))


def test_every_counted_claim_fits_its_definition():
    """Building the result refuses a denominator or a modality that the definition does not allow."""
    counted = [published_result(each, stated) for each in definitions() for stated in each.claims]
    assert sum(found is not None for found in counted) >= 18


def test_every_claim_of_pain_relief_in_treated_patients_is_filed():
    filed = {stated.id for each in family("pain-relief") for stated in each.claims}
    assert {stated.id for stated in claims("pain-relief")} <= filed


def test_the_four_founding_documents_define_relief_in_five_ways():
    ids = {each.id for each in family("pain-relief") if each.source in ("S0", "S1", "S2", "S3")}
    assert {"opiate-class-3-or-4", "pain-subsides", "clear-improvement", "any-improvement", "clear-alleviation"} <= ids


def test_leak_sites_are_those_of_the_spine():
    sites = {each.site for each in definitions()} - {""}
    known = {str(site) for site in LeakSite}
    assert sites == known
    for site in LeakSite:
        assert definition(f"leak-{site}").site == site


def test_a_fixed_horizon_is_a_time():
    assert definition("new-vertebral-fracture-12-months").horizon == "12 months"
    assert definition("clear-improvement").horizon == ANY_TIME


def test_what_is_not_defined_is_refused():
    with pytest.raises(Refused, match="No outcome is defined as success: the definitions are opiate-class-3-or-4"):
        definition("success")
    with pytest.raises(Refused, match="the families are"):
        family("happiness")
