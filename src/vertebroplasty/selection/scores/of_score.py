"""OF-score: points for and against surgery of one osteoporotic thoracolumbar fracture.

Source: pocket card of the spine section of the DGOU [OF-card], which calls the score not validated.  Morphology twice
the OF grade (2 to 10); severe osteoporosis 1; progressing deformity 1, none −1; pain under analgesia 1 or −1;
neurological symptoms 2; mobilisation not possible 1, possible −1; frailty −1 each, −2 at most.  Range −3 to 16.
0 to 5 conservative, 6 either, above 6 surgery.

Versions: `modified-card` takes pain from VAS 5; `original` takes it from VAS 4, from memory and unverified, with the
other items as on the card.  The weights of the optimisation of 2026 were not read: its classes are in
`advice_of_optimised_score`, for a total that was added elsewhere.

Boundary policy: T-score strictly below −3; HU up to and including 90; ASA strictly above 3; mFI-5 strictly above 2;
totals below 0 are advised as 0 to 5.  An unknown item counts 0, as the card says, and is marked unknown; `lowest` and
`highest` are what it could still make of the total.  Without the OF grade there is no total.
"""

from collections.abc import Mapping
from enum import StrEnum

from vertebroplasty.selection.scores.as_written import number_within
from vertebroplasty.selection.scores.of_score_items import OfScoreFindings, OfScoreItem, of_score_items
from vertebroplasty.selection.scores.score import Score

__all__ = ["Advice", "OfScoreVersion", "advice_of_optimised_score", "of_score"]

CARD_PAIN_FROM = 5.0  # [OF-card, EOFTT-2025] VAS 0-10 under analgesia
ORIGINAL_PAIN_FROM = 4.0  # [OF-score-original] VAS 0-10 under analgesia, from memory
EITHER = 6.0  # [OF-card] below: conservative; above: surgery
OPTIMISED_CONSERVATIVE_TO = 5.0  # [OF-score-2026] above: surgery
HIGHEST_OPTIMISED = 30.0  # [choice] no sheet of the optimised score reaches this: a larger total is a slip


class Advice(StrEnum):
    """What the score speaks for."""

    CONSERVATIVE = "conservative"
    EITHER = "conservative or surgical"
    SURGERY = "surgical"


class OfScoreVersion(StrEnum):
    """Which pain threshold is taken."""

    MODIFIED_CARD = "modified-card"
    ORIGINAL = "original"


PAIN_FROM: Mapping[OfScoreVersion, float] = {
    OfScoreVersion.MODIFIED_CARD: CARD_PAIN_FROM,
    OfScoreVersion.ORIGINAL: ORIGINAL_PAIN_FROM,
}
NOT_VALIDATED = "The card itself calls the score not validated."
FROM_MEMORY = "The original pain threshold (VAS 4 and above) was not read; the other items are those of the card."


def of_score(findings: OfScoreFindings, version: OfScoreVersion = OfScoreVersion.MODIFIED_CARD) -> Score:
    """OF-score of one fracture: 0 to 5 conservative, 6 either, above 6 surgery.

    Raises:
        Refused: a value outside its scale.
    """
    items = of_score_items(findings, pain_from=PAIN_FROM[version])
    lowest, highest = sum(item.lowest for item in items), sum(item.highest for item in items)
    graded = findings.of_grade is not None
    total = sum(item.entry.points or 0.0 for item in items) if graded else None
    unverified = version is OfScoreVersion.ORIGINAL
    notes = [NOT_VALIDATED, *((FROM_MEMORY,) if unverified else ()), *_about_unknown(items, lowest, highest)]
    advice = None if total is None else _advice(total)
    return Score(
        name="OF-score",
        version=version.value,
        items=tuple(item.entry for item in items),
        total=total,
        lowest=lowest,
        highest=highest,
        category=advice.value if advice is not None else None,
        sentence=_sentence(total, advice, lowest, highest),
        notes=tuple(notes),
        sources=("OF-card", "OF-score-original") if unverified else ("OF-card", "EOFTT-2025"),
        verified=not unverified,
    )


def advice_of_optimised_score(total: float) -> Score:
    """Class of a total of the OF-score as optimised in 2026: up to 5 conservative, above 5 surgical.

    Its weights differ from the card's, and were not read: a total of the card must not be put in here.

    Raises:
        Refused: the total is not a number that such a sheet gives.
    """
    number_within(
        total, -HIGHEST_OPTIMISED, HIGHEST_OPTIMISED, what="The optimised OF-score", unit="points", where="total"
    )
    advice = Advice.CONSERVATIVE if total <= OPTIMISED_CONSERVATIVE_TO else Advice.SURGERY
    return Score(
        name="OF-score",
        version="optimised-2026",
        total=total,
        lowest=total,
        highest=total,
        category=advice.value,
        sentence=f"Optimised OF-score {total:g}: speaks for {advice.value} treatment.",
        notes=(
            "The optimised weights were not read: the total is taken as given, and a total of the card has no place.",
        ),
        sources=("OF-score-2026",),
        verified=False,
    )


def _advice(total: float) -> Advice:
    if total == EITHER:
        return Advice.EITHER
    return Advice.SURGERY if total > EITHER else Advice.CONSERVATIVE


def _about_unknown(items: tuple[OfScoreItem, ...], lowest: float, highest: float) -> tuple[str, ...]:
    unknown = [item.entry.name for item in items if item.unknown]
    if not unknown:
        return ()
    said = f"Counted as 0 because unknown: {', '.join(unknown)}."
    if _advice(lowest) is _advice(highest):
        return (f"{said} Knowing them would not change the advice.",)
    return (f"{said} Knowing them could move the total between {lowest:g} and {highest:g}, and with it the advice.",)


def _sentence(total: float | None, advice: Advice | None, lowest: float, highest: float) -> str:
    if total is None or advice is None:
        return f"OF-score unknown ({lowest:g} to {highest:g}): the OF grade is not stated."
    return f"OF-score {total:g}: speaks for {advice.value} treatment."
