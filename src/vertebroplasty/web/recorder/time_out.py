"""The time-out before the skin is touched: every question is answered aloud, the level twice."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from vertebroplasty.errors import Refused
from vertebroplasty.registry.fields import LEVEL, PSEUDONYM, TEXT

__all__ = ["Side", "TimeOut", "TimeOutForm", "confirmed"]

MOST_LEVELS = 12  # [choice] in one session

Pseudonym = Annotated[str, StringConstraints(pattern=PSEUDONYM["pattern"])]
LevelName = Annotated[str, StringConstraints(pattern=LEVEL["pattern"])]
Text = Annotated[str, StringConstraints(**TEXT)]
Side = Literal["left", "right", "both"]
Levels = Annotated[tuple[LevelName, ...], Field(min_length=1, max_length=MOST_LEVELS)]

TWICE = "The levels were {first} the first time and {again} the second: look at the X-ray again and confirm one."
NO_LEVEL = "A side is given for {level}, which was not read: the levels are {levels}."
SAME_LEVEL = "A level is named twice in one answer: name each once."
WHICH = "Name what the patient {what}: write it beside the answer."
WHY = "{what} was answered with no: write down why it goes on all the same."


class TimeOut(BaseModel):
    """What was confirmed; texts are the team's own words, never a name.

    `levels` were read off the X-ray twice by two people or at two moments; `side` is where the needle goes in, `sides`
    where it is another one at a level.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    patient: Pseudonym
    procedure_id: Pseudonym
    levels: Levels
    side: Side
    sides: dict[LevelName, Side] = {}
    allergies: Literal["none", "known"]
    allergies_named: Text | None = None
    agents: Literal["none", "stopped", "continued"]
    agents_named: Text | None = None
    consent: bool
    consent_version: Text | None = None
    surgical_backup: bool
    reason: Text | None = None
    product: Text | None = None
    operator: Pseudonym | None = None

    def side_of(self, level: str) -> Side:
        """Where the needle goes in at a level."""
        return self.sides.get(level, self.side)

    @property
    def one_side(self) -> bool:
        """Whether it is the same at all levels."""
        return len({self.side_of(level) for level in self.levels}) == 1


class TimeOutForm(TimeOut):
    """The same as it is filled in: the levels a second time."""

    levels_again: Levels


def confirmed(form: TimeOutForm) -> TimeOut:
    """The time-out, once both readings of the level agree and every odd answer has its words.

    Raises:
        Refused: they do not, or a reason is missing.
    """
    if len(set(form.levels)) != len(form.levels):
        raise Refused(SAME_LEVEL, where="levels")
    if set(form.levels) != set(form.levels_again):
        first, again = (", ".join(each) for each in (form.levels, form.levels_again))
        raise Refused(TWICE.format(first=first, again=again), where="levels_again")
    for level in form.sides:
        if level not in form.levels:
            raise Refused(NO_LEVEL.format(level=level, levels=", ".join(form.levels)), where="sides")
    if form.allergies == "known" and not form.allergies_named:
        raise Refused(WHICH.format(what="is allergic to"), where="allergies_named")
    if form.agents != "none" and not form.agents_named:
        raise Refused(WHICH.format(what="takes or took"), where="agents_named")
    asked = (("Consent", form.consent), ("Surgical back-up", form.surgical_backup))
    missing = [word for word, given in asked if not given]
    if missing and not form.reason:
        raise Refused(WHY.format(what=" and ".join(missing)), where="reason")
    return TimeOut(**form.model_dump(exclude={"levels_again"}))
