"""Patients of whom everything is known, from which each test changes one thing."""

from dataclasses import replace

from vertebroplasty.selection.coded_values import (
    Aetiology,
    Anaesthesia,
    AoType,
    Bilsky,
    CoagulationStatus,
    FirstLine,
    Imaging,
    Infection,
    Intent,
    NeurologicalDeficit,
    RadicularPain,
    SinsAlignment,
    SinsCollapse,
    SinsLesion,
    SinsPain,
    SinsPosterolateral,
    WallReading,
)
from vertebroplasty.selection.measured import MeasuredFindings
from vertebroplasty.selection.patient import Coagulation, LevelFindings, Patient, Planned, SinsItems
from vertebroplasty.selection.verdict import screen

LEVEL = "L3"
PRODUCT = "pmma-medium"
COMPONENTS = frozenset({"pmma", "barium-sulfate"})

STABLE_SINS = SinsItems(
    pain=SinsPain.OCCASIONAL,
    lesion=SinsLesion.BLASTIC,
    alignment=SinsAlignment.NORMAL,
    collapse=SinsCollapse.NONE,
    posterolateral=SinsPosterolateral.NONE,
)
OSTEOPOROTIC = LevelFindings(
    aetiology=Aetiology.OSTEOPOROTIC_FRACTURE,
    intent=Intent.ANALGESIA,
    painful=True,
    pain_nrs=8,
    pain_severe=True,
    pain_relieved_by_medical_treatment=False,
    pain_concordant_with_level=True,
    first_line_treatment=(FirstLine.ANALGESICS, FirstLine.REST),
    conservative_treatment_weeks=4,
    radicular_pain=RadicularPain.NONE,
    neurological_deficit=NeurologicalDeficit.NONE,
    fracture_age_days=30,
    marrow_oedema=True,
    fracture_stable=True,
    fracture_acute=True,
    imaging_before=(Imaging.MRI, Imaging.CT),
    posterior_wall=WallReading.INTACT,
    retropulsed_fragment=False,
    canal_compromise_percent=5,
    height_loss_percent=30,
    cleft=False,
    lytic_holes=False,
    near_foramen=False,
    epidural_tumour=False,
    bilsky=Bilsky.GRADE_0,
    osteomyelitis=False,
    hypervascular=False,
    phlebogram_ap_and_lateral=False,
    of_grade=1,
    ao_type=AoType.A1,
    sins=STABLE_SINS,
)
TUMOUR = replace(OSTEOPOROTIC, aetiology=Aetiology.METASTASIS)
TRAUMA = replace(OSTEOPOROTIC, aetiology=Aetiology.TRAUMATIC_FRACTURE)
FINDINGS = {"osteoporotic": OSTEOPOROTIC, "tumour": TUMOUR, "trauma": TRAUMA}

KNOWN = Patient(
    infection=Infection.NONE,
    allergies=frozenset(),
    coagulation=Coagulation(status=CoagulationStatus.NORMAL, inr=1.1, platelets_10e9_per_l=210, agents=()),
    osteoporosis=True,
    osteoporosis_treatment=True,
    chronic_liver_disease=False,
    hospitalised_for_pain=False,
    able_to_walk=True,
    planned=Planned(
        levels=(LEVEL,),
        product=PRODUCT,
        anaesthesia=Anaesthesia.LOCAL,
        volume_ml_per_level=3,
        phlebogram=False,
        surgical_backup=True,
    ),
    levels={LEVEL: OSTEOPOROTIC},
)


def patient(base="osteoporotic", *, at=LEVEL, **changes):
    """A known patient with changes: keys of a level, of the patient, `coagulation__…`, `planned__…` or `sins__…`."""
    known = replace(KNOWN, levels={at: FINDINGS[base]}, planned=replace(KNOWN.planned, levels=(at,)))
    for key, value in changes.items():
        room, _, inner = key.partition("__")
        if room == "sins" and inner:
            level = known.levels[at]
            known = replace(known, levels={at: replace(level, sins=replace(level.sins, **{inner: value}))})
        elif inner:
            known = replace(known, **{room: replace(getattr(known, room), **{inner: value})})
        elif hasattr(known, key):
            known = replace(known, **{key: value})
        else:
            known = replace(known, levels={at: replace(known.levels[at], **{key: value})})
    return known


def screened(
    who, measured=None, *, overrides=(), product=PRODUCT, components=COMPONENTS, levels=(LEVEL,), guidelines=()
):
    shown = {} if measured is None else {levels[0]: MeasuredFindings(**measured)}
    return screen(
        who,
        shown,
        levels=levels,
        product=product,
        required_components=components,
        overrides=overrides,
        guidelines=guidelines,
    )


def answers(screening):
    return {rule.id: rule.answer.value for rule in screening.levels[0].rules}


def because(screening, rule):
    return next(answer.because for answer in screening.levels[0].rules if answer.id == rule)
