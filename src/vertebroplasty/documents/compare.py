"""The `compare` document: two plans, products or volumes side by side, differences marked."""

from collections.abc import Iterable

import numpy as np
from pydantic import Field

from vertebroplasty.documents.common import Document, Number, Part, Provenance, Unknowns, rounded
from vertebroplasty.documents.compare_rows import RowPair, Side, compared_rows, one_sided
from vertebroplasty.documents.plan import PathEntry
from vertebroplasty.errors import Refused

__all__ = ["CompareDocument", "RowEntry", "Side", "compare_document"]

OTHER_CT = "The two were made on different CTs: they may show different patients, so no difference is one of the plan."
SMALLEST_DIFFERENCE = 0.0005  # [choice] of a value without a unit of its own below: half of its last printed digit
SMALLEST = {  # [choice] likewise by unit: what prints the same is not called different
    "mm": 0.05,
    "°": 0.05,
    "ml": 0.005,
    "ml/s": 0.005,
    "×": 0.005,
    "N": 0.5,
    "kPa": 0.5,
    "s": 0.5,
}
DIFFERENT_CT = "points of different CTs cannot be measured against each other"
NO_TWO_PATHS = "there are not two planned paths"


class RowEntry(Part):
    """One quantity on both sides."""

    group: str = Field(description="What it belongs to.")
    key: str = Field(description="Document and JSON path it was taken from.")
    label: str = Field(description="What it is, in words.")
    unit: str = Field(description="Its unit; empty for words.")
    first: float | str | None = Field(description="Value of the first; null when unknown.")
    second: float | str | None = Field(description="Value of the second; null when unknown.")
    difference: Number = Field(description="Second less first; null for words and where one is unknown.")
    differs: bool = Field(description="Whether the two are not the same to the digits that are printed.")


class SidesEntry(Part):
    """The names of what is compared."""

    first: str = Field(description="Name of the first folder or file.")
    second: str = Field(description="Name of the second.")


class NeedleApart(Part):
    """How far the first paths of two plans on the same CT lie apart."""

    entries_mm: Number = Field(description="Between the two entries.")
    tips_mm: Number = Field(description="Between the two tips.")
    angle_deg: Number = Field(description="Between the two directions.")


class CompareDocument(Document):
    """What `compare` answers."""

    level: str = Field(description="Name of the level.")
    names: SidesEntry = Field(description="What is compared.")
    same_ct: bool = Field(description="Whether both were made on the same CT.")
    rows: list[RowEntry] = Field(description="Quantities side by side, cement in the canal first.")
    differing: int = Field(description="How many of them differ.")
    not_compared: list[str] = Field(description="What only one of them holds, a sentence each.")
    needles_apart: NeedleApart = Field(description="How far the two needles lie apart.")


def compare_document(first: Side, second: Side, provenance: Provenance, *, other_ct: bool) -> CompareDocument:
    """Put two finished cases side by side.

    Raises:
        Refused: different levels; or different CTs, unless `other_ct` says that this is meant.
    """
    level = _one_level(first, second)
    same_ct = first.ct == second.ct
    if not same_ct and not other_ct:
        raise Refused(
            f"{first.name} and {second.name} were made on different CTs, perhaps of different patients: add --other-ct "
            "if this is meant.",
            where="compare",
        )
    unknowns = Unknowns()
    pairs = list(compared_rows(first, second, level))
    if not pairs:
        raise Refused(
            f"{first.name} and {second.name} hold nothing of the same kind: compare two runs, two injections or "
            "two plans.",
            where="compare",
        )
    rows = [_row(pair, f"rows[{n}]", unknowns) for n, pair in enumerate(pairs)]
    apart = _apart(first.path, second.path, same_ct, unknowns)
    documents = (*first.documents, *second.documents)
    said = [f"{side.name}: {warning}" for side in (first, second) for d in side.documents for warning in d.warnings]
    head = provenance.head(
        "compare",
        sources=[key for document in documents for key in document.sources],
        warnings=[*([] if same_ct else [OTHER_CT]), *said],
        not_modelled=[sentence for document in documents for sentence in document.not_modelled],
        unknown=unknowns.entries,
    )
    return CompareDocument(
        **head,
        level=level,
        names=SidesEntry(first=first.name, second=second.name),
        same_ct=same_ct,
        rows=rows,
        differing=sum(row.differs for row in rows),
        not_compared=list(one_sided(first, second)),
        needles_apart=apart,
    )


def _one_level(first: Side, second: Side) -> str:
    for side in (first, second):
        if len(side.levels) != 1:
            raise Refused(
                f"{side.name} holds documents of {_and(side.levels)}: give the folder of one run.", where="compare"
            )
    levels = first.levels | second.levels
    if len(levels) != 1:
        one, other = *first.levels, *second.levels
        raise Refused(
            f"{first.name} is of {one} and {second.name} of {other}: compare two of the same level.", where="compare"
        )
    return next(iter(levels))


def _and(levels: Iterable[str]) -> str:
    return " and ".join(sorted(levels)) or "no level"


def _row(pair: RowPair, path: str, unknowns: Unknowns) -> RowEntry:
    for name, cell in (("first", pair.first), ("second", pair.second)):
        if cell.value is None:
            unknowns.note(f"{path}.{name}", cell.why)
    one, other = pair.first.value, pair.second.value
    difference = other - one if isinstance(one, float) and isinstance(other, float) else None
    return RowEntry(
        group=pair.group,
        key=pair.key,
        label=pair.label,
        unit=pair.unit,
        first=one,
        second=other,
        difference=rounded(difference),
        differs=one != other if difference is None else abs(difference) > SMALLEST.get(pair.unit, SMALLEST_DIFFERENCE),
    )


def _apart(first: PathEntry | None, second: PathEntry | None, same_ct: bool, unknowns: Unknowns) -> NeedleApart:
    """Distance of entries and tips, and the angle between two needles."""
    if first is None or second is None or not same_ct:
        why = DIFFERENT_CT if not same_ct else NO_TWO_PATHS
        unknowns.note("needles_apart", why)
        return NeedleApart(entries_mm=None, tips_mm=None, angle_deg=None)
    ends = [np.array([path.entry_lps_mm, path.tip_lps_mm]) for path in (first, second)]
    entries, tips = np.linalg.norm(ends[1] - ends[0], axis=1)
    one, other = (end[1] - end[0] for end in ends)
    angle = np.degrees(np.arctan2(np.linalg.norm(np.cross(one, other)), one @ other))
    return NeedleApart(entries_mm=rounded(entries), tips_mm=rounded(tips), angle_deg=rounded(angle))
