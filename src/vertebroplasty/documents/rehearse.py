"""The `rehearse` documents: a session scored by its five elements, and the cases there are to practise on."""

from collections.abc import Iterable
from typing import Any

from pydantic import Field

from vertebroplasty.documents.common import Document, Number, Part, Provenance, Unknowns, rounded
from vertebroplasty.rehearsal import NOT_MODELLED, SOURCES
from vertebroplasty.rehearsal.mark import Element
from vertebroplasty.rehearsal.scoring import Score
from vertebroplasty.rehearsal.state import RehearsalState
from vertebroplasty.strength import NOT_MODELLED as PRESSED_ALONE
from vertebroplasty.strength import SOURCES as STRENGTH_SOURCES

__all__ = [
    "CaseEntry",
    "RehearseDocument",
    "RehearseListDocument",
    "rehearse_document",
    "rehearse_list_document",
]

VOLUME_DECIMALS = 9  # [choice] so that the sums of documents still balance
NO_LEAK_SEEN = "no leak that asks for a stop could be seen"
NO_PICTURE = "no picture showed one"
NOTHING_JUDGED = "nothing of it could be judged"
TOLD_ONLY = "told, not judged"
NEVER = "it never happened"
WITH_STRENGTH = tuple(dict.fromkeys((*SOURCES, *STRENGTH_SOURCES)))


class ItemEntry(Part):
    """One item of a score."""

    what: str = Field(description="What was done or came of it.")
    t_s: Number = Field(description="Seconds after the session began; null if it never happened.")
    effect: Number = Field(description="Share earned, 0 to 1; null where it is told and not judged.")
    because: str = Field(description="Why it counts, with its source in square brackets.")


class ElementEntry(Part):
    """One of the five elements."""

    value: Number = Field(description="Mean share of its judged items, 0 to 1; null where none could be judged.")
    items: list[ItemEntry] = Field(description="Its items.")


class ScoreEntry(Part):
    """The five elements; there is no pass mark."""

    selection: ElementEntry = Field(description="Whether a contraindication was passed over, and the level looked at.")
    placement: ElementEntry = Field(description="Clearances, breaches, passes, distance to the plan.")
    timing: ElementEntry = Field(description="Share of the cement driven in as paste, and the stylet.")
    fluoroscopy: ElementEntry = Field(description="Views, how true they were, time and dose, stopping at a leak.")
    outcome: ElementEntry = Field(description="Cement in the body and leaked.")


class LeakEntry(Part):
    """Cement outside the bone, by site; its times are those of the session."""

    site: str = Field(description="Leak site.")
    volume_ml: float = Field(description="Millilitres at the end.")
    first_time_s: Number = Field(description="Seconds after the session began at the first drop.")
    first_visible_s: Number = Field(description="When the better of AP and lateral could first have shown it.")
    yeom: str | None = Field(description="Yeom type: B basivertebral, S segmental, C cortical.")


class RehearseDocument(Document):
    """What `rehearse --auto` and `rehearse --replay` answer."""

    level: str = Field(description="Name of the level.")
    case: str = Field(description="Name of the built-in case; own for a CT of the user's.")
    verdict: str = Field(description="What the screening said before the session.")
    score: ScoreEntry = Field(description="The five elements.")
    stop_delay_s: Number = Field(description="From the first leak seen, or to be seen, to the last push or the stop.")
    stylet_after_ml: float = Field(description="Driven in by the stylet after a leak could be seen.")
    first_visible_s: Number = Field(description="When a leak that asks for a stop could first be seen.")
    first_seen_s: Number = Field(description="When a picture first showed one.")
    injected_ml: float = Field(description="What left the needles' tips.")
    in_body_ml: float = Field(description="What stayed in the bone, its vein included.")
    failure_load_ratio: Number = Field(description="Failure load in compression after over before, on this grid.")
    leaks: list[LeakEntry] = Field(description="Leaks by site.")
    not_assessed: list[str] = Field(description="Sites the CT cannot show a breach towards; never read them as 0 ml.")
    state_sha256: str = Field(description="Hash of the state that the log leads to; a replay gives the same.")
    log: list[dict[str, Any]] = Field(description="Actions and events in order, as the log file holds them.")


class CaseEntry(Part):
    """One case to practise on."""

    name: str = Field(description="Name to give to `rehearse`.")
    level: str = Field(description="Its level.")
    sentence: str = Field(description="What it is.")
    verdict: str = Field(description="What the screening says of its patient.")
    because: str = Field(description="The screening's first line.")


class RehearseListDocument(Document):
    """What `rehearse --list` answers."""

    cases: list[CaseEntry] = Field(description="The built-in cases.")


def rehearse_document(
    state: RehearsalState,
    score: Score,
    gained: tuple[float | None, str],
    provenance: Provenance,
    *,
    warnings: Iterable[str] = (),
) -> RehearseDocument:
    """Fill the document from a session, its score, and its failure load after over before, None with the reason."""
    ratio, why_no_ratio = gained
    told, unknowns = score.told, Unknowns()
    for name, value, why in (
        ("stop_delay_s", told.stop_delay_s, NO_LEAK_SEEN),
        ("first_visible_s", told.first_visible_s, NO_LEAK_SEEN),
        ("first_seen_s", told.first_seen_s, NO_PICTURE),
        ("failure_load_ratio", ratio, why_no_ratio),
    ):
        if value is None:
            unknowns.note(name, why)
    mixed_s = state.mixed_s or 0.0
    leaks = [
        LeakEntry(
            site=leak.site.value,
            volume_ml=round(leak.volume_ml, VOLUME_DECIMALS),
            first_time_s=rounded(mixed_s + leak.first_time_s),
            first_visible_s=None if leak.first_visible_s is None else rounded(mixed_s + leak.first_visible_s),
            yeom=leak.yeom,
        )
        for leak in told.leaks
    ]
    for n, leak in enumerate(leaks):
        if leak.first_visible_s is None:
            unknowns.note(f"leaks[{n}].first_visible_s", "too little leaked to be seen")
        if leak.yeom is None:
            unknowns.note(f"leaks[{n}].yeom", "Yeom's types do not name this site")
    elements = {name: _element(name, found, unknowns) for name, found in score.elements.items()}
    # what the strength rests on is told only where it was worked out
    sources, left_out = (SOURCES, NOT_MODELLED) if ratio is None else (WITH_STRENGTH, (*NOT_MODELLED, *PRESSED_ALONE))
    head = provenance.head(
        "rehearse", sources=sources, warnings=warnings, not_modelled=left_out, unknown=unknowns.entries
    )
    return RehearseDocument(
        **head,
        level=state.case.level,
        case=state.case.name,
        verdict=state.case.verdict,
        score=ScoreEntry(**elements),
        stop_delay_s=rounded(told.stop_delay_s),
        stylet_after_ml=round(told.stylet_after_ml, VOLUME_DECIMALS),
        first_visible_s=rounded(told.first_visible_s),
        first_seen_s=rounded(told.first_seen_s),
        injected_ml=round(told.injected_ml, VOLUME_DECIMALS),
        in_body_ml=round(told.in_body_ml, VOLUME_DECIMALS),
        failure_load_ratio=rounded(ratio),
        leaks=leaks,
        not_assessed=list(told.not_assessed),
        state_sha256=state.state_sha256,
        log=[dict(entry) for entry in state.log],
    )


def _element(name: str, found: Element, unknowns: Unknowns) -> ElementEntry:
    """One element, its nulls explained."""
    if found.value is None:
        unknowns.note(f"score.{name}.value", NOTHING_JUDGED)
    for n, item in enumerate(found.items):
        if item.effect is None:
            unknowns.note(f"score.{name}.items[{n}].effect", TOLD_ONLY)
        if item.t_s is None:
            unknowns.note(f"score.{name}.items[{n}].t_s", NEVER)
    items = [
        ItemEntry(what=item.what, t_s=rounded(item.t_s), effect=rounded(item.effect), because=item.because)
        for item in found.items
    ]
    return ElementEntry(value=rounded(found.value), items=items)


def rehearse_list_document(cases: Iterable[CaseEntry], provenance: Provenance) -> RehearseListDocument:
    """The cases there are."""
    head = provenance.head("rehearse-list", sources=("S0",), warnings=(), not_modelled=NOT_MODELLED, unknown=())
    return RehearseListDocument(**head, cases=list(cases))
