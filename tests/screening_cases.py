"""Patients of whom everything is known, from which each test changes one thing."""

from dataclasses import replace

from vertebroplasty.selection.coded_values import (
    Aetiology,
    Anaesthesia,
    AoType,
    Bilsky,
    CoagulationStatus,
    Imaging,
    Infection,
    Intent,
    NeurologicalDeficit,
    RadicularPain,
    WallReading,
)
from vertebroplasty.selection.measured import MeasuredFindings
from vertebroplasty.selection.patient import Coagulation, LevelFindings, Patient, Planned
from vertebroplasty.selection.verdict import screen

LEVEL = "L3"
PRODUCT = "pmma-medium"
COMPONENTS = frozenset({"pmma", "barium-sulfate"})

OSTEOPOROTIC = LevelFindings(
    aetiology=Aetiology.OSTEOPOROTIC_FRACTURE,
    intent=Intent.ANALGESIA,
    painful=True,
    pain_nrs=8,
    pain_relieved_by_medical_treatment=False,
    pain_concordant_with_level=True,
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
    epidural_tumour=False,
    bilsky=Bilsky.GRADE_0,
    osteomyelitis=False,
    hypervascular=False,
    phlebogram_ap_and_lateral=False,
    of_grade=1,
    ao_type=AoType.A1,
)
TUMOUR = replace(OSTEOPOROTIC, aetiology=Aetiology.METASTASIS)
TRAUMA = replace(OSTEOPOROTIC, aetiology=Aetiology.TRAUMATIC_FRACTURE)
FINDINGS = {"osteoporotic": OSTEOPOROTIC, "tumour": TUMOUR, "trauma": TRAUMA}

KNOWN = Patient(
    infection=Infection.NONE,
    allergies=frozenset(),
    coagulation=Coagulation(status=CoagulationStatus.NORMAL, inr=1.1, platelets_10e9_per_l=210, agents=()),
    osteoporosis=True,
    planned=Planned(
        levels=(LEVEL,), product=PRODUCT, anaesthesia=Anaesthesia.LOCAL, volume_ml_per_level=3, phlebogram=False
    ),
    levels={LEVEL: OSTEOPOROTIC},
)


def patient(base="osteoporotic", **changes):
    """A known patient with changes: keys of a level, of the patient, `coagulation__…` or `planned__…`."""
    known = replace(KNOWN, levels={LEVEL: FINDINGS[base]})
    for key, value in changes.items():
        room, _, inner = key.partition("__")
        if inner:
            known = replace(known, **{room: replace(getattr(known, room), **{inner: value})})
        elif hasattr(known, key):
            known = replace(known, **{key: value})
        else:
            known = replace(known, levels={LEVEL: replace(known.levels[LEVEL], **{key: value})})
    return known


def screened(who, measured=None, *, overrides=(), product=PRODUCT, components=COMPONENTS, levels=(LEVEL,)):
    shown = {} if measured is None else {LEVEL: MeasuredFindings(**measured)}
    return screen(who, shown, levels=levels, product=product, required_components=components, overrides=overrides)


def answers(screening):
    return {rule.id: rule.answer.value for rule in screening.levels[0].rules}
