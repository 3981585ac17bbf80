"""A counted result of a series, and whether two such results may be set against each other at all."""

from collections.abc import Sequence
from dataclasses import dataclass

from vertebroplasty.errors import Refused
from vertebroplasty.registry.literature.definitions import ANY_TIME, Definition, definition
from vertebroplasty.registry.literature.naming import called
from vertebroplasty.selection.claims import Ascertainment, Claim, DenominatorType

__all__ = ["NOT_STATED", "Result", "cautions", "differences", "published_result", "require_same_definition"]

NOT_STATED = "not stated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How many had an outcome, out of how many of what, under which definition, seen with what, when and in whom.

    `label` names the series, never a person.  `horizon` and `population` are words; `not stated` where unknown.

    Raises:
        Refused: impossible counts, or a denominator or modality under which the outcome is not counted.
    """

    label: str
    definition: str
    k: int
    n: int
    denominator: DenominatorType
    modality: Ascertainment
    horizon: str = NOT_STATED
    population: str = NOT_STATED

    def __post_init__(self) -> None:
        if not 0 <= self.k <= self.n or self.n < 1:
            raise Refused(f"{self.k} of {self.n} is no count for {self.definition}: check both.", where=self.definition)
        under = definition(self.definition)
        unknown = (DenominatorType.NOT_STATED, Ascertainment.NOT_STATED)
        if self.denominator not in (*under.denominators, unknown[0]):
            raise Refused(
                f"{self.label}: “{under.sentence}” is counted per {_or(under.denominators)}, "
                f"not per {self.denominator}.",
                where=self.definition,
            )
        if self.modality not in (*under.modalities, unknown[1]):
            raise Refused(
                f"{self.label}: “{under.sentence}” is looked for by {_or(under.modalities)}, not by {self.modality}.",
                where=self.definition,
            )


def _or(words: Sequence[str]) -> str:
    """For example `patient, procedure or level`."""
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def published_result(under: Definition, stated: Claim) -> Result | None:
    """The counted result behind a published claim; None where no counts are printed, only a percentage or a range."""
    if stated.count is None or stated.denominator.n is None:
        return None
    return Result(
        label=called(stated.source),
        definition=under.id,
        k=stated.count,
        n=stated.denominator.n,
        denominator=stated.denominator.type,
        modality=stated.ascertainment,
        horizon=stated.horizon if under.horizon == ANY_TIME else under.horizon,
        population=stated.population,
    )


def differences(one: Result, other: Result) -> tuple[str, ...]:
    """Why two results cannot be compared, a sentence for each difference; empty where they can.

    Definition, denominator and modality must be the same, and two stated times too.  What one of them does not state
    about denominator or modality is not taken to be the same.
    """
    found = []
    if one.definition != other.definition:
        words = (definition(one.definition).sentence, definition(other.definition).sentence)
        found.append(f"The outcomes are defined differently: “{words[0]}” against “{words[1]}”.")
    found += _unlike("What is counted", "The denominators differ", one, other, "denominator")
    found += _unlike("How it was looked for", "It was looked for differently", one, other, "modality")
    if NOT_STATED not in (one.horizon, other.horizon) and one.horizon != other.horizon and _fixed(one, other):
        found.append(f"The times differ: {one.horizon} against {other.horizon}.")
    return tuple(found)


def _unlike(unstated: str, differ: str, one: Result, other: Result, field: str) -> list[str]:
    words = [str(getattr(each, field)) for each in (one, other)]
    silent = [each.label for each, word in zip((one, other), words, strict=True) if word == DenominatorType.NOT_STATED]
    if silent:
        return [f"{unstated} is not stated in {' and '.join(silent)}."]
    return [] if words[0] == words[1] else [f"{differ}: {words[0]} against {words[1]}."]


def _fixed(one: Result, other: Result) -> bool:
    """Whether both times are stated as times that can be told apart; vague words are a caution, not a difference."""
    return all(each.horizon[:1].isdigit() for each in (one, other))


def cautions(one: Result, other: Result) -> tuple[str, ...]:
    """What to bear in mind where two results can be compared: patients who differ, and times that are not stated."""
    found = []
    if one.population != other.population:
        found.append(f"The patients differ: {one.population} against {other.population}.")
    if one.horizon != other.horizon:
        found.append(f"When it was asked may differ: {one.horizon} against {other.horizon}.")
    return tuple(found)


def require_same_definition(results: Sequence[Result]) -> None:
    """Refuse results that do not share definition, denominator, modality and time.

    Raises:
        Refused: the first pair that differs, with every difference.
    """
    for other in results[1:]:
        found = differences(results[0], other)
        if found:
            raise Refused(
                f"{results[0].label} and {other.label} are not compared. {' '.join(found)}", where=other.label
            )
