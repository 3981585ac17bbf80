"""Spinal instability neoplastic score: how far a tumour has taken a level's stability, 0 to 18.

Source: Fisher et al. 2010 as tabulated [SINS].  Six items; 0–6 stable, 7–12 potentially unstable, 13–18 unstable, and
from 7 a surgical opinion is asked for.  The score is meant for neoplastic levels only.

Boundary policy, where the source is silent:
- a collapse of exactly 50 % is in neither class: the item stays unknown with 2 or 3 points open, and so does a measured
  loss of height whose ± reaches 50 %;
- a loss of height counts as a collapse once it is graded as a fracture (from 20 %), its ± included; below that the item
  stays unknown, because how much of the body the tumour fills is not measured;
- lytic holes on the CT count as a lytic lesion, the stricter of lytic and mixed; no hole found leaves the item unknown;
- L5 and S1 are the junction L5–S1; T13 and L6 take the class of the range they lie in.
"""

from dataclasses import replace

from vertebroplasty.selection.coded_values import SinsLesion
from vertebroplasty.selection.kleene import Answer
from vertebroplasty.selection.measured import MeasuredFindings
from vertebroplasty.selection.patient import LevelFindings, SinsItems
from vertebroplasty.selection.scores.score import Origin, Score
from vertebroplasty.selection.scores.sins_items import (
    ALIGNMENT,
    HALF_PERCENT,
    PAIN,
    POSTEROLATERAL,
    collapse_classes,
    collapse_part,
    entered_part,
    lesion_part,
    location_part,
)

__all__ = ["CATEGORIES", "asks_for_surgical_opinion", "sins", "sins_of_level"]

HIGHEST_TOTAL = 18  # [SINS] sum of the six items' highest points
SURGICAL_OPINION_FROM = 7  # [SINS] potentially unstable and above: surgical consultation
UNSTABLE_FROM = 13  # [SINS] unstable
CATEGORIES = ("stable", "potentially unstable", "unstable")
HALF = "The score does not say where a collapse of exactly 50 % belongs: enter over-50 or under-50."
NOT_GRADED = (
    "So small a loss is not graded as a fracture: enter the collapse and how much of the body the tumour fills."
)

NOTHING_MEASURED = MeasuredFindings()


def sins(location: str, items: SinsItems, measured: MeasuredFindings | None = None) -> Score:
    """Spinal instability neoplastic score of one level, each item marked as measured, entered or unknown.

    The location follows from the level.  The CT answers collapse and bone lesion only where no reader has; a reader who
    disagrees with the CT counts, and a note shows both.  The total is None while an item is unknown; the class is given
    as soon as the fewest and the most points fall into the same one.

    Args:
        location: level name; C0 stands for the occiput, S2–S5 are allowed.
        items: what a reader entered.
        measured: what the CT shows of this level, if there is one.

    Raises:
        Refused: the location is not a level of the score.
    """
    by_ct = measured if measured is not None else NOTHING_MEASURED
    level_from = Origin.ENTERED if by_ct == NOTHING_MEASURED else Origin.MEASURED
    parts = (
        location_part(location, level_from),
        entered_part("pain", PAIN, items.pain),
        lesion_part(items.lesion, by_ct),
        entered_part("alignment", ALIGNMENT, items.alignment),
        collapse_part(items.collapse, by_ct),
        entered_part("posterolateral involvement", POSTEROLATERAL, items.posterolateral),
    )
    lowest, highest = sum(part.lowest for part in parts), sum(part.highest for part in parts)
    unknown = tuple(part.item.name for part in parts if part.item.points is None)
    return Score(
        name="SINS",
        version="2010",
        items=tuple(part.item for part in parts),
        total=None if unknown else lowest,
        lowest=lowest,
        highest=highest,
        category=_category(lowest) if _category(lowest) == _category(highest) else None,
        sentence=_sentence(lowest, highest, unknown),
        notes=tuple(note for part in parts for note in part.notes),
        sources=("SINS", "Genant1993"),
        verified=True,
    )


def sins_of_level(level: str, findings: LevelFindings, measured: MeasuredFindings | None = None) -> Score:
    """The score of one level of a patient file: a reader's height loss and lytic holes fill items left empty.

    Raises:
        Refused: the level is not one of the score.
    """
    items, notes = findings.sins, list[str]()
    loss = findings.height_loss_percent
    if items.collapse is None and loss is not None:
        classes = collapse_classes(loss, loss)
        if len(classes) == 1:
            items = replace(items, collapse=classes[0])
        else:
            notes.append(f"A reader gives a height loss of {loss:g} %. {HALF if loss == HALF_PERCENT else NOT_GRADED}")
    if items.lesion is None and findings.lytic_holes:
        items = replace(items, lesion=SinsLesion.LYTIC)
    score = sins(level, items, measured)
    return replace(score, notes=(*score.notes, *notes)) if notes else score


def asks_for_surgical_opinion(score: Score) -> Answer:
    """Whether a SINS of 7 or more is certain, impossible, or open because an item is unknown."""
    if score.lowest is None or score.highest is None:
        return Answer.UNKNOWN
    if score.lowest >= SURGICAL_OPINION_FROM:
        return Answer.YES
    return Answer.NO if score.highest < SURGICAL_OPINION_FROM else Answer.UNKNOWN


def _category(total: float) -> str:
    if total < SURGICAL_OPINION_FROM:
        return CATEGORIES[0]
    return CATEGORIES[1] if total < UNSTABLE_FROM else CATEGORIES[2]


def _sentence(lowest: float, highest: float, unknown: tuple[str, ...]) -> str:
    least, most = _category(lowest), _category(highest)
    class_words = least if least == most else f"{least} to {most}"
    if not unknown:
        advice = "; a surgical opinion is asked for" if lowest >= SURGICAL_OPINION_FROM else ""
        return f"SINS {lowest:g} of {HIGHEST_TOTAL}: {class_words}{advice}."
    verb = "is" if len(unknown) == 1 else "are"
    return f"SINS {lowest:g} to {highest:g} of {HIGHEST_TOTAL}: {class_words}; {_listed(unknown)} {verb} unknown."


def _listed(words: tuple[str, ...]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
