"""How `score` prints a score: the sentence, each item with where it came from, the notes and the source."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vertebroplasty.cli.output import answer

if TYPE_CHECKING:
    from vertebroplasty.cli.options import Common
    from vertebroplasty.documents.score import ScoreEntry
    from vertebroplasty.selection.scores.score import Score

__all__ = ["given_options", "show_score"]


def show_score(found: "Score", parameters: dict[str, object], common: "Common") -> None:
    """Print a score as text or as a document."""
    from vertebroplasty.documents.common import Provenance
    from vertebroplasty.documents.score import score_document

    document = score_document(found, Provenance.of((), parameters, 0.0))
    answer(document, _lines(document.score), common)


def _lines(found: "ScoreEntry") -> Iterator[str]:
    yield found.sentence
    for item in found.items:
        points = "" if item.points is None else f"  {item.points:g}"
        value = f"{item.value:.4g}" if isinstance(item.value, float) else item.value or "unknown"
        origin = "" if item.origin == "unknown" else f" ({item.origin})"
        yield f"  {item.name}: {value}{origin}{points}"
    for note in found.notes:
        yield f"Note: {note}"
    read = "" if found.verified else ", not read"
    yield f"{found.name}, version {found.version} [{' '.join(found.score_sources)}{read}]"


def given_options(**values: object) -> dict[str, object]:
    """The options that were given, as a document records them."""
    return {key: value for key, value in values.items() if value is not None}
