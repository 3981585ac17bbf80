"""What is known of the patient and of each level before the procedure; `None` always means unknown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from vertebroplasty.selection.coded_values import (
    Aetiology,
    AgentClass,
    Allergen,
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
    Sex,
    SinsAlignment,
    SinsCollapse,
    SinsLesion,
    SinsPain,
    SinsPosterolateral,
    WallReading,
)

__all__ = ["Agent", "Coagulation", "LevelFindings", "Patient", "Planned", "SinsItems"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """One anticoagulant or antiplatelet agent; `last_dose_h` counts the hours since its last dose."""

    name: str | None = None
    agent_class: AgentClass | None = None
    last_dose_h: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Coagulation:
    """Coagulation: the team's judgement, the laboratory, the agents and how they were dealt with.

    `agents` empty means none is taken; `statement` says in words what was corrected, stopped or bridged.
    """

    status: CoagulationStatus | None = None
    inr: float | None = None
    platelets_10e9_per_l: float | None = None
    agents: tuple[Agent, ...] | None = None
    statement: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What is planned: levels, cement product, anaesthesia, volume, phlebogram, surgical back-up."""

    levels: tuple[str, ...] | None = None
    product: str | None = None
    anaesthesia: Anaesthesia | None = None
    volume_ml_per_level: float | None = None
    phlebogram: bool | None = None
    surgical_backup: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SinsItems:
    """The items of the spinal instability neoplastic score that a reader gives; the location is the level."""

    pain: SinsPain | None = None
    lesion: SinsLesion | None = None
    alignment: SinsAlignment | None = None
    collapse: SinsCollapse | None = None
    posterolateral: SinsPosterolateral | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelFindings:
    """What examination and reading say on one level.

    `canal_compromise_percent` is a reader's value, 0–100; `fracture_age_days` counts back from the assessment.
    `surgical_opinion` is True or its text where one was obtained.  `height_loss_percent`, `cleft` and `lytic_holes` are
    a reader's, to be set beside what the CT measures.  `pain_severe` is a clinician's judgement: no threshold is
    published.  `near_foramen`: the lesion or a fracture line comes close to a neural foramen.
    """

    aetiology: Aetiology | None = None
    intent: Intent | None = None
    painful: bool | None = None
    pain_nrs: float | None = None
    pain_severe: bool | None = None
    pain_relieved_by_medical_treatment: bool | None = None
    pain_concordant_with_level: bool | None = None
    first_line_treatment: tuple[FirstLine, ...] | None = None
    conservative_treatment_weeks: float | None = None
    radicular_pain: RadicularPain | None = None
    neurological_deficit: NeurologicalDeficit | None = None
    fracture_age_days: float | None = None
    marrow_oedema: bool | None = None
    fracture_stable: bool | None = None
    fracture_acute: bool | None = None
    imaging_before: tuple[Imaging, ...] | None = None
    posterior_wall: WallReading | None = None
    retropulsed_fragment: bool | None = None
    canal_compromise_percent: float | None = None
    height_loss_percent: float | None = None
    cleft: bool | None = None
    lytic_holes: bool | None = None
    near_foramen: bool | None = None
    epidural_tumour: bool | None = None
    bilsky: Bilsky | None = None
    osteomyelitis: bool | None = None
    hypervascular: bool | None = None
    phlebogram_ap_and_lateral: bool | None = None
    surgical_opinion: bool | str | None = None
    of_grade: int | None = None
    ao_type: AoType | None = None
    sins: SinsItems = SinsItems()


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """One patient before the procedure: the pseudonym is the only name there is.

    `osteoporosis_treatment` is true where it is given or arranged.
    """

    assessed_on: date | None = None
    pseudonym: str | None = None
    sex: Sex | None = None
    age_years: float | None = None
    infection: Infection | None = None
    allergies: frozenset[Allergen] | None = None
    coagulation: Coagulation = Coagulation()
    osteoporosis: bool | None = None
    osteoporosis_treatment: bool | None = None
    chronic_liver_disease: bool | None = None
    hospitalised_for_pain: bool | None = None
    able_to_walk: bool | None = None
    planned: Planned = Planned()
    levels: Mapping[str, LevelFindings] = field(default_factory=dict)
