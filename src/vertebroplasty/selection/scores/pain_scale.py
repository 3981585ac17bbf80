"""Pain as it was asked: numerical rating scale 0–10 or visual analogue scale 0–100 mm, never one made into the other.

A change is told within one scale.  How large a change matters is answered differently by every source: all answers are
listed and none is chosen.
"""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cache
from importlib.resources import files

from vertebroplasty.errors import Refused
from vertebroplasty.selection.scores.as_written import as_written, number_within
from vertebroplasty.selection.scores.score import Origin, Score, ScoreItem

__all__ = ["Pain", "PainScale", "ResponseClaim", "pain_change", "pain_responses"]

NRS_HIGHEST = 10.0  # [exact] the numerical rating scale runs from 0 to 10
VAS_HIGHEST_MM = 100.0  # [exact] the visual analogue scale is a line of 100 mm
PERCENT = 100  # [exact] per hundred


class PainScale(StrEnum):
    """The scale a patient answered on."""

    NRS = "nrs"
    VAS_MM = "vas-mm"


HIGHEST = {PainScale.NRS: NRS_HIGHEST, PainScale.VAS_MM: VAS_HIGHEST_MM}
UNIT = {PainScale.NRS: "points", PainScale.VAS_MM: "mm"}
WORDS = {
    PainScale.NRS: "numerical rating scale 0–10",
    PainScale.VAS_MM: "visual analogue scale 0–100 mm",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pain:
    """One answer on one scale; both ends belong to it, and means over several days may lie between whole numbers.

    Raises:
        Refused: the value is not a number of its scale.
    """

    scale: PainScale
    value: float

    def __post_init__(self) -> None:
        number_within(
            self.value, 0, HIGHEST[self.scale], what=f"The {WORDS[self.scale]}", unit=UNIT[self.scale], where="pain"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseClaim:
    """What one source calls an important change: a fall in points, a percentage, or a value below a threshold.

    `scale` is "other" where the source asked on a scale that is neither of the two: such a claim is never applied.
    `before_at_least` is the least pain its patients began with.
    """

    id: str
    statement: str
    scale: str
    kind: str
    threshold: float
    source: str
    verified: bool
    before_at_least: float = 0.0

    def met(self, before: Pain, after: Pain) -> bool | None:
        """Whether the change reaches the threshold, the threshold itself included except for `below`; None: not told.

        Not told on another scale, below the pain its patients began with, and for a percentage of no pain at all.
        """
        if not self.scale == before.scale == after.scale or before.value < self.before_at_least:
            return None
        fall, start = _fall(before, after), as_written(before.value)
        if self.kind == "below":
            return after.value < self.threshold
        if self.kind == "fall":
            return fall >= as_written(self.threshold)
        return None if start == 0 else PERCENT * fall / start >= as_written(self.threshold)


@cache
def pain_responses() -> tuple[ResponseClaim, ...]:
    """Every definition of an important change of pain, each with its source."""
    text = files("vertebroplasty.selection.scores").joinpath("pain_response.toml").read_text(encoding="utf-8")
    return tuple(ResponseClaim(**claim) for claim in tomllib.loads(text)["claim"])


def pain_change(before: Pain | None, after: Pain | None) -> Score:
    """The fall of pain from before to after on one scale, positive where it is better; None: unknown.

    Source: the scales themselves; thresholds are claims of their sources, in which reaching the threshold counts.
    Range: −10 to 10 points or −100 to 100 mm.  No class is formed, because the sources do not agree on one.

    Raises:
        Refused: the two answers were given on different scales.
    """
    if before is None or after is None:
        missing = " and ".join(name for name, pain in (("before", before), ("after", after)) if pain is None)
        return _score((_asked("pain before", before), _asked("pain after", after)), f"Pain {missing} is not known.")
    if before.scale is not after.scale:
        raise Refused(
            f"Pain before is on the {WORDS[before.scale]}, after on the {WORDS[after.scale]}: "
            "neither is turned into the other, so ask on one scale.",
            where="pain",
        )
    fall, unit = float(_fall(before, after)), UNIT[before.scale]
    share = None if before.value == 0 else float(PERCENT * _fall(before, after) / as_written(before.value))
    items = (
        _asked("pain before", before),
        _asked("pain after", after),
        ScoreItem(name="fall in % of before", value=share, points=None, origin=_origin(share)),
        *(_answer(claim, before, after) for claim in pain_responses() if claim.scale == before.scale),
    )
    way = "fell" if fall > 0 else "rose"
    told = f"Pain {way} by {abs(fall):g} {unit}" if fall else "Pain did not change"
    whole = "" if share is None or fall == 0 else f", {abs(round(share, 1)):g} % of what it was"
    return _score(items, f"{told} on the {WORDS[before.scale]}{whole}.", total=fall)


def _fall(before: Pain, after: Pain) -> Fraction:
    """How far pain fell, as the decimals are written."""
    return as_written(before.value) - as_written(after.value)


def _origin(value: object) -> Origin:
    """Entered where there is a value."""
    return Origin.UNKNOWN if value is None else Origin.ENTERED


def _asked(name: str, pain: Pain | None) -> ScoreItem:
    """One answer with its scale's unit."""
    told = None if pain is None else f"{pain.value:g} {UNIT[pain.scale]}"
    return ScoreItem(name=name, value=told, points=None, origin=_origin(pain))


def _answer(claim: ResponseClaim, before: Pain, after: Pain) -> ScoreItem:
    """What one source would say of the change."""
    met = claim.met(before, after)
    told = None if met is None else ("met" if met else "not met")
    return ScoreItem(name=f"{claim.source}: {claim.statement}", value=told, points=None, origin=_origin(told))


def _score(items: tuple[ScoreItem, ...], sentence: str, *, total: float | None = None) -> Score:
    """The change with every definition that could not be applied among the notes."""
    elsewhere = tuple(
        f"{claim.source}: {claim.statement}; asked on another scale or of groups, so not applied."
        for claim in pain_responses()
        if claim.scale not in set(PainScale)
    )
    return Score(
        name="Change of pain",
        version="native scales 1",
        items=items,
        total=total,
        lowest=total,
        highest=total,
        sentence=sentence,
        notes=(
            "Sources define an important change differently: all are listed, none is chosen.",
            "The two scales are not turned into each other.",
            *elsewhere,
        ),
        sources=tuple(dict.fromkeys(claim.source for claim in pain_responses())),
        verified=all(claim.verified for claim in pain_responses()),
    )
