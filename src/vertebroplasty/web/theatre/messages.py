"""What a theatre's page sends: how syringe and pedal were held since the message before, and what was done then."""

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from vertebroplasty.cement.actions import HIGHEST_KPA, HIGHEST_ML_PER_S, MOST_NEEDLES, Action, parse_actions
from vertebroplasty.errors import Refused
from vertebroplasty.rehearsal.pacing import LONGEST_ELAPSED_S, Plunger

__all__ = ["FACTORS", "LONGEST_MESSAGE", "Message", "read_message"]

LONGEST_MESSAGE = 8192  # [choice] characters: a dozen actions
MOST_ACTIONS = 8  # [choice] in one message
LAST_SEQ = 2**53 - 1  # [exact] the largest number a browser counts to
FACTORS = (1, 5, 20)  # [choice] how much faster waiting may pass
NOT_A_MESSAGE = "That message cannot be read: reload the page."

Count = Annotated[int, Field(ge=1, le=MOST_NEEDLES)]


class Held(BaseModel):
    """The syringe as it was held: at a rate or at a pressure."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
    rate_ml_per_s: Annotated[float | None, Field(gt=0.0, le=HIGHEST_ML_PER_S)] = None
    pressure_kpa: Annotated[float | None, Field(gt=0.0, le=HIGHEST_KPA)] = None
    needle: Count | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "Held":
        if (self.rate_ml_per_s is None) == (self.pressure_kpa is None):
            raise ValueError("a rate or a pressure")
        return self


class Message(BaseModel):
    """One message.  `elapsed_s` is wall time; waiting passes `factor` times as fast, with the hands off everything."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
    seq: Annotated[int, Field(ge=0, le=LAST_SEQ)]
    elapsed_s: Annotated[float, Field(ge=0.0, le=LONGEST_ELAPSED_S)] = 0.0
    factor: Literal[1, 5, 20] = 1
    push: Held | None = None
    pedal: bool = False
    planes: Annotated[int, Field(ge=1, le=2)] = 1
    actions: Annotated[list[dict[str, Any]], Field(max_length=MOST_ACTIONS)] = []

    @property
    def session_s(self) -> float:
        """Time of the session that passed."""
        held = self.push is not None or self.pedal
        return min(self.elapsed_s * (1 if held else self.factor), LONGEST_ELAPSED_S)

    @property
    def plunger(self) -> Plunger | None:
        """The syringe as the session knows it."""
        return None if self.push is None else Plunger(**self.push.model_dump())

    def done(self) -> tuple[Action, ...]:
        """What was done.

        Raises:
            Refused: it is no action, or an event, which only the server writes.
        """
        found = []
        for each in self.actions:
            if each.get("t_s") is not None:
                raise Refused("The server tells the time of an action.", where="actions")
            try:
                read = parse_actions([json.dumps(each)])
            except (ValueError, RecursionError):
                raise Refused(NOT_A_MESSAGE, where="actions") from None
            except Refused as refusal:
                raise Refused(refusal.message.removeprefix("Line 1: "), where="actions") from None
            if not read:
                raise Refused("An event is no action.", where="actions")
            found.append(read[0])
        return tuple(found)


def read_message(text: str) -> Message:
    """A message as it came.

    Raises:
        Refused: it is too long, no JSON, or holds what a message does not hold.
    """
    if len(text) > LONGEST_MESSAGE:
        raise Refused(f"A message holds {LONGEST_MESSAGE} characters at most.", where="message")
    try:
        return Message.model_validate_json(text)
    except (ValidationError, RecursionError, ValueError):
        raise Refused(NOT_A_MESSAGE, where="message") from None
