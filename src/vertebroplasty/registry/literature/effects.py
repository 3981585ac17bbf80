"""The words a published effect is told in: what was measured, which way is better, in whom, against what."""

from dataclasses import dataclass
from enum import StrEnum

from vertebroplasty.errors import Refused
from vertebroplasty.selection.claims import Denominator

__all__ = ["CONFIDENCE_SPAN", "Arm", "Control", "Effect", "Measure", "Sign", "Study"]

CONFIDENCE_SPAN = "95 % confidence interval"
STANDARD_ERRORS_ACROSS = 3.92  # [exact] width of a 95 % interval in standard errors, twice 1.96


class Measure(StrEnum):
    """What kind of figure an effect is; only figures of one kind can be pooled."""

    MEAN_DIFFERENCE = "mean-difference"
    RISK_DIFFERENCE = "risk-difference"
    PROPORTION = "proportion"
    MEAN = "mean"
    MEAN_CHANGE = "mean-change"
    ODDS_RATIO = "odds-ratio"
    CORRELATION = "correlation"
    COUNT = "count"
    NUMBER_NEEDED_TO_TREAT = "number-needed-to-treat"
    P_VALUE = "p-value"


class Sign(StrEnum):
    """Which way an effect is read; a minus in one trial may be a plus in another."""

    POSITIVE_FAVOURS_AUGMENTATION = "positive-favours-augmentation"
    POSITIVE_IS_IMPROVEMENT = "positive-is-improvement"
    NEGATIVE_IS_IMPROVEMENT = "negative-is-improvement"
    HIGHER_IS_BETTER = "higher-is-better"
    HIGHER_IS_WORSE = "higher-is-worse"
    NO_DIRECTION = "no-direction"


class Control(StrEnum):
    """What the treated were compared with: a sham procedure and usual care answer different questions."""

    SHAM = "sham"
    ACTIVE_CONTROL = "active-control"
    USUAL_CARE = "usual-care"
    OTHER_AUGMENTATION = "other-augmentation"
    MIXED = "mixed"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One group of a study: what was counted in it and what was found, as printed.

    `randomised` is how many were assigned to the group, which may differ from the denominator of the figure.  `value`
    is the group's figure in the unit of its effect, `before` the same before treatment, `change` the change within the
    group, `plus_minus` what the source prints after ±.  None: the source gives none.
    """

    name: str
    denominator: Denominator
    randomised: int | None = None
    count: int | None = None
    value: float | None = None
    before: float | None = None
    change: float | None = None
    plus_minus: float | None = None
    low: float | None = None
    high: float | None = None
    span: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One result of one study as printed, with everything needed not to mistake it for another.

    `definition` is the id of the outcome definition it answers, None where no definition is filed.  `claim` is the
    claim of the selection room that its figure comes from.  `pooled` marks the figure of a review.  `conflicts_with`
    names effects that print the same result differently.
    """

    id: str
    study: str
    source: str
    control: Control
    measure: Measure
    outcome: str
    time: str
    unit: str
    sign: Sign
    verified: bool
    definition: str | None = None
    claim: str | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    span: str = ""
    p_value: float | None = None
    p_value_is: str = "equal to"
    pooled: bool = False
    arms: tuple[Arm, ...] = ()
    conflicts_with: tuple[str, ...] = ()
    note: str = ""

    @property
    def standard_error(self) -> float:
        """The standard error behind the printed 95 % interval: its width over 3.92, in the unit of the effect.

        Raises:
            Refused: no 95 % confidence interval is printed with this effect.
        """
        if self.low is None or self.high is None or self.span != CONFIDENCE_SPAN:
            raise Refused(
                f"The effect {self.id} is printed without a 95 % confidence interval: it can be quoted, not pooled.",
                where=self.id,
            )
        return (self.high - self.low) / STANDARD_ERRORS_ACROSS


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """One study: who was treated how, against what, and its effects in the order of the table.

    `n_of` says what `n` counts.  `registration` holds the keys under which trials were registered beforehand.
    `verified` is False where the study is quoted from memory.
    """

    key: str
    source: str
    design: str
    n: Denominator
    population: str
    intervention: str
    comparator: str
    control: Control
    timing: str
    verified: bool
    effects: tuple[Effect, ...]
    registration: tuple[str, ...] = ()
    note: str = ""
