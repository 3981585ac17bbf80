"""The `registry stats` document: a series of patients as k of n, with what was counted and what is missing."""

from typing import Any

from pydantic import Field

from vertebroplasty.documents.common import Document, Number, Part

__all__ = [
    "NOT_MODELLED",
    "CountsEntry",
    "DefinitionEntry",
    "LeakEntry",
    "MissingEntry",
    "ModalityEntry",
    "ModelEntry",
    "QuotedEntry",
    "RegistryStatsDocument",
    "ShareEntry",
    "VolumeEntry",
    "WindowShareEntry",
]

NOT_MODELLED = (
    "Intervals take levels and procedures of one patient as independent; where findings gather in patients they are "
    "too narrow.",
    "A complication that nobody entered is not seen: a procedure without an entry counts as one without.",
    "A registry shows what was done and found; it does not show what the patients would have had without cement.",
    "Whoever was not seen again is counted as missing and not estimated.",
)


class CountsEntry(Part):
    """How many were treated."""

    patients: int = Field(description="Patients.")
    procedures: int | None = Field(description="Procedures; null where the series does not state them.")
    levels: int | None = Field(description="Levels treated; null where the series does not state them.")


class ProportionPart(Part):
    """k of n with its interval."""

    k: int | None = Field(description="How many had it; null if not stated.")
    n: int | None = Field(description="Out of how many; null if not stated.")
    denominator: str = Field(description="What is counted in n: patient, procedure, level or evaluated.")
    percent: Number = Field(description="100 k / n; null without k or n.")
    ci_low_percent: Number = Field(description="Lower end of the 95 % interval.")
    ci_high_percent: Number = Field(description="Upper end of the 95 % interval.")
    method: str = Field(description="Wilson, Clopper-Pearson where either side has fewer than five, or none.")


class NamedPart(Part):
    """What was counted."""

    name: str = Field(description="What was counted.")


class MissingEntry(ProportionPart, NamedPart):
    """How much of one variable is not recorded, out of the records in which it is due."""


class ShareEntry(ProportionPart, NamedPart):
    """One percentage with its name."""

    definition: str = Field(description="Id of its definition; only percentages of one definition may be compared.")


class WindowShareEntry(ShareEntry):
    """One percentage of those seen in a follow-up window."""

    window: str | None = Field(description="Follow-up window; null where none is stated, or where all are meant.")


class ModalityPart(Part):
    """What was looked with."""

    modality: str = Field(description="fluoroscopy, radiograph, ct or other.")


class ModalityEntry(ProportionPart, ModalityPart):
    """Levels with a leak at one site seen with one kind of imaging."""

    symptomatic_k: int = Field(description="Levels among them with symptoms from the leak.")


class SitePart(Part):
    """Where the cement lies."""

    site: str = Field(description="Where the cement lies.")


class LeakEntry(ProportionPart, SitePart):
    """Levels with a leak at one site; a level counts once at each site."""

    symptomatic_k: int = Field(description="Levels among them with symptoms from the leak.")
    symptomatic_not_stated_k: int = Field(description="Levels among them of which symptoms are not recorded.")
    modality_not_stated_k: int = Field(description="Levels among them without a record of what the leak was seen with.")
    by_modality: list[ModalityEntry] = Field(description="By imaging, of the levels looked at with it.")
    definition: str = Field(description="Id of its definition.")


class VolumeEntry(Part):
    """Cement in one level."""

    mean: Number = Field(description="Mean in ml; null where no volume is recorded.")
    min: Number = Field(description="Smallest in ml.")
    max: Number = Field(description="Largest in ml.")
    n: int = Field(description="Levels of which the volume is recorded.")
    missing: int = Field(description="Levels of which it is not.")


class QuotedEntry(Part):
    """A figure that a series prints and that records cannot reproduce."""

    statement: str = Field(description="What is printed, in our words.")
    source: str = Field(description="Citation key of where it is printed.")


class DefinitionEntry(Part):
    """What a count means."""

    id: str = Field(description="Id that rows refer to.")
    statement: str = Field(description="The definition in one sentence.")


class ModelEntry(Part):
    """One statistical model of the series, or why there is none."""

    name: str = Field(description="What is modelled.")
    result: dict[str, Any] | None = Field(description="The result with its intervals; null where there is none.")
    why_not: str | None = Field(description="Why there is no result; null where there is one.")


class RegistryStatsDocument(Document):
    """What `registry stats` answers."""

    series: str = Field(description="own, or the name of a synthetic series; the two are never mixed.")
    title: str = Field(description="Title of the series.")
    synthetic: bool = Field(
        description="Whether the records were built to match printed figures and are no real patients."
    )
    counts: CountsEntry = Field(description="Patients, procedures, levels.")
    indications: list[ShareEntry] = Field(description="Why levels were treated, and what procedures aimed at.")
    complications: list[ShareEntry] = Field(description="Complications, counted as the series counts them.")
    leaks: list[LeakEntry] = Field(description="Leaks by site; only the sites that the series counts.")
    relief: list[WindowShareEntry] = Field(description="Relief as graded, by window, and who was not evaluated.")
    volume_ml: VolumeEntry = Field(description="Cement in one level, over the levels of which it is recorded.")
    followed_up: list[WindowShareEntry] = Field(description="Who was seen in each window, of those who were due.")
    missing: list[MissingEntry] = Field(description="What is not recorded, variable by variable.")
    as_printed: list[QuotedEntry] = Field(description="Printed figures that can only be quoted.")
    notes: list[str] = Field(description="How the records of a synthetic series were made.")
    definitions: list[DefinitionEntry] = Field(description="What the rows count.")
    models: list[ModelEntry] | None = Field(default=None, description="Models; null unless they were asked for.")
