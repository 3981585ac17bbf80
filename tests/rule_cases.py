"""One line for each rule: on which patient it is tried, and what makes it answer yes, no and unknown.

The boundary of a limit has a line of its own.  A rule without a line fails the tests.
"""

from typing import Any, NamedTuple

from vertebroplasty.selection.coded_values import (
    Aetiology,
    Allergen,
    Anaesthesia,
    AoType,
    Bilsky,
    CoagulationStatus,
    Imaging,
    Infection,
    Intent,
    NeurologicalDeficit,
    RadicularPain,
    SinsAlignment,
    SinsCollapse,
    SinsLesion,
    SinsPain,
)
from vertebroplasty.selection.patient import Agent

__all__ = ["APIXABAN", "CORRECTED", "GOLDEN", "Case"]

APIXABAN = (Agent(name="apixaban", last_dose_h=48),)
NO_OSTEOPOROSIS = {"osteoporosis": False}
CORRECTED = {"coagulation__status": CoagulationStatus.CORRECTED}
TWO, THREE = ("L2", "L3"), ("L1", "L2", "L3")
ALLERGIC = {"allergies": frozenset({Allergen.PMMA})}
NO_READING_OF_BONE = {"lytic_holes": None, "sins__lesion": None}
# On L3 (2 points): mechanical pain 3, blastic 0, normal alignment 0, over half of the body involved 1
SINS_OF_SIX = {"sins__pain": SinsPain.MECHANICAL, "sins__collapse": SinsCollapse.NONE_BODY_OVER_50}
CAUSE_OPEN = {"aetiology": None}
TRAUMATIC = {"aetiology": Aetiology.TRAUMATIC_FRACTURE}
METASTASIS = {"aetiology": Aetiology.METASTASIS}
HAEMANGIOMA = {"aetiology": Aetiology.HAEMANGIOMA}
BOTH = {"intent": Intent.BOTH}
COMPRESSED = {"bilsky": Bilsky.GRADE_2, "epidural_tumour": True}
AT_CORD = {"bilsky": Bilsky.GRADE_1C, "epidural_tumour": True, "surgical_opinion": False}
RELIEVED = {"pain_relieved_by_medical_treatment": True}
PREVENTION = {"intent": Intent.PROPHYLAXIS, "fracture_acute": False}
OLD = {"painful": False, "fracture_age_days": 400}
AGE_OPEN = {"fracture_age_days": None, "marrow_oedema": None}
HEALED = {"marrow_oedema": False}
ELSEWHERE = {"pain_concordant_with_level": False}
EIGHT_WEEKS = {"conservative_treatment_weeks": 8}
LYTIC = {"lytic_holes": True, "sins__lesion": SinsLesion.LYTIC}


class Case(NamedTuple):
    """A rule, the patient it is tried on, and the changes for each answer; None where the rule never gives it.

    The level is L3 unless the changes say `at`.
    """

    rule: str
    base: str
    yes: dict[str, Any] | None
    no: dict[str, Any]
    unknown: dict[str, Any]


TABLE: list[tuple[Any, ...]] = [
    ("I01", "osteoporotic", {}, {"pain_concordant_with_level": False}, {"pain_concordant_with_level": None}),
    ("I02", "tumour", {}, {"painful": False}, {"painful": None}),
    ("I02", "tumour", {"aetiology": Aetiology.MYELOMA}, {"aetiology": Aetiology.OTHER}, {"aetiology": None}),
    ("I03", "tumour", {"aetiology": Aetiology.HAEMANGIOMA}, {}, {"aetiology": None}),
    ("I04", "tumour", {"intent": Intent.BOTH}, {"intent": Intent.ANALGESIA}, {"intent": None}),
    (
        "E01",
        "osteoporotic",
        {"neurological_deficit": NeurologicalDeficit.PROGRESSIVE},
        {"neurological_deficit": NeurologicalDeficit.STABLE},
        {"neurological_deficit": None},
    ),
    (
        "E01",
        "tumour",
        {"bilsky": Bilsky.GRADE_2, "epidural_tumour": True},
        {"bilsky": Bilsky.GRADE_1C, "epidural_tumour": True},
        {"bilsky": None, "epidural_tumour": True},
    ),
    ("A01", "osteoporotic", {"painful": False}, {}, {"painful": None}),
    ("A02", "tumour", {"pain_relieved_by_medical_treatment": True}, {}, {"pain_relieved_by_medical_treatment": None}),
    (
        "A03",
        "osteoporotic",
        {"coagulation__status": CoagulationStatus.REFRACTORY},
        {"coagulation__status": CoagulationStatus.CORRECTABLE},
        {"coagulation__status": None},
    ),
    ("A04", "osteoporotic", {"infection": Infection.LOCAL}, {}, {"infection": None}),
    ("A04", "trauma", {"infection": Infection.SYSTEMIC}, {}, {"infection": None}),
    ("A05", "osteoporotic", {"osteomyelitis": True}, {}, {"osteomyelitis": None}),
    ("A06", "osteoporotic", {"allergies": frozenset({Allergen.PMMA})}, {}, {"allergies": None}),
    ("A07", "trauma", {"osteoporosis": False}, {"osteoporosis": True}, {"osteoporosis": None}),
    ("A07", "trauma", {"osteoporosis": False}, {"fracture_acute": False}, {"fracture_acute": None, **NO_OSTEOPOROSIS}),
    (
        "A08",
        "osteoporotic",
        {"intent": Intent.PROPHYLAXIS, "fracture_acute": False},
        {"intent": Intent.PROPHYLAXIS},
        {"intent": Intent.PROPHYLAXIS, "fracture_acute": None},
    ),
    ("D01", "osteoporotic", {"coagulation__inr": 1.81}, {"coagulation__inr": 1.8}, {"coagulation__inr": None}),
    (
        "D01",
        "osteoporotic",
        {"coagulation__platelets_10e9_per_l": 49.9},
        {"coagulation__platelets_10e9_per_l": 50},
        {"coagulation__platelets_10e9_per_l": None},
    ),
    (
        "D01",
        "osteoporotic",
        {"coagulation__agents": APIXABAN},
        {"coagulation__agents": APIXABAN, "coagulation__statement": "Stopped for 48 h.", **CORRECTED},
        {"coagulation__agents": None},
    ),
    (
        "D01",
        "osteoporotic",
        {"coagulation__agents": APIXABAN, **CORRECTED},
        CORRECTED,
        {"coagulation__status": None},
    ),
    (
        "R01",
        "osteoporotic",
        {"radicular_pain": RadicularPain.UNRELATED_COMPRESSIVE},
        {"radicular_pain": RadicularPain.FROM_COLLAPSE},
        {"radicular_pain": None},
    ),
    (
        "R02",
        "osteoporotic",
        {"retropulsed_fragment": True, "canal_compromise_percent": 20.1},
        {"retropulsed_fragment": True, "canal_compromise_percent": 20},
        {"retropulsed_fragment": True, "canal_compromise_percent": None},
    ),
    ("R03", "tumour", {"epidural_tumour": True, "bilsky": None}, {}, {"epidural_tumour": None, "bilsky": None}),
    (
        "R03",
        "tumour",
        {"epidural_tumour": None, "bilsky": Bilsky.GRADE_1A},
        {"epidural_tumour": None},
        {"aetiology": None, "epidural_tumour": True},
    ),
    (
        "R04",
        "osteoporotic",
        {"painful": False, "fracture_age_days": 366},
        {"painful": False, "fracture_age_days": 365},
        {"painful": False, "fracture_age_days": None},
    ),
    ("W01", "osteoporotic", {"imaging_before": ()}, {"imaging_before": (Imaging.MRI,)}, {"imaging_before": None}),
    ("W10", "osteoporotic", {"fracture_stable": False}, {}, {"fracture_stable": None}),
    ("W10", "osteoporotic", {"of_grade": 4}, {"of_grade": 3}, {"of_grade": None}),
    ("W10", "trauma", {"ao_type": AoType.B}, {"ao_type": AoType.A4}, {"ao_type": None}),
    (
        "W02",
        "osteoporotic",
        None,
        {"fracture_age_days": None},
        {"fracture_age_days": None, "marrow_oedema": None},
    ),
    ("W03", "tumour", {"hypervascular": True}, {}, {"hypervascular": None}),
    (
        "W03",
        "tumour",
        {"hypervascular": True, "phlebogram_ap_and_lateral": False},
        {"hypervascular": True, "phlebogram_ap_and_lateral": True},
        {"hypervascular": True, "phlebogram_ap_and_lateral": None},
    ),
    ("W04", "osteoporotic", {"near_foramen": True}, {}, {"near_foramen": None}),
    ("W05", "osteoporotic", {"planned__levels": TWO}, {}, {"planned__levels": None}),
    (
        "W05",
        "tumour",
        {"planned__levels": TWO},
        {"planned__levels": TWO, "planned__anaesthesia": Anaesthesia.GENERAL},
        {"planned__levels": TWO, "planned__anaesthesia": None},
    ),
    (
        "W06",
        "osteoporotic",
        {"planned__volume_ml_per_level": 1.49},
        {"planned__volume_ml_per_level": 1.5},
        {"planned__volume_ml_per_level": None},
    ),
    (
        "W06",
        "tumour",
        {"planned__volume_ml_per_level": 6.51},
        {"planned__volume_ml_per_level": 6.5},
        {"planned__volume_ml_per_level": None},
    ),
    (
        "W07",
        "osteoporotic",
        {"height_loss_percent": 66.7},
        {"height_loss_percent": 66.6},
        {"height_loss_percent": None},
    ),
    (
        "W08",
        "tumour",
        {"epidural_tumour": True, "bilsky": Bilsky.GRADE_1C, "surgical_opinion": False},
        {"epidural_tumour": True, "bilsky": Bilsky.GRADE_1B, "surgical_opinion": False},
        {"epidural_tumour": True, "bilsky": Bilsky.GRADE_1C, "surgical_opinion": None},
    ),
    (
        "W08",
        "tumour",
        {**SINS_OF_SIX, "sins__alignment": SinsAlignment.DE_NOVO_DEFORMITY, "surgical_opinion": False},
        {**SINS_OF_SIX, "surgical_opinion": False},
        {**SINS_OF_SIX, "sins__alignment": None, "surgical_opinion": False},
    ),
    (
        "W09",
        "osteoporotic",
        {"planned__levels": THREE, "planned__volume_ml_per_level": 2},
        {"planned__levels": TWO, "planned__volume_ml_per_level": 2},
        {"planned__levels": None, "planned__volume_ml_per_level": 2},
    ),
    (
        "W09",
        "tumour",
        {"planned__levels": TWO, "planned__volume_ml_per_level": 3.6},
        {"planned__levels": TWO, "planned__volume_ml_per_level": 3.5},
        {"planned__levels": TWO, "planned__volume_ml_per_level": None},
    ),
    # CIRSE 2017, not read
    ("C01", "osteoporotic", {"painful": False}, {}, {"painful": None}),
    ("C02", "trauma", {"pain_relieved_by_medical_treatment": True}, {}, {"pain_relieved_by_medical_treatment": None}),
    ("C03", "trauma", {"fracture_stable": False}, {}, {"fracture_stable": None}),
    ("C04", "tumour", {"infection": Infection.SYSTEMIC}, {"infection": Infection.LOCAL}, {"infection": None}),
    ("C04", "osteoporotic", {"osteomyelitis": True}, {}, {"osteomyelitis": None}),
    (
        "C05",
        "osteoporotic",
        {"coagulation__status": CoagulationStatus.REFRACTORY},
        {},
        {"coagulation__status": None},
    ),
    ("C06", "osteoporotic", ALLERGIC, {"allergies": frozenset({Allergen.TANTALUM})}, {"allergies": None}),
    ("C07", "osteoporotic", {"radicular_pain": RadicularPain.FROM_COLLAPSE}, {}, {"radicular_pain": None}),
    ("C08", "tumour", {"epidural_tumour": True, "bilsky": None}, {}, {"epidural_tumour": None, "bilsky": None}),
    ("C09", "osteoporotic", {"height_loss_percent": 71}, {"height_loss_percent": 70}, {"height_loss_percent": None}),
    (
        "C10",
        "osteoporotic",
        {"retropulsed_fragment": True},
        {"retropulsed_fragment": True, "neurological_deficit": NeurologicalDeficit.STABLE},
        {"retropulsed_fragment": None},
    ),
    ("C11", "osteoporotic", {"planned__surgical_backup": False}, {}, {"planned__surgical_backup": None}),
    ("C12", "trauma", NO_OSTEOPOROSIS, {**NO_OSTEOPOROSIS, "ao_type": AoType.A3}, {**NO_OSTEOPOROSIS, "ao_type": None}),
    # NICE TA279
    ("N01", "osteoporotic", {"pain_severe": False}, {}, {"pain_severe": None}),
    (
        "N01",
        "osteoporotic",
        {"pain_relieved_by_medical_treatment": True},
        {"pain_nrs": 1},  # the text names no score
        {"pain_relieved_by_medical_treatment": None},
    ),
    ("N02", "osteoporotic", {"marrow_oedema": False}, {"fracture_age_days": 400}, {"marrow_oedema": None}),
    ("N03", "osteoporotic", {"pain_concordant_with_level": False}, {}, {"pain_concordant_with_level": None}),
    # SIR 2019
    ("B01", "osteoporotic", {"coagulation__inr": 1.8}, {"coagulation__inr": 1.5}, {"coagulation__inr": None}),
    ("B01", "osteoporotic", {"coagulation__inr": 1.51}, {"coagulation__inr": 1.81}, {"coagulation__inr": None}),
    ("B02", "osteoporotic", {"coagulation__inr": 1.81}, {"coagulation__inr": 1.8}, {"coagulation__inr": None}),
    (
        "B02",
        "osteoporotic",
        {"coagulation__platelets_10e9_per_l": 49},
        {"coagulation__platelets_10e9_per_l": 50},
        {"coagulation__platelets_10e9_per_l": None},
    ),
    ("B03", "osteoporotic", {"chronic_liver_disease": True}, {}, {"chronic_liver_disease": None}),
    # Payers
    (
        "P01",
        "osteoporotic",
        {"conservative_treatment_weeks": 5.9},
        {"conservative_treatment_weeks": 6},
        {"conservative_treatment_weeks": None},
    ),
    ("P01", "osteoporotic", {}, {"hospitalised_for_pain": True}, {"hospitalised_for_pain": None}),
    ("P01", "osteoporotic", {}, {"able_to_walk": False}, {"able_to_walk": None}),
    ("P01", "tumour", {}, {"lytic_holes": True, "sins__lesion": SinsLesion.LYTIC}, NO_READING_OF_BONE),
    ("P02", "osteoporotic", {"fracture_age_days": 122}, {"fracture_age_days": 121}, {"fracture_age_days": None}),
    ("P02", "osteoporotic", {"pain_nrs": 5}, {"pain_nrs": 6}, {"pain_nrs": None}),
    # Every part of a condition and every scope, left out or turned round, must be noticed
    (
        "I01",
        "osteoporotic",
        {},
        {"pain_relieved_by_medical_treatment": True},
        {"pain_relieved_by_medical_treatment": None},
    ),
    ("I01", "osteoporotic", {}, {"painful": False}, {"painful": None}),
    ("I01", "osteoporotic", {}, TRAUMATIC, CAUSE_OPEN),
    ("I03", "tumour", HAEMANGIOMA, {**HAEMANGIOMA, "painful": False}, {**HAEMANGIOMA, "painful": None}),
    ("I04", "tumour", BOTH, {**BOTH, **HAEMANGIOMA}, {**BOTH, **CAUSE_OPEN}),
    ("E01", "tumour", COMPRESSED, {**COMPRESSED, **TRAUMATIC}, {**COMPRESSED, **CAUSE_OPEN}),
    ("A01", "tumour", {"painful": False}, {"painful": False, **BOTH}, {"painful": False, "intent": None}),
    ("A02", "tumour", RELIEVED, {**RELIEVED, **BOTH}, {**RELIEVED, "intent": None}),
    ("A07", "trauma", NO_OSTEOPOROSIS, {**NO_OSTEOPOROSIS, **METASTASIS}, {**NO_OSTEOPOROSIS, **CAUSE_OPEN}),
    (
        "A08",
        "osteoporotic",
        PREVENTION,
        {**PREVENTION, "intent": Intent.ANALGESIA},
        {**PREVENTION, "intent": None},
    ),
    ("A08", "osteoporotic", PREVENTION, {**PREVENTION, **METASTASIS}, {**PREVENTION, **CAUSE_OPEN}),
    (
        "R02",
        "trauma",
        {"canal_compromise_percent": 30, "retropulsed_fragment": True},
        {"canal_compromise_percent": 30, "retropulsed_fragment": False},
        {"canal_compromise_percent": 30, "retropulsed_fragment": None},
    ),
    ("R04", "trauma", OLD, {**OLD, "fracture_stable": False}, {**OLD, "fracture_stable": None}),
    ("R04", "trauma", OLD, {**OLD, "painful": True}, {**OLD, "painful": None}),
    ("R04", "trauma", OLD, {**OLD, **METASTASIS}, {**OLD, **CAUSE_OPEN}),
    ("W02", "osteoporotic", None, {**AGE_OPEN, **TRAUMATIC}, {**AGE_OPEN, **CAUSE_OPEN}),
    ("W04", "tumour", {"near_foramen": True}, {"near_foramen": True, "at": "T5"}, {"near_foramen": None}),
    ("W08", "tumour", AT_CORD, {**AT_CORD, **TRAUMATIC}, {**AT_CORD, **CAUSE_OPEN}),
    ("C01", "trauma", {"painful": False}, {"painful": False, **METASTASIS}, {"painful": False, **CAUSE_OPEN}),
    ("C02", "trauma", RELIEVED, {**RELIEVED, **METASTASIS}, {**RELIEVED, **CAUSE_OPEN}),
    (
        "C03",
        "trauma",
        {"fracture_stable": False},
        {"fracture_stable": False, **METASTASIS},
        {"fracture_stable": False, **CAUSE_OPEN},
    ),
    (
        "C08",
        "tumour",
        {"epidural_tumour": True, "bilsky": None},
        {"epidural_tumour": True, "bilsky": None, **TRAUMATIC},
        {"epidural_tumour": True, "bilsky": None, **CAUSE_OPEN},
    ),
    (
        "C10",
        "osteoporotic",
        {"retropulsed_fragment": True},
        {"retropulsed_fragment": False},
        {"retropulsed_fragment": True, "neurological_deficit": None},
    ),
    ("C12", "trauma", NO_OSTEOPOROSIS, {}, {"osteoporosis": None}),
    (
        "C12",
        "trauma",
        NO_OSTEOPOROSIS,
        {**NO_OSTEOPOROSIS, "fracture_stable": False},
        {**NO_OSTEOPOROSIS, "fracture_stable": None},
    ),
    ("N01", "osteoporotic", {"painful": False}, {}, {"painful": None}),
    ("N01", "osteoporotic", RELIEVED, {**RELIEVED, **TRAUMATIC}, {**RELIEVED, **CAUSE_OPEN}),
    ("N02", "osteoporotic", HEALED, {**HEALED, **TRAUMATIC}, {**HEALED, **CAUSE_OPEN}),
    ("N03", "osteoporotic", ELSEWHERE, {**ELSEWHERE, **TRAUMATIC}, {**ELSEWHERE, **CAUSE_OPEN}),
    (
        "P01",
        "osteoporotic",
        {**EIGHT_WEEKS, **RELIEVED},
        EIGHT_WEEKS,
        {**EIGHT_WEEKS, "pain_relieved_by_medical_treatment": None},
    ),
    ("P01", "osteoporotic", LYTIC, {**LYTIC, **METASTASIS}, {**LYTIC, **CAUSE_OPEN}),
    ("P01", "osteoporotic", {}, HAEMANGIOMA, CAUSE_OPEN),
    ("P02", "osteoporotic", {"pain_nrs": 5}, {"pain_nrs": 5, **METASTASIS}, {"pain_nrs": 5, **CAUSE_OPEN}),
]

GOLDEN: tuple[Case, ...] = tuple(Case(*line) for line in TABLE)
