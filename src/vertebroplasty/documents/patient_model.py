"""The patient file typed: every key may be null or absent, which means unknown; no other key is accepted."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from vertebroplasty.anatomy.levels import LEVELS
from vertebroplasty.selection import coded_values as coded
from vertebroplasty.selection.patient import Agent, Coagulation, LevelFindings, Patient, Planned, SinsItems

__all__ = [
    "FIRST_YEAR",
    "LONGEST_TEXT",
    "OLDEST_YEARS",
    "SCHEMA",
    "AgentEntry",
    "Given",
    "LevelEntry",
    "PatientDocument",
    "template",
    "to_patient",
]

SCHEMA = "vertebroplasty.patient/1"
TEMPLATE_LEVEL = "L3"  # the level under which the template shows what can be said of a level
FIRST_YEAR = 1984  # [choice] no percutaneous vertebroplasty was done before
OLDEST_YEARS = 120.0  # [choice] nobody treated is older
HIGHEST_INR_READ = 20.0  # [choice] beyond what laboratories report
HIGHEST_PLATELETS_10E9_PER_L = 5000.0  # [choice] a count per µl, a thousand times larger, is refused
LONGEST_DOSE_GAP_H = 8760.0  # [choice] one year
OLDEST_FRACTURE_DAYS = 43830.0  # [choice] the longest life, in days
LONGEST_TREATMENT_WEEKS = 6261.0  # [choice] the longest life, in weeks
LARGEST_VOLUME_ML = 30.0  # [choice] more than a body holds
HIGHEST_NRS = 10.0  # [exact] numeric rating scale, 0 to 10
WHOLE_PERCENT = 100.0  # [exact] the whole canal, the whole height
HIGHEST_OF_GRADE = 5  # [OF-card] grades 1 to 5
QUOTED_ANSWERS = ("yes", "no", "true", "false", "none", "null", "unknown", "pending")
LONGEST_TEXT = 2000  # [choice] characters of a statement


def _known_level(name: str) -> str:
    if name not in LEVELS:
        raise PydanticCustomError("unknown_level", "not a level")
    return name


def _iso_day(written: Any, info: ValidationInfo) -> date:
    """A day no later than the context's `today`, where a context is given."""
    try:
        day = date.fromisoformat(written)
    except (TypeError, ValueError):
        day = None
    if day is None or day.isoformat() != written:
        raise PydanticCustomError("not_a_day", "a day is written like 2026-11-20")
    if day.year < FIRST_YEAR:
        raise PydanticCustomError("too_early", "no vertebroplasty was done before")
    today = (info.context or {}).get("today")
    if today is not None and day > today:
        raise PydanticCustomError("in_future", "after today", {"today": today})
    return day


def _yes_no_or_text(written: Any, as_one_of_them: Callable[[Any], Any]) -> Any:
    """One problem instead of one for each type it is not; a quoted yes or no is no opinion's text."""
    if isinstance(written, str) and written.strip().lower() in QUOTED_ANSWERS:
        raise PydanticCustomError("quoted_answer", "true, false or a text")
    try:
        return as_one_of_them(written)
    except ValidationError:
        kind = "neither_yes_no_nor_text"
        if isinstance(written, str):
            kind = "string_too_long" if written.strip() else "string_too_short"
        raise PydanticCustomError(kind, "true, false or a text") from None


Day = Annotated[date, BeforeValidator(_iso_day)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TEXT)]
LevelName = Annotated[str, AfterValidator(_known_level)]
Opinion = Annotated[bool | Text, WrapValidator(_yes_no_or_text)]


class Given(BaseModel):
    """A piece of the patient file: strict types, no NaN, no unknown key."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def given(description: str, **limits: Any) -> Any:
    """A key that may be null, with its one-sentence description and its limits."""
    return Field(default=None, description=description, **limits)


class PersonEntry(Given):
    """Who: never a name."""

    pseudonym: Text | None = given("Pseudonym under which the patient is kept; never a name or a hospital number.")
    sex: coded.Sex | None = given("Sex as recorded.")
    age_years: float | None = given("Age in years at the assessment.", ge=0, le=OLDEST_YEARS)


class AgentEntry(Given):
    """One anticoagulant or antiplatelet agent."""

    name: Text | None = given("Name of the agent.")
    agent_class: coded.AgentClass | None = given(
        "Class of the agent: vitamin K antagonist (vka), direct oral anticoagulant (doac), antiplatelet, heparin or "
        "other.",
        alias="class",
    )
    last_dose_h: float | None = given("Hours from the last dose to the assessment.", ge=0, le=LONGEST_DOSE_GAP_H)


class CoagulationEntry(Given):
    """Coagulation: the team's judgement, the laboratory, and the agents taken."""

    status: coded.CoagulationStatus | None = given(
        "The team's judgement: normal; correctable, which means not yet corrected; corrected; or refractory to therapy."
    )
    inr: float | None = given("INR, the international normalised ratio.", gt=0, le=HIGHEST_INR_READ)
    platelets_10e9_per_l: float | None = given(
        "Platelets in 10⁹ per litre; a count per µl is divided by 1000.", ge=0, le=HIGHEST_PLATELETS_10E9_PER_L
    )
    agents: list[AgentEntry] | None = given(
        "Anticoagulant and antiplatelet agents, each with name, class and last_dose_h; an empty list means none."
    )
    statement: Text | None = given("What was corrected, stopped or bridged, in words.")


class PlannedEntry(Given):
    """What is planned."""

    levels: list[LevelName] | None = given("Levels to be treated, each named once, such as L3.")
    product: Text | None = given("Cement product; `info cements` lists them.")
    anaesthesia: coded.Anaesthesia | None = given("Planned anaesthesia, local or general.")
    volume_ml_per_level: float | None = given("Planned cement per level in ml.", gt=0, le=LARGEST_VOLUME_ML)
    phlebogram: bool | None = given("Whether a phlebogram with iodinated contrast is planned.")
    surgical_backup: bool | None = given("Whether a spine surgeon is at hand during the procedure.")


class SinsEntry(Given):
    """What a reader gives for the spinal instability neoplastic score; the location is the level itself."""

    pain: coded.SinsPain | None = given("Mechanical pain, occasional pain that is not mechanical, or none.")
    lesion: coded.SinsLesion | None = given("Whether the bone lesion is lytic, mixed or blastic.")
    alignment: coded.SinsAlignment | None = given(
        "Whether the spine is subluxed or translated, newly deformed (kyphosis or scoliosis), or aligned normally."
    )
    collapse: coded.SinsCollapse | None = given(
        "Collapse of the body by over or under 50 %; none-body-over-50 means no collapse, but over 50 % of the body "
        "involved."
    )
    posterolateral: coded.SinsPosterolateral | None = given(
        "Whether the lesion involves facet, pedicle or costovertebral joint on both sides, one side or neither."
    )


class LevelEntry(Given):
    """What examination and reading say on one level."""

    aetiology: coded.Aetiology | None = given("Why the vertebra hurts or fails.")
    intent: coded.Intent | None = given("What the cement is for: pain relief, stabilisation, both, or prevention.")
    painful: bool | None = given("Whether the level hurts.")
    pain_nrs: float | None = given(
        "Pain on the numeric rating scale, 0 none to 10 worst imaginable.", ge=0, le=HIGHEST_NRS
    )
    pain_severe: bool | None = given("Whether the clinician judges the pain severe; no threshold decides it.")
    pain_relieved_by_medical_treatment: bool | None = given("Whether the usual medical treatment relieves the pain.")
    pain_concordant_with_level: bool | None = given("Whether the pain on examination is at the imaged level.")
    first_line_treatment: list[coded.FirstLine] | None = given(
        "First-line treatment that was tried: analgesics, rest, brace; an empty list means none."
    )
    conservative_treatment_weeks: float | None = given(
        "Weeks of conservative treatment up to the assessment.", ge=0, le=LONGEST_TREATMENT_WEEKS
    )
    radicular_pain: coded.RadicularPain | None = given(
        "Radicular pain: none, from the collapse, or from a compression unrelated to it."
    )
    neurological_deficit: coded.NeurologicalDeficit | None = given(
        "Neurological deficit from this level; cord-compression includes the suspicion of it."
    )
    fracture_age_days: float | None = given("Days from the fracture to the assessment.", ge=0, le=OLDEST_FRACTURE_DAYS)
    marrow_oedema: bool | None = given("Whether imaging shows marrow oedema.")
    fracture_stable: bool | None = given("Whether the fracture is judged stable.")
    fracture_acute: bool | None = given("Whether there is evidence of an acute fracture.")
    imaging_before: list[coded.Imaging] | None = given("MRI and CT done before; an empty list means neither.")
    posterior_wall: coded.WallReading | None = given("Posterior wall of the body as read on MRI or CT.")
    retropulsed_fragment: bool | None = given("Whether a fragment is pushed back into the canal.")
    canal_compromise_percent: float | None = given(
        "A reader's loss of the canal's sagittal diameter in percent.", ge=0, le=WHOLE_PERCENT
    )
    height_loss_percent: float | None = given(
        "A reader's loss of the body's height in percent, where it is lowest.", ge=0, le=WHOLE_PERCENT
    )
    cleft: bool | None = given("Whether a reader sees a cleft with gas or fluid in the body.")
    lytic_holes: bool | None = given("Whether a reader sees lytic holes in the cortex of the body.")
    near_foramen: bool | None = given("Whether the lesion or a fracture line comes close to a neural foramen.")
    epidural_tumour: bool | None = given("Whether tumour reaches the epidural space.")
    bilsky: coded.Bilsky | None = given("Bilsky grade of epidural cord compression, 0 to 3, in quotes.")
    osteomyelitis: bool | None = given("Whether the vertebra or its disc is infected.")
    hypervascular: bool | None = given("Whether the lesion is hypervascular.")
    phlebogram_ap_and_lateral: bool | None = given("Whether a phlebogram in both views was done.")
    surgical_opinion: Opinion | None = given("Whether a spine surgeon's opinion was obtained, or its text.")
    of_grade: int | None = given("Grade of the OF classification, 1 to 5.", ge=1, le=HIGHEST_OF_GRADE)
    ao_type: coded.AoType | None = given("AO Spine thoracolumbar type, A0 to A4, B or C.")
    sins: SinsEntry | None = given("Items of the spinal instability neoplastic score that a reader gives.")


class PatientDocument(Given):
    """What is known of one patient before the procedure; null or absent means not known."""

    schema_name: Literal["vertebroplasty.patient/1"] | None = given("Name and version of the schema.", alias="schema")
    assessed_on: Day | None = given("Day of the assessment, written like 2026-11-20; not in the future.")
    patient: PersonEntry | None = given("Who the patient is, without a name.")
    infection: coded.Infection | None = given("Active infection: none, local to the region, or systemic.")
    allergies: list[coded.Allergen] | None = given("Known allergies; an empty list means none.")
    coagulation: CoagulationEntry | None = given("Coagulation and the agents that change it.")
    osteoporosis: bool | None = given("Whether the patient has osteoporosis.")
    osteoporosis_treatment: bool | None = given("Whether treatment of the osteoporosis itself is given or arranged.")
    chronic_liver_disease: bool | None = given("Whether the patient has chronic liver disease.")
    hospitalised_for_pain: bool | None = given("Whether the patient is in hospital because of this pain.")
    able_to_walk: bool | None = given("Whether the patient is able to walk.")
    planned: PlannedEntry | None = given("What is planned.")
    levels: dict[LevelName, LevelEntry | None] | None = given("Findings by level, under its name such as L3.")


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
        osteoporosis_treatment=document.osteoporosis_treatment,
        chronic_liver_disease=document.chronic_liver_disease,
        hospitalised_for_pain=document.hospitalised_for_pain,
        able_to_walk=document.able_to_walk,
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
    for key in ("imaging_before", "first_line_treatment"):
        if values[key] is not None:
            values[key] = tuple(dict.fromkeys(values[key]))
    return LevelFindings(**values)
