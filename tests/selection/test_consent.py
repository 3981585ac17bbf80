"""Consent points: the right ones for this aetiology and plan, every figure from a claim with its denominator."""

import re

import pytest

from vertebroplasty.selection.coded_values import Aetiology, Anaesthesia
from vertebroplasty.selection.consent import ConsentKind, all_consent_points, consent_points
from vertebroplasty.selection.patient import Planned
from vertebroplasty.sources import all_sources


def ids(aetiology, **planned):
    return {point.id for point in consent_points(aetiology, Planned(**planned))}


@pytest.mark.parametrize("point", all_consent_points(), ids=lambda p: p.id)
def test_a_point_types_no_figure_and_names_its_sources(point):
    assert not re.search(r"\d", point.heading + point.sentence)
    assert point.sources
    assert set(point.sources) <= set(all_sources())
    assert len(point.figures) == len(point.claims)


@pytest.mark.parametrize("aetiology", [*Aetiology, None])
def test_every_aetiology_hears_benefit_alternative_risk_and_afterwards(aetiology):
    points = consent_points(aetiology)
    assert {point.kind for point in points} == set(ConsentKind)
    assert any("new-fracture" in point.id for point in points)
    assert [p.id for p in all_consent_points() if p in points] == [p.id for p in points]


def test_the_sham_trials_belong_to_osteoporosis():
    assert "benefit-sham" in ids(Aetiology.OSTEOPOROTIC_FRACTURE)
    assert "alternative-nothing" in ids(Aetiology.OSTEOPOROTIC_FRACTURE)
    assert "benefit-sham" not in ids(Aetiology.METASTASIS)
    assert "benefit-tumour" in ids(Aetiology.MYELOMA)
    assert "benefit-haemangioma" in ids(Aetiology.HAEMANGIOMA)
    assert "benefit-tumour" not in ids(Aetiology.HAEMANGIOMA)


def test_the_plan_leaves_out_only_what_it_rules_out():
    assert {"procedure-local", "procedure-general", "procedure-several-levels"} <= ids(None)
    one_awake = ids(None, levels=("L1",), anaesthesia=Anaesthesia.LOCAL)
    assert "procedure-local" in one_awake
    assert not {"procedure-general", "procedure-several-levels"} & one_awake
    two_asleep = ids(None, levels=("L1", "L2"), anaesthesia=Anaesthesia.GENERAL)
    assert {"procedure-general", "procedure-several-levels"} <= two_asleep
    assert "procedure-local" not in two_asleep


@pytest.mark.parametrize(
    ("point", "figure"),
    [
        ("risk-leak", "15 of 868 levels"),
        ("risk-leak", "164 of 201 levels"),
        ("risk-nerve", "3 of 868 levels"),
        ("risk-embolism", "2 of 868 levels"),
        ("risk-artery", "1 of 868 levels"),
        ("risk-stylet", "1 of 868 levels"),
        ("risk-nerve-tumour", "3 of 37 patients"),
        ("risk-nerve-tumour", "2 of 37 patients"),
        ("alternative-nothing", "229 of 431 patients"),
        ("risk-new-fracture-osteoporotic", "15 of 91 patients"),
        ("risk-new-fracture-osteoporotic", "19 of 89 patients"),
        ("procedure-hardening", "8 to 10 minutes"),
        ("afterwards-standing", "12 hours"),
    ],
)
def test_a_figure_is_said_with_its_denominator(point, figure):
    found = next(p for p in all_consent_points() if p.id == point)
    assert figure in [claim.figure for claim in found.claims]


def test_a_line_says_whom_it_counts_and_how_one_looked():
    leak = next(p for p in all_consent_points() if p.id == "risk-leak")
    assert any("counted: 201 levels; seen on CT" in line and line.endswith("[Dohm2014]") for line in leak.figures)


def test_where_no_figure_exists_the_sentence_says_so():
    for point in all_consent_points():
        if point.kind is ConsentKind.RISK and not any(claim.figure for claim in point.claims):
            said = point.sentence + " ".join(claim.statement for claim in point.claims)
            assert "no figure" in said or "no source" in said or point.id == "risk-leak-treatment"


def test_every_kind_is_in_the_order_of_a_conversation():
    order = [list(ConsentKind).index(point.kind) for point in all_consent_points()]
    assert order == sorted(order)
