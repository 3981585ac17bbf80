"""The `score` document: a score's items with where each came from, its total, its class, and what a boundary hides."""

from pydantic import Field

from vertebroplasty.documents.common import Document, Number, Part, Provenance, Unknowns, rounded
from vertebroplasty.selection.scores.score import Origin, Score

__all__ = ["ScoreDocument", "ScoreEntry", "ScoreItemEntry", "score_document", "score_entry"]

NOT_MODELLED = ("A score sums up what is entered; it does not examine the patient.",)


class ScoreItemEntry(Part):
    """One item of a score."""

    name: str = Field(description="What the item asks.")
    value: str | float | None = Field(description="What was found; null if unknown.")
    points: Number = Field(description="Points it gives; null if unknown or if the score gives none.")
    origin: str = Field(description="measured, entered or unknown.")


class ScoreEntry(Part):
    """A score with its items."""

    name: str = Field(description="Name of the score.")
    version: str = Field(description="Edition or table version: only values of one version may be compared.")
    items: list[ScoreItemEntry] = Field(description="Every item with where it came from.")
    total: Number = Field(description="The total; null while an item that counts is unknown.")
    lowest: Number = Field(description="The lowest total the known items leave open.")
    highest: Number = Field(description="The highest total the known items leave open.")
    category: str | None = Field(description="The class in the score's own words; null if open.")
    sentence: str = Field(description="The score in one sentence.")
    notes: list[str] = Field(description="Where a published boundary is silent, and what was chosen.")
    score_sources: list[str] = Field(description="Citation keys of the score.")
    verified: bool = Field(description="Whether the sources were read.")


class ScoreDocument(Document):
    """What `score` answers."""

    score: ScoreEntry = Field(description="The score.")


def score_entry(score: Score) -> ScoreEntry:
    """The score as a piece of a document."""
    return ScoreEntry(
        name=score.name,
        version=score.version,
        items=[
            ScoreItemEntry(name=item.name, value=item.value, points=rounded(item.points), origin=item.origin.value)
            for item in score.items
        ],
        total=rounded(score.total),
        lowest=rounded(score.lowest),
        highest=rounded(score.highest),
        category=score.category,
        sentence=score.sentence,
        notes=list(score.notes),
        score_sources=list(score.sources),
        verified=score.verified,
    )


def score_document(score: Score, provenance: Provenance) -> ScoreDocument:
    """Fill the document; what is not known is named with its reason."""
    unknowns = Unknowns()
    for n, item in enumerate(score.items):
        if item.origin is Origin.UNKNOWN:
            unknowns.note(f"score.items[{n}]", f"{item.name} is not stated")
    if score.total is None and any(item.origin is Origin.UNKNOWN for item in score.items):
        unknowns.note("score.total", "an item that counts is unknown")
    head = provenance.head(
        "score", sources=score.sources, warnings=(), not_modelled=NOT_MODELLED, unknown=unknowns.entries
    )
    return ScoreDocument(**head, score=score_entry(score))
