"""What belongs to a procedure: levels with cement and leaks, the clock, adverse events, the screening before."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from vertebroplasty.anatomy.leak_sites import LeakSite
from vertebroplasty.cement.stop_reason import StopReason
from vertebroplasty.registry.fields import CLOSED, LEVEL, PERCENT, PSEUDONYM, TEXT, known, listed, required
from vertebroplasty.registry.vocabulary import (
    AdverseEventKind,
    Approach,
    Causality,
    EventName,
    Indication,
    LeakModality,
    LeakSeen,
    Oedema,
    Opacifier,
)
from vertebroplasty.selection.coded_values import Bilsky, WallReading
from vertebroplasty.selection.strictness import Verdict

__all__ = ["AdverseEvent", "Cement", "ClockEvent", "Leak", "PlannedLevel", "Screening", "TreatedLevel"]

MOST_ML = 30  # [choice] ml of cement: more than a body holds
TALLEST_MM = 80  # [choice] mm: taller than any vertebral body
LONGEST_S = 86400  # [exact] seconds of a day
OLDEST_DAYS = 43830  # [choice] days: the longest life
WIDEST_DEG = 90  # [choice] degrees of wedge or kyphosis


@dataclass(frozen=True, kw_only=True, slots=True)
class Screening:
    """What the rules said before, and what was overridden."""

    __pydantic_config__ = CLOSED

    verdict: Verdict | None = known("Strictest verdict over the levels.")
    fired_rules: tuple[str, ...] = listed("Ids of the rules that answered yes.")
    overrides: tuple[str, ...] = listed("Ids of the rules that were overridden.")
    override_reason: str | None = known("Why they were overridden.", **TEXT)
    rule_sets: tuple[str, ...] = listed("Rule sets with their versions, as founding/1.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Cement:
    """The cement of one level: product, clock, how the injection ended."""

    __pydantic_config__ = CLOSED

    product: str | None = known("Product.", **TEXT)
    lot: str | None = known("Lot number.", **TEXT)
    udi: str | None = known("Unique device identifier.", **TEXT)
    opacifier: Opacifier | None = known("What makes it visible.")
    component_temperature_c: float | None = known("Temperature of powder and liquid before mixing.", ge=-10, le=45)
    mixed_at: datetime | None = known("When mixing began.")
    paste_start_s: float | None = known("Seconds after mixing began until it was a paste.", ge=0, le=LONGEST_S)
    injection_start_s: float | None = known("Seconds after mixing began until the first push.", ge=0, le=LONGEST_S)
    injection_end_s: float | None = known("Seconds after mixing began until the last push.", ge=0, le=LONGEST_S)
    left_ml: float | None = known("Cement through the left needle in ml.", ge=0, le=MOST_ML)
    right_ml: float | None = known("Cement through the right needle in ml.", ge=0, le=MOST_ML)
    total_ml: float | None = known("Cement in this level in ml, leaks included.", ge=0, le=MOST_ML)
    stop_reason: StopReason | None = known("Why the injection ended.")
    stylet_reinserted: bool | None = known("Whether the stylet was back in the needle before it was withdrawn.")
    needle_out_under_fluoroscopy: bool | None = known("Whether the needle was withdrawn under fluoroscopy.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Leak:
    """One leak of cement out of the bone."""

    __pydantic_config__ = CLOSED

    site: LeakSite = required("Where the cement lies.")
    modality: LeakModality | None = known("What it was seen with.")
    seen: LeakSeen | None = known("When it was seen.")
    volume_ml: float | None = known("Volume estimated in ml.", ge=0, le=MOST_ML)
    symptomatic: bool | None = known("Whether the patient had symptoms from it.")
    action: str | None = known("What was done about it.", **TEXT)


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedLevel:
    """What was planned and simulated for a level, beside what was done."""

    __pydantic_config__ = CLOSED

    plan_id: str | None = known("SHA-256 or other id of the plan.", **PSEUDONYM)
    planned_ml: float | None = known("Planned volume in ml.", ge=0, le=MOST_ML)
    simulated_leak_probability: float | None = known("Simulated probability of any leak, 0 to 1.", ge=0, le=1)
    simulated_canal_probability: float | None = known(
        "Simulated probability of cement in the canal, 0 to 1.", ge=0, le=1
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class TreatedLevel:
    """One treated vertebra: the lesion, the needle, the cement, its leaks."""

    __pydantic_config__ = CLOSED

    level: str = required("Level, as L3.", **LEVEL)
    indication: Indication | None = known("Why this level was treated.")
    fracture_on: date | None = known("Day of the fracture.")
    fracture_age_days: float | None = known("Days from the fracture to the procedure.", ge=0, le=OLDEST_DAYS)
    genant_grade: int | None = known("Genant grade.", ge=0, le=3)
    genant_shape: Literal["wedge", "biconcave", "crush"] | None = known("Genant shape.")
    anterior_height_mm: float | None = known("Anterior height in mm.", ge=0, le=TALLEST_MM)
    middle_height_mm: float | None = known("Middle height in mm.", ge=0, le=TALLEST_MM)
    posterior_height_mm: float | None = known("Posterior height in mm.", ge=0, le=TALLEST_MM)
    wedge_angle_deg: float | None = known("Wedge angle in degrees.", ge=-WIDEST_DEG, le=WIDEST_DEG)
    oedema: Oedema | None = known("What showed that the fracture is recent.")
    cleft: bool | None = known("Whether a cleft was seen.")
    mobility_mm: float | None = known("Change of height between lying and standing in mm.", ge=0, le=TALLEST_MM)
    posterior_wall: WallReading | None = known("Posterior wall as read.")
    canal_compromise_percent: float | None = known("Canal compromise in percent.", **PERCENT)
    of_grade: int | None = known("OF grade.", ge=1, le=5)
    sins_total: int | None = known("SINS total.", ge=0, le=18)
    bilsky: Bilsky | None = known("Bilsky grade.")
    hypervascular: bool | None = known("Whether the lesion was hypervascular.")
    phlebogram: bool | None = known("Whether a phlebogram was made before the cement.")
    trabecular_hu: float | None = known("Mean of the spongy bone in HU.", ge=-200, le=2000)
    approach: Approach | None = known("Way of the needle.")
    gauge: float | None = known("Gauge of the needle.", ge=6, le=22)
    needle_passes: int | None = known("How often a needle was placed anew.", ge=0, le=50)
    balloon: bool | None = known("Whether a balloon was used.")
    cement: Cement | None = known("Cement of this level.")
    leaks_looked_for_with: tuple[LeakModality, ...] | None = known(
        "What leaks were looked for with; null if not stated."
    )
    leaks: tuple[Leak, ...] = listed("Leaks found at this level.")
    planned: PlannedLevel | None = known("What was planned and simulated.")


@dataclass(frozen=True, kw_only=True, slots=True)
class ClockEvent:
    """One event of the procedure's clock: monotonic seconds decide, the wall clock is kept beside them."""

    __pydantic_config__ = CLOSED

    event: EventName = required("What happened.")
    t_s: float = required("Monotonic seconds since mixing began.", ge=-LONGEST_S, le=LONGEST_S)
    at: datetime | None = known("Wall time with its zone.")
    level: str | None = known("Level concerned.", **LEVEL)
    injected_ml: float | None = known("Cement injected so far in ml.", ge=0, le=MOST_ML)
    site: LeakSite | None = known("Site of a leak.")
    remark: str | None = known("Anything to add; after a stop the reason to go on.", **TEXT)


@dataclass(frozen=True, kw_only=True, slots=True)
class AdverseEvent:
    """One complication of the procedure, or event after it."""

    __pydantic_config__ = CLOSED

    kind: AdverseEventKind = required("What happened to the patient.")
    level: str | None = known("Level concerned.", **LEVEL)
    onset_on: date | None = known("Day it began.")
    transient: bool | None = known("Whether it went away.")
    duration_days: float | None = known("How many days it lasted.", ge=0, le=OLDEST_DAYS)
    cirse_2017: int | None = known("Grade of CIRSE 2017.", ge=1, le=6)
    cirse_2026: Literal["1a", "1b", "2", "3a", "3b", "4", "5", "6"] | None = known("Grade of the CIRSE scale of 2026.")
    sir_2003: Literal["A", "B", "C", "D", "E", "F"] | None = known("Letter of SIR 2003.")
    causality: Causality | None = known("How the team judges the link to the procedure.")
    procedure_related: bool | None = known("Whether the team counts it as a complication of the procedure.")
    outcome: str | None = known("What became of it.", **TEXT)
