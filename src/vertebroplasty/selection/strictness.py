"""The seven verdicts in their order of strictness, and what a rule can do to them."""

from collections.abc import Iterable
from enum import StrEnum

__all__ = ["Effect", "Verdict", "stricter", "strictest"]


class Verdict(StrEnum):
    """What the rules say on one level; declared from the strictest to the mildest."""

    EMERGENCY = "emergency"
    ABSOLUTE_CONTRAINDICATION = "absolute-contraindication"
    DEFER = "defer"
    RELATIVE_CONTRAINDICATION = "relative-contraindication"
    INSUFFICIENT_DATA = "insufficient-data"
    NOT_INDICATED = "not-indicated"
    INDICATED = "indicated"

    @property
    def rank(self) -> int:
        """0 is the strictest."""
        return RANKS[self]

    @property
    def words(self) -> str:
        """The verdict as a reader says it, lower case: "relative contraindication"."""
        return self.value.replace("-", " ")

    @property
    def short(self) -> str:
        """One word, as in "may become absolute"."""
        return SHORT_WORDS.get(self, self.words)


RANKS = {verdict: rank for rank, verdict in enumerate(Verdict)}
SHORT_WORDS = {
    Verdict.ABSOLUTE_CONTRAINDICATION: "absolute",
    Verdict.DEFER: "deferred",
    Verdict.RELATIVE_CONTRAINDICATION: "relative",
}


class Effect(StrEnum):
    """What a rule does where it answers yes: bring a verdict, or add a caution that changes none."""

    EMERGENCY = "emergency"
    ABSOLUTE_CONTRAINDICATION = "absolute-contraindication"
    DEFER = "defer"
    RELATIVE_CONTRAINDICATION = "relative-contraindication"
    INSUFFICIENT_DATA = "insufficient-data"
    NOT_INDICATED = "not-indicated"
    INDICATED = "indicated"
    CAUTION = "caution"

    @property
    def verdict(self) -> Verdict | None:
        """The verdict it brings; None for a caution."""
        return None if self is Effect.CAUTION else Verdict(self.value)


def stricter(left: Verdict, right: Verdict) -> bool:
    """Whether `left` is strictly stricter than `right`."""
    return left.rank < right.rank


def strictest(verdicts: Iterable[Verdict]) -> Verdict:
    """The strictest of at least one verdict."""
    return min(verdicts, key=lambda verdict: verdict.rank)
