"""The three records of the registry: a patient, a procedure with its levels, and a follow-up.

A procedure is one record with everything that belongs to it (levels, cement, leaks, adverse events, the clock): it is
entered, amended, signed and locked as one thing.  Every field may be null, which means unknown, except the few that say
whose record it is.  Days are ISO days; moments carry their zone.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar

from vertebroplasty.registry.fields import CLOSED, LEVEL, PERCENT, PSEUDONYM, TEXT, known, listed, required
from vertebroplasty.registry.procedure_parts import AdverseEvent, ClockEvent, Screening, TreatedLevel
from vertebroplasty.registry.vocabulary import (
    AnalgesicStep,
    FollowUpModality,
    FractureRelation,
    Guidance,
    Improvement,
    LeakModality,
    Window,
)
from vertebroplasty.selection.coded_values import Anaesthesia, Intent, Sex
from vertebroplasty.selection.scores.opiate_relief import ReliefClass

__all__ = ["OWN_SERIES", "FollowUp", "ImagedLevel", "NewFracture", "Patient", "Procedure", "Record"]

OWN_SERIES = "own"  # the department's own patients; any other name is a synthetic series

FIRST_BIRTH_YEAR = 1870  # [choice] nobody treated since 1984 was born before
LAST_BIRTH_YEAR = 2100  # [choice] a slip of the pen beyond
LONGEST_MIN = 1440  # [exact] minutes of a day
LONGEST_S = 86400  # [exact] seconds of a day
HIGHEST_DAP_GY_CM2 = 5000  # [choice] dose-area product beyond any procedure
HIGHEST_KERMA_MGY = 20000  # [choice] reference air kerma beyond any procedure
TALLEST_MM = 80  # [choice] mm: taller than any vertebral body
WIDEST_DEG = 90  # [choice] degrees of kyphosis
MOST_MME_MG = 5000  # [choice] mg of morphine equivalents a day


@dataclass(frozen=True, kw_only=True, slots=True)
class Patient:
    """A patient under a pseudonym; the key to the name is kept elsewhere or not at all."""

    __pydantic_config__ = CLOSED
    kind: ClassVar[str] = "patient"

    pseudonym: str = required("Pseudonym, never a name or a hospital number.", **PSEUDONYM)
    series: str = field(
        default=OWN_SERIES, metadata={"description": "own, or the name of a synthetic series.", **PSEUDONYM}
    )
    sex: Sex | None = known("Sex as recorded.")
    birth_year: int | None = known("Year of birth.", ge=FIRST_BIRTH_YEAR, le=LAST_BIRTH_YEAR)
    ecog: int | None = known("ECOG performance status.", ge=0, le=5)
    asa: int | None = known("ASA class.", ge=1, le=6)
    anticoagulants: tuple[str, ...] | None = known("Agents taken; an empty list means none.")
    osteoporosis_treatment: str | None = known("Treatment of osteoporosis.", **TEXT)
    t_score: float | None = known("Lowest T-score.", ge=-10, le=10)

    @property
    def record_id(self) -> str:
        """The id under which the record is kept."""
        return self.pseudonym


@dataclass(frozen=True, kw_only=True, slots=True)
class Procedure:
    """One procedure on one patient, at one or several levels."""

    __pydantic_config__ = CLOSED
    kind: ClassVar[str] = "procedure"

    procedure_id: str = required("Id of the procedure, never a hospital number.", **PSEUDONYM)
    patient: str = required("Pseudonym of the patient.", **PSEUDONYM)
    performed_on: date | None = known("Day of the procedure; only a synthetic series may lack it.")
    started_at: datetime | None = known("When the procedure began.")
    centre: str | None = known("Centre, as a pseudonym.", **PSEUDONYM)
    operator: str | None = known("First operator, as a pseudonym.", **PSEUDONYM)
    assistants: tuple[str, ...] = listed("Other operators, as pseudonyms.")
    age_years: float | None = known("Age of the patient in years.", ge=0, le=120)
    guidance: Guidance | None = known("What guided the needle.")
    anaesthesia: Anaesthesia | None = known("Anaesthesia.")
    intent: Intent | None = known("What the cement was for.")
    antibiotics: bool | None = known("Whether antibiotics were given.")
    discussed_on: date | None = known("Day of the multidisciplinary discussion.")
    consent_version: str | None = known("Version of the consent sheet.", **TEXT)
    surgical_backup: bool | None = known("Whether a spine surgeon was at hand.")
    room_temperature_c: float | None = known("Room temperature in °C.", ge=5, le=45)
    duration_min: float | None = known("Duration in minutes.", ge=0, le=LONGEST_MIN)
    fluoroscopy_time_s: float | None = known("Fluoroscopy time in seconds.", ge=0, le=LONGEST_S)
    dose_area_product_gy_cm2: float | None = known("Dose-area product in Gy·cm².", ge=0, le=HIGHEST_DAP_GY_CM2)
    air_kerma_mgy: float | None = known("Air kerma at the reference point in mGy.", ge=0, le=HIGHEST_KERMA_MGY)
    screening: Screening | None = known("What the rules said before.")
    levels: tuple[TreatedLevel, ...] = required("Levels treated, each named once.", min_length=1, max_length=12)
    events: tuple[ClockEvent, ...] = listed("Events of the clock in their order.")
    adverse_events: tuple[AdverseEvent, ...] = listed("Complications and events after.")
    adverse_events_asked: bool | None = known("Whether adverse events were asked for; null if that is not recorded.")
    remark: str | None = known("Anything to add; never a name.", **TEXT)

    @property
    def record_id(self) -> str:
        """The id under which the record is kept."""
        return self.procedure_id


@dataclass(frozen=True, kw_only=True, slots=True)
class ImagedLevel:
    """A treated level seen again on images."""

    __pydantic_config__ = CLOSED

    level: str = required("Level, as L3.", **LEVEL)
    anterior_height_mm: float | None = known("Anterior height in mm.", ge=0, le=TALLEST_MM)
    middle_height_mm: float | None = known("Middle height in mm.", ge=0, le=TALLEST_MM)
    posterior_height_mm: float | None = known("Posterior height in mm.", ge=0, le=TALLEST_MM)
    kyphosis_deg: float | None = known("Regional kyphosis in degrees.", ge=-WIDEST_DEG, le=WIDEST_DEG)
    displaced: bool | None = known("Whether the treated vertebra has moved.")
    modality: LeakModality | None = known("What it was imaged with.")


@dataclass(frozen=True, kw_only=True, slots=True)
class NewFracture:
    """A fracture that was not there before."""

    __pydantic_config__ = CLOSED

    level: str = required("Level, as L2.", **LEVEL)
    relation: FractureRelation | None = known("Index, adjacent or remote, seen from the treated levels.")
    found_on: date | None = known("Day it was found.")
    modality: LeakModality | None = known("What it was found with.")
    symptomatic: bool | None = known("Whether it hurts.")


@dataclass(frozen=True, kw_only=True, slots=True)
class FollowUp:
    """One look at a patient before (`baseline`) or after a procedure."""

    __pydantic_config__ = CLOSED
    kind: ClassVar[str] = "follow-up"

    follow_up_id: str = required("Id of the follow-up.", **PSEUDONYM)
    procedure: str = required("Id of the procedure it belongs to.", **PSEUDONYM)
    seen_on: date | None = known("Day the patient was asked; only a synthetic series may lack it.")
    window: Window | None = known("Planned window; null places it by its day.")
    modality: FollowUpModality | None = known("How the patient was asked.")
    pain_nrs: float | None = known("Pain on the numeric rating scale, 0 to 10.", ge=0, le=10)
    pain_vas_mm: float | None = known("Pain on the visual analogue scale, 0 to 100 mm.", ge=0, le=100)
    morphine_mg_per_day: float | None = known("Oral morphine equivalents in mg a day.", ge=0, le=MOST_MME_MG)
    morphine_table: str | None = known("Version of the conversion table.", **TEXT)
    analgesic_step: AnalgesicStep | None = known("Step of the analgesic ladder.")
    relief_class: ReliefClass | None = known("Class of relief, 1 to 4, by the fall of opiate doses.")
    improvement: Improvement | None = known("Global improvement as graded.")
    rmdq: float | None = known("Roland-Morris score, 0 to 24.", ge=0, le=24)
    odi_percent: float | None = known("Oswestry index in percent.", **PERCENT)
    eq5d_vas: float | None = known("EQ-VAS, 0 to 100.", ge=0, le=100)
    eq5d_profile: str | None = known("EQ-5D-5L profile, five digits 1 to 5.", pattern=r"^[1-5]{5}$")
    imaged_levels: tuple[ImagedLevel, ...] = listed("Treated levels seen again.")
    new_fractures: tuple[NewFracture, ...] = listed("New fractures found.")
    new_fractures_looked_for: bool | None = known("Whether new fractures were looked for on images.")
    adverse_events: tuple[AdverseEvent, ...] = listed("Events since the last look.")
    adverse_events_asked: bool | None = known("Whether adverse events were asked for; null if that is not recorded.")
    died_on: date | None = known("Day of death.")
    cause_of_death: str | None = known("Cause of death.", **TEXT)
    lost_because: str | None = known("Why the patient was lost to follow-up.", **TEXT)
    not_evaluated_because: str | None = known("Why relief was not evaluated.", **TEXT)
    remark: str | None = known("Anything to add; never a name.", **TEXT)

    @property
    def record_id(self) -> str:
        """The id under which the record is kept."""
        return self.follow_up_id


Record = Patient | Procedure | FollowUp
