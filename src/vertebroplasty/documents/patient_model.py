"""The patient file typed: every key may be null or absent, which means unknown; no other key is accepted."""

from datetime import date
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from vertebroplasty.anatomy.levels import LEVELS
from vertebroplasty.selection import coded_values as coded
from vertebroplasty.selection.patient import Agent, Coagulation, LevelFindings, Patient, Planned, SinsItems

__all__ = ["LevelEntry", "PatientDocument", "template", "to_patient"]

SCHEMA = "vertebroplasty.patient/1"
TEMPLATE_LEVEL = "L3"  # the level under which the template shows what can be said of a level
OLDEST_YEARS = 130.0  # [choice] beyond any human age
HIGHEST_INR_READ = 20.0  # [choice] beyond what laboratories report
HIGHEST_PLATELETS_10E9_PER_L = 5000.0  # [choice] a count per µl, a thousand times larger, is refused
LONGEST_DOSE_GAP_H = 8760.0  # [choice] one year
OLDEST_FRACTURE_DAYS = 47500.0  # [choice] a long life
LARGEST_VOLUME_ML = 30.0  # [choice] more than a body holds
HIGHEST_NRS = 10.0  # [exact] numeric rating scale, 0 to 10
WHOLE_PERCENT = 100.0  # [exact] the whole canal
HIGHEST_OF_GRADE = 5  # [OF-card] grades 1 to 5
LONGEST_TEXT = 2000  # [choice] characters of a statement


def _known_level(name: str) -> str:
    if name not in LEVELS:
        raise PydanticCustomError("unknown_level", "not a level", {"given": name})
    return name


def _iso_day(written: Any) -> date:
    try:
        day = date.fromisoformat(written)
    except (TypeError, ValueError):
        day = None
    if day is None or day.isoformat() != written:
        raise PydanticCustomError("not_a_day", "a day is written like 2026-11-20")
    return day


Day = Annotated[date, BeforeValidator(_iso_day)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TEXT)]
LevelName = Annotated[str, AfterValidator(_known_level)]


class Given(BaseModel):
    """A piece of the patient file: strict types, no NaN, no unknown key."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def given(description: str, **limits: Any) -> Any:
    """A key that may be null, with its one-sentence description and its limits."""
    return Field(default=None, description=description, **limits)


class PersonEntry(Given):
    """Who: never a name."""

    pseudonym: Text | None = given("Pseudonym; never a name or a hospital number.")
    sex: coded.Sex | None = given("Sex as recorded.")
    age_years: float | None = given("Age in years.", ge=0, le=OLDEST_YEARS)


class AgentEntry(Given):
    """One anticoagulant or antiplatelet agent."""

    name: Text | None = given("Name of the agent.")
    agent_class: coded.AgentClass | None = given("Class of the agent.", alias="class")
    last_dose_h: float | None = given("Hours since the last dose.", ge=0, le=LONGEST_DOSE_GAP_H)


class CoagulationEntry(Given):
    """Coagulation."""

    status: coded.CoagulationStatus | None = given("The team's judgement; correctable means not yet corrected.")
    inr: float | None = given("INR.", gt=0, le=HIGHEST_INR_READ)
    platelets_10e9_per_l: float | None = given("Platelets in 10⁹/l.", ge=0, le=HIGHEST_PLATELETS_10E9_PER_L)
    agents: list[AgentEntry] | None = given("Anticoagulant and antiplatelet agents; an empty list means none.")
    statement: Text | None = given("What was corrected, stopped or bridged, in words.")


class PlannedEntry(Given):
    """What is planned."""

    levels: list[LevelName] | None = given("Levels to be treated.")
    product: Text | None = given("Cement product; `info cements` lists them.")
    anaesthesia: coded.Anaesthesia | None = given("Planned anaesthesia.")
    volume_ml_per_level: float | None = given("Planned cement per level in ml.", gt=0, le=LARGEST_VOLUME_ML)
    phlebogram: bool | None = given("Whether a phlebogram with iodinated contrast is planned.")
    surgical_backup: bool | None = given("Whether a spine surgeon is at hand.")


class SinsEntry(Given):
    """What a reader gives for the spinal instability neoplastic score."""

    pain: coded.SinsPain | None = given("Mechanical, occasional or no pain.")
    lesion: coded.SinsLesion | None = given("Kind of bone lesion.")
    alignment: coded.SinsAlignment | None = given("Alignment.")
    collapse: coded.SinsCollapse | None = given("Collapse of the body.")
    posterolateral: coded.SinsPosterolateral | None = given("Posterolateral elements involved.")


class LevelEntry(Given):
    """What examination and reading say on one level."""

    aetiology: coded.Aetiology | None = given("Why the vertebra hurts or fails.")
    intent: coded.Intent | None = given("What the cement is for.")
    painful: bool | None = given("Whether the level hurts.")
    pain_nrs: float | None = given("Pain on the numeric rating scale, 0 to 10.", ge=0, le=HIGHEST_NRS)
    pain_relieved_by_medical_treatment: bool | None = given("Whether the usual medical treatment relieves the pain.")
    pain_concordant_with_level: bool | None = given("Whether the pain on examination is at the imaged level.")
    radicular_pain: coded.RadicularPain | None = given("Radicular pain and where it comes from.")
    neurological_deficit: coded.NeurologicalDeficit | None = given("Neurological deficit from this level.")
    fracture_age_days: float | None = given("Days since the fracture.", ge=0, le=OLDEST_FRACTURE_DAYS)
    marrow_oedema: bool | None = given("Whether imaging shows marrow oedema.")
    fracture_stable: bool | None = given("Whether the fracture is stable.")
    fracture_acute: bool | None = given("Whether there is evidence of an acute fracture.")
    imaging_before: list[coded.Imaging] | None = given("MRI and CT done before; an empty list means neither.")
    posterior_wall: coded.WallReading | None = given("Posterior wall as read on MRI or CT.")
    retropulsed_fragment: bool | None = given("Whether a fragment is pushed back into the canal.")
    canal_compromise_percent: float | None = given(
        "A reader's loss of the canal's sagittal diameter in percent.", ge=0, le=WHOLE_PERCENT
    )
    epidural_tumour: bool | None = given("Whether tumour reaches the epidural space.")
    bilsky: coded.Bilsky | None = given("Bilsky grade of epidural cord compression.")
    osteomyelitis: bool | None = given("Whether the vertebra or its disc is infected.")
    hypervascular: bool | None = given("Whether the lesion is hypervascular.")
    phlebogram_ap_and_lateral: bool | None = given("Whether a phlebogram in both views was done.")
    surgical_opinion: bool | Text | None = given("Whether a surgical opinion was obtained, or its text.")
    of_grade: int | None = given("OF grade, 1 to 5.", ge=1, le=HIGHEST_OF_GRADE)
    ao_type: coded.AoType | None = given("AO Spine type.")
    sins: SinsEntry | None = given("Items of the spinal instability neoplastic score.")


class PatientDocument(Given):
    """What is known of one patient before the procedure."""

    schema_name: Literal["vertebroplasty.patient/1"] | None = given("Name and version of the schema.", alias="schema")
    assessed_on: Day | None = given("Day of the assessment, ISO 8601.")
    patient: PersonEntry | None = given("Who, without a name.")
    infection: coded.Infection | None = given("Active infection.")
    allergies: list[coded.Allergen] | None = given("Known allergies; an empty list means none.")
    coagulation: CoagulationEntry | None = given("Coagulation.")
    osteoporosis: bool | None = given("Whether the patient has osteoporosis.")
    planned: PlannedEntry | None = given("What is planned.")
    levels: dict[LevelName, LevelEntry | None] | None = given("Findings by level.")


def template() -> dict[str, Any]:
    """A valid patient file with every key and nothing stated; one level shows what can be said of each level."""
    empty = _empty(PatientDocument)
    return {**empty, "schema": SCHEMA, "levels": {TEMPLATE_LEVEL: _empty(LevelEntry)}}


def _empty(model: type[BaseModel]) -> dict[str, Any]:
    """Every key of a model with null, models inside it spelled out."""
    found: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        inner = [part for part in get_args(field.annotation) if isinstance(part, type) and issubclass(part, Given)]
        found[field.alias or name] = _empty(inner[0]) if inner else None
    return found


def to_patient(document: PatientDocument) -> Patient:
    """What the rules work on."""
    person = document.patient or PersonEntry()
    return Patient(
        assessed_on=document.assessed_on,
        pseudonym=person.pseudonym,
        sex=person.sex,
        age_years=person.age_years,
        infection=document.infection,
        allergies=None if document.allergies is None else frozenset(document.allergies),
        coagulation=_coagulation(document.coagulation or CoagulationEntry()),
        osteoporosis=document.osteoporosis,
        planned=_planned(document.planned or PlannedEntry()),
        levels={name: _findings(entry or LevelEntry()) for name, entry in (document.levels or {}).items()},
    )


def _coagulation(entry: CoagulationEntry) -> Coagulation:
    values = dict(entry)
    if entry.agents is not None:
        values["agents"] = tuple(Agent(**dict(agent)) for agent in entry.agents)
    return Coagulation(**values)


def _planned(entry: PlannedEntry) -> Planned:
    values = dict(entry)
    if entry.levels is not None:
        values["levels"] = tuple(entry.levels)
    return Planned(**values)


def _findings(entry: LevelEntry) -> LevelFindings:
    values = dict(entry)
    values["sins"] = SinsItems(**dict(entry.sins or SinsEntry()))
    if entry.imaging_before is not None:
        values["imaging_before"] = tuple(dict.fromkeys(entry.imaging_before))
    return LevelFindings(**values)
