"""The `registry compare` document: a series beside published ones, definition by definition."""

from pydantic import Field

from vertebroplasty.documents.common import Document, Number, Part
from vertebroplasty.documents.registry_stats import ProportionPart

__all__ = ["OwnEntry", "PooledEntry", "PublishedEntry", "RegistryCompareDocument", "ResultEntry"]


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


class PooledEntry(Part):
    """Trials of one question pooled with random effects; nothing of the series is in it."""

    question: str = Field(description="What differs between the groups, and when it was asked.")
    studies: list[str] = Field(description="The studies, each with its time.")
    unit: str = Field(description="Unit of the effect.")
    value: float = Field(description="Pooled effect with random effects (Paule-Mandel).")
    ci_low: float = Field(description="Lower end of the 95 % interval, adjusted for few studies.")
    ci_high: float = Field(description="Upper end of that interval.")
    prediction_low: Number = Field(description="Lower limit for a further study; null for fewer than 3 studies.")
    prediction_high: Number = Field(description="Upper limit for a further study.")
    tau_squared: float = Field(description="Variance between the studies, never negative.")


class RegistryCompareDocument(Document):
    """What `registry compare` answers."""

    series: str = Field(description="own, or the name of a synthetic series.")
    title: str = Field(description="Title of the series.")
    results: list[ResultEntry] = Field(description="Each own result beside the literature.")
    pooled: list[PooledEntry] = Field(description="Published trials that answer one question, pooled.")
    not_compared: list[str] = Field(
        description="Results without a place in the literature filed here, a sentence each."
    )
