"""The coded answers of a patient file: the only words each question takes."""

from enum import StrEnum

__all__ = [
    "FRACTURES",
    "Aetiology",
    "AgentClass",
    "Allergen",
    "Anaesthesia",
    "AoType",
    "Bilsky",
    "CoagulationStatus",
    "FirstLine",
    "Imaging",
    "Infection",
    "Intent",
    "NeurologicalDeficit",
    "RadicularPain",
    "Sex",
    "SinsAlignment",
    "SinsCollapse",
    "SinsLesion",
    "SinsPain",
    "SinsPosterolateral",
    "WallReading",
]


class Sex(StrEnum):
    """Sex as recorded."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"


class Infection(StrEnum):
    """Active infection."""

    NONE = "none"
    LOCAL = "local"
    SYSTEMIC = "systemic"


class Allergen(StrEnum):
    """What a patient may be allergic to and the procedure may need."""

    PMMA = "pmma"
    BARIUM_SULFATE = "barium-sulfate"
    TANTALUM = "tantalum"
    TUNGSTEN = "tungsten"
    ZIRCONIA = "zirconia"
    IODINATED_CONTRAST = "iodinated-contrast"
    LOCAL_ANAESTHETIC = "local-anaesthetic"

    @property
    def words(self) -> str:
        """As it stands in a sentence: "iodinated contrast"."""
        return "PMMA" if self is Allergen.PMMA else self.value.replace("-", " ")


class CoagulationStatus(StrEnum):
    """Coagulation as the team judges it; `correctable` means not yet corrected."""

    NORMAL = "normal"
    CORRECTABLE = "correctable"
    CORRECTED = "corrected"
    REFRACTORY = "refractory"


class AgentClass(StrEnum):
    """Kind of anticoagulant or antiplatelet agent."""

    VKA = "vka"
    DOAC = "doac"
    ANTIPLATELET = "antiplatelet"
    HEPARIN = "heparin"
    OTHER = "other"


class Anaesthesia(StrEnum):
    """Planned anaesthesia."""

    LOCAL = "local"
    GENERAL = "general"


class Aetiology(StrEnum):
    """Why the vertebra hurts or fails."""

    OSTEOPOROTIC_FRACTURE = "osteoporotic-fracture"
    METASTASIS = "metastasis"
    MYELOMA = "myeloma"
    HAEMANGIOMA = "haemangioma"
    TRAUMATIC_FRACTURE = "traumatic-fracture"
    OTHER = "other"


FRACTURES = (Aetiology.OSTEOPOROTIC_FRACTURE, Aetiology.TRAUMATIC_FRACTURE)


class Intent(StrEnum):
    """What the cement is for."""

    ANALGESIA = "analgesia"
    STABILISATION = "stabilisation"
    BOTH = "both"
    PROPHYLAXIS = "prophylaxis"


class FirstLine(StrEnum):
    """First-line treatment that was tried."""

    ANALGESICS = "analgesics"
    REST = "rest"
    BRACE = "brace"


class RadicularPain(StrEnum):
    """Pain along a root, and what presses on the root."""

    NONE = "none"
    FROM_COLLAPSE = "from-collapse"
    UNRELATED_COMPRESSIVE = "unrelated-compressive"


class NeurologicalDeficit(StrEnum):
    """Neurological deficit from this level."""

    NONE = "none"
    STABLE = "stable"
    PROGRESSIVE = "progressive"
    CORD_COMPRESSION = "cord-compression"


class Imaging(StrEnum):
    """Cross-sectional imaging done before."""

    MRI = "mri"
    CT = "ct"


class WallReading(StrEnum):
    """Posterior wall as a reader sees it."""

    INTACT = "intact"
    BREACHED = "breached"


class Bilsky(StrEnum):
    """Epidural spinal cord compression scale."""

    GRADE_0 = "0"
    GRADE_1A = "1a"
    GRADE_1B = "1b"
    GRADE_1C = "1c"
    GRADE_2 = "2"
    GRADE_3 = "3"


class AoType(StrEnum):
    """AO Spine thoracolumbar type."""

    A0 = "A0"
    A1 = "A1"
    A2 = "A2"
    A3 = "A3"
    A4 = "A4"
    B = "B"
    C = "C"


class SinsPain(StrEnum):
    """SINS: pain."""

    MECHANICAL = "mechanical"
    OCCASIONAL = "occasional"
    NONE = "none"


class SinsLesion(StrEnum):
    """SINS: bone lesion."""

    LYTIC = "lytic"
    MIXED = "mixed"
    BLASTIC = "blastic"


class SinsAlignment(StrEnum):
    """SINS: alignment."""

    SUBLUXATION = "subluxation"
    DE_NOVO_DEFORMITY = "de-novo-deformity"
    NORMAL = "normal"


class SinsCollapse(StrEnum):
    """SINS: collapse of the body."""

    OVER_50 = "over-50"
    UNDER_50 = "under-50"
    NONE_BODY_OVER_50 = "none-body-over-50"
    NONE = "none"


class SinsPosterolateral(StrEnum):
    """SINS: posterolateral elements involved."""

    BILATERAL = "bilateral"
    UNILATERAL = "unilateral"
    NONE = "none"
