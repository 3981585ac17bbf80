"""The coded words of the registry: why a level was treated, how, what went wrong, and when it was seen."""

from enum import StrEnum

__all__ = [
    "AdverseEventKind",
    "AnalgesicStep",
    "Approach",
    "Causality",
    "EventName",
    "FollowUpModality",
    "FractureRelation",
    "Guidance",
    "Improvement",
    "Indication",
    "LeakModality",
    "LeakSeen",
    "Oedema",
    "Opacifier",
    "Window",
]


class Indication(StrEnum):
    """Why a level was treated; a series that says no more than `tumour` keeps that word."""

    OSTEOPOROTIC_FRACTURE = "osteoporotic-fracture"
    METASTASIS = "metastasis"
    MYELOMA = "myeloma"
    TUMOUR = "tumour"
    HAEMANGIOMA = "haemangioma"
    TRAUMATIC_FRACTURE = "traumatic-fracture"
    OTHER = "other"


class Guidance(StrEnum):
    """What the operator saw the needle and the cement with."""

    MONOPLANE = "monoplane-fluoroscopy"
    BIPLANE = "biplane-fluoroscopy"
    CT = "ct"
    CT_FLUOROSCOPY = "ct-and-fluoroscopy"


class Approach(StrEnum):
    """The way of the needle into the body."""

    TRANSPEDICULAR_UNILATERAL = "transpedicular-unilateral"
    TRANSPEDICULAR_BILATERAL = "transpedicular-bilateral"
    PARAPEDICULAR = "parapedicular"
    POSTEROLATERAL = "posterolateral"
    ANTEROLATERAL = "anterolateral"
    OTHER = "other"


class Opacifier(StrEnum):
    """What makes the cement visible under X-ray."""

    TANTALUM = "tantalum"
    BARIUM_SULFATE = "barium-sulfate"
    TUNGSTEN = "tungsten"
    ZIRCONIA = "zirconia"
    OTHER = "other"


class Oedema(StrEnum):
    """What showed that the fracture is recent."""

    STIR = "stir"
    BONE_SCAN = "bone-scan"
    NONE = "none"


class EventName(StrEnum):
    """What was tapped during the procedure."""

    MIX_START = "mix-start"
    PHASE = "phase"
    INJECT_START = "inject-start"
    SAMPLE = "sample"
    LEAK = "leak"
    STOP = "stop"
    RESUME = "resume"
    STYLET = "stylet"
    NEEDLE_OUT = "needle-out"


class LeakModality(StrEnum):
    """What a leak was looked for with: CT finds more than a radiograph."""

    FLUOROSCOPY = "fluoroscopy"
    RADIOGRAPH = "radiograph"
    CT = "ct"
    OTHER = "other"


class LeakSeen(StrEnum):
    """When a leak was seen."""

    DURING = "during"
    IMMEDIATELY_AFTER = "immediately-after"
    CT_AFTER = "ct-after"
    FOLLOW_UP = "follow-up"


class AdverseEventKind(StrEnum):
    """What went wrong for the patient."""

    NEURALGIA = "neuralgia"
    RADICULOPATHY = "radiculopathy"
    CORD_COMPRESSION = "cord-compression"
    DYSPHAGIA = "dysphagia"
    PULMONARY_CEMENT_EMBOLISM = "pulmonary-cement-embolism"
    INFECTION = "infection"
    HAEMATOMA = "haematoma"
    RIB_FRACTURE = "rib-fracture"
    PEDICLE_FRACTURE = "pedicle-fracture"
    PNEUMOTHORAX = "pneumothorax"
    ARTERIAL_INJECTION = "arterial-injection"
    HYPOTENSION = "hypotension"
    ALLERGIC_REACTION = "allergic-reaction"
    PAIN_FLARE = "pain-flare"
    STYLET_BLOCKED = "stylet-blocked"
    DEATH = "death"
    OTHER = "other"


class Causality(StrEnum):
    """How the team judges the link to the procedure."""

    UNRELATED = "unrelated"
    POSSIBLE = "possible"
    PROBABLE = "probable"
    CERTAIN = "certain"


class Window(StrEnum):
    """When patients are asked again; `baseline` is before the procedure."""

    BASELINE = "baseline"
    DAY_1 = "24h"
    WEEK_1 = "1wk"
    MONTH_1 = "1mo"
    MONTH_3 = "3mo"
    MONTH_6 = "6mo"
    MONTH_12 = "12mo"
    OTHER = "other"


class FollowUpModality(StrEnum):
    """How the patient was asked."""

    VISIT = "visit"
    TELEPHONE = "telephone"
    LETTER = "letter"
    RECORDS = "records"


class AnalgesicStep(StrEnum):
    """Step of the analgesic ladder."""

    NONE = "none"
    NON_OPIOID = "non-opioid"
    WEAK_OPIOID = "weak-opioid"
    STRONG_OPIOID = "strong-opioid"


class Improvement(StrEnum):
    """Global improvement as the series of spinal metastases graded it."""

    CLEAR = "clear"
    MODERATE = "moderate"
    NONE = "none"


class FractureRelation(StrEnum):
    """Where a new fracture lies, seen from the treated levels."""

    INDEX = "index"
    ADJACENT = "adjacent"
    REMOTE = "remote"
