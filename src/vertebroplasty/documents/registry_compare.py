"""The `registry compare` document: a series beside published ones, definition by definition."""

from pydantic import Field

from vertebroplasty.documents.common import Document, Number, Part
from vertebroplasty.documents.registry_stats import ProportionPart

__all__ = ["OwnEntry", "PublishedEntry", "RegistryCompareDocument", "ResultEntry"]


class OwnEntry(ProportionPart):
    """k of n of the series itself."""

    modality: str = Field(description="How it was looked for.")
    horizon: str = Field(description="When it was looked for.")


class PublishedEntry(Part):
    """One published result beside it."""

    source: str = Field(description="Citation key.")
    definition: str = Field(description="What it counts, in a sentence.")
    figure: str = Field(description="The figure as printed.")
    statement: str = Field(description="What is printed, in our words.")
    comparable: bool = Field(description="Whether definition, denominator, imaging and time are the same.")
    why_not: str = Field(description="Why the two are not compared; empty where they are.")
    difference_points: Number = Field(description="Own percentage less theirs; null where not compared.")
    ci_low_points: Number = Field(description="Lower end of its 95 % interval (Newcombe).")
    ci_high_points: Number = Field(description="Upper end of its 95 % interval.")
    cautions: list[str] = Field(description="What to think of before reading the difference.")


class ResultEntry(Part):
    """One own result with what is published about it."""

    definition: str = Field(description="Id of the definition.")
    sentence: str = Field(description="What is counted.")
    own: OwnEntry = Field(description="The series' own result.")
    published: list[PublishedEntry] = Field(description="Published results, those that can be compared first.")


class RegistryCompareDocument(Document):
    """What `registry compare` answers."""

    series: str = Field(description="own, or the name of a synthetic series.")
    title: str = Field(description="Title of the series.")
    results: list[ResultEntry] = Field(description="Each own result beside the literature.")
    not_compared: list[str] = Field(
        description="Results without a place in the literature filed here, a sentence each."
    )
