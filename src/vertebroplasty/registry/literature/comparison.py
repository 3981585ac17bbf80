"""One's own series beside the founding series and the literature, definition by definition, never across them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from vertebroplasty.errors import Refused
from vertebroplasty.registry.literature.definitions import Definition, definition, family
from vertebroplasty.registry.literature.naming import called
from vertebroplasty.registry.literature.results import Result, cautions, differences, published_result
from vertebroplasty.registry.statistics.proportions import Denominator, Proportion, proportion, wilson_interval
from vertebroplasty.selection.claims import Claim, DenominatorType

__all__ = ["Beside", "Difference", "Row", "compare", "newcombe_interval"]

PERCENT = 100.0  # [exact] per cent
QUOTED_ONLY = "No counts are printed, only a percentage or a range: it is quoted, not compared."
COUNTED_AS = {
    DenominatorType.PATIENT: Denominator.PATIENT,
    DenominatorType.PROCEDURE: Denominator.PROCEDURE,
    DenominatorType.LEVEL: Denominator.LEVEL,
    DenominatorType.EVALUATED_PROCEDURE: Denominator.EVALUATED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Own percentage less theirs, in percentage points, with Newcombe's 95 % interval."""

    points: float
    ci_low_points: float
    ci_high_points: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """One published result beside one's own: compared where everything but the patients is the same, else quoted.

    `figure` is the figure as printed.  `proportion` carries its interval where counts and denominator are printed.
    `why_not` is empty where `comparable`; `cautions` is empty where it is not.
    """

    source: str
    definition: Definition
    figure: str
    claim: Claim
    proportion: Proportion | None
    comparable: bool
    why_not: str
    difference: Difference | None
    cautions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One result of one's own with every published result of the same family, those that can be compared first."""

    definition: Definition
    result: Result
    own: Proportion
    theirs: tuple[Beside, ...]

    @property
    def comparable(self) -> bool:
        """Whether at least one published result can be compared."""
        return any(each.comparable for each in self.theirs)

    @property
    def why_not(self) -> str:
        """Why nothing published can be compared; empty where something can."""
        if self.comparable:
            return ""
        same = [each for each in self.theirs if each.definition.id == self.definition.id]
        if not same:
            return f"No published result is filed under the definition “{self.definition.sentence}”."
        return " ".join(f"{called(each.source)}: {each.why_not}" for each in same)


def newcombe_interval(k: int, n: int, other_k: int, other_n: int) -> tuple[float, float]:
    """The 95 % interval of the difference of two independent proportions, first less second, as shares of one.

    Newcombe's method 10 (1998): the distances of the two Wilson limits from their proportions, combined as squares.

    Raises:
        Refused: counts that are no proportion.
    """
    if not (0 <= k <= n and 0 <= other_k <= other_n and n > 0 and other_n > 0):
        raise Refused(f"{k} of {n} and {other_k} of {other_n} are not two proportions: check the counts.")
    share, other = k / n, other_k / other_n
    (low, high), (other_low, other_high) = wilson_interval(k, n), wilson_interval(other_k, other_n)
    below = sqrt((share - low) ** 2 + (other_high - other) ** 2)
    above = sqrt((high - share) ** 2 + (other - other_low) ** 2)
    return share - other - below, share - other + above


def compare(own: Sequence[Result]) -> tuple[Row, ...]:
    """Each result of one's own series with all that is published on the same question.

    A difference is given only where definition, denominator, modality and stated time are the same; everything else
    stands beside it as printed, with the reason.
    """
    return tuple(_row(result) for result in own)


def _row(result: Result) -> Row:
    under = definition(result.definition)
    theirs = [_beside(result, other, stated) for other in family(under.family) for stated in other.claims]
    theirs.sort(key=lambda each: (not each.comparable, each.definition.id != under.id))
    return Row(definition=under, result=result, own=_proportion(result), theirs=tuple(theirs))


def _proportion(result: Result) -> Proportion:
    if result.denominator not in COUNTED_AS:
        raise Refused(
            f"{result.label}: what is counted is not stated, so {result.k} of {result.n} is no result of a series.",
            where=result.definition,
        )
    return proportion(result.definition, result.k, result.n, COUNTED_AS[result.denominator])


def _beside(own: Result, under: Definition, stated: Claim) -> Beside:
    theirs = published_result(under, stated)
    found = (QUOTED_ONLY,) if theirs is None else differences(own, theirs)
    if theirs is None and own.definition != under.id:
        words = f"“{definition(own.definition).sentence}” against “{under.sentence}”"
        found = (f"The outcomes are defined differently: {words}.",)
    comparable = theirs is not None and not found
    return Beside(
        source=stated.source,
        definition=under,
        figure=stated.figure,
        claim=stated,
        proportion=None if theirs is None or theirs.denominator not in COUNTED_AS else _proportion(theirs),
        comparable=comparable,
        why_not=" ".join(found),
        difference=_difference(own, theirs) if theirs is not None and comparable else None,
        cautions=cautions(own, theirs) if theirs is not None and comparable else (),
    )


def _difference(own: Result, theirs: Result) -> Difference:
    low, high = newcombe_interval(own.k, own.n, theirs.k, theirs.n)
    return Difference(
        points=PERCENT * (own.k / own.n - theirs.k / theirs.n),
        ci_low_points=PERCENT * low,
        ci_high_points=PERCENT * high,
    )
