"""What an operator does, as a list of actions: mixed, waited, pushed, paused, stopped, read from JSON lines.

One language for the plain options of an injection, for a rehearsal's recording and for its replay.
"""

import json
import math
from collections.abc import Iterable
from dataclasses import MISSING, dataclass, fields
from typing import Any, ClassVar

from vertebroplasty.errors import Refused

__all__ = [
    "ACTIONS", "Action", "Balloon", "CArm", "Help", "Image", "Mix", "MoveNeedle", "Pause", "Phlebogram", "Push", "Stop",
    "Stylet", "Wait", "Withdraw", "parse_actions", "plain_actions",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Anything done; `t_s` (seconds after mixing began) may say when, else it follows the action before it."""

    name: ClassVar[str] = ""
    t_s: float | None = None

    def as_json(self) -> dict[str, Any]:
        """One line of an action file."""
        given = {f.name: getattr(self, f.name) for f in fields(self)}
        return {"action": self.name} | {key: value for key, value in given.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix(Action):
    """Mixing begins: the clock starts."""

    name = "mix"
    product: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait(Action):
    """Nothing is done for a while."""

    name = "wait"
    duration_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Push(Action):
    """Cement is pushed, at a rate or a pressure, for a volume or a time."""

    name = "push"
    rate_ml_per_s: float | None = None
    pressure_kpa: float | None = None
    volume_ml: float | None = None
    duration_s: float | None = None

    def __post_init__(self) -> None:
        if (self.rate_ml_per_s is None) == (self.pressure_kpa is None):
            raise Refused("A push needs either rate_ml_per_s or pressure_kpa.", where="push")
        if (self.volume_ml is None) == (self.duration_s is None):
            raise Refused("A push needs either volume_ml or duration_s.", where="push")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause(Action):
    """The push is interrupted; it goes on with the next one."""

    name = "pause"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop(Action):
    """The operator ends the injection."""

    name = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveNeedle(Action):
    """A needle is placed or moved."""

    name = "move-needle"
    needle: int
    entry_lps_mm: tuple[float, float, float]
    tip_lps_mm: tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stylet(Action):
    """The stylet goes back into the needle."""

    name = "stylet"
    needle: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw(Action):
    """The needle is taken out."""

    name = "withdraw"
    needle: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Balloon(Action):
    """A balloon is inflated through a needle, to a volume or a pressure."""

    name = "balloon"
    needle: int
    volume_ml: float | None = None
    pressure_kpa: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CArm(Action):
    """The C-arm is turned."""

    name = "c-arm"
    lao_deg: float
    cranial_deg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Image(Action):
    """Frames are taken."""

    name = "image"
    frames: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Phlebogram(Action):
    """Contrast agent is injected through a needle."""

    name = "phlebogram"
    needle: int
    volume_ml: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Help(Action):
    """The trainee asks for help."""

    name = "help"


KINDS = (Mix, Wait, Push, Pause, Stop, MoveNeedle, Stylet, Withdraw, Balloon, CArm, Image, Phlebogram, Help)
ACTIONS: dict[str, type[Action]] = {kind.name: kind for kind in KINDS}
POSITIVE = ("rate_ml_per_s", "pressure_kpa", "volume_ml", "frames", "needle")
NOT_NEGATIVE = ("t_s", "duration_s")
POINTS = ("entry_lps_mm", "tip_lps_mm")
TEXTS = ("product",)
WHOLE = ("needle", "frames")


def _checked(line: int, key: str, value: Any) -> Any:
    """One value of an action, refused if it is not what its key says."""
    where = f"line {line}"
    if key in TEXTS:
        if not isinstance(value, str):
            raise Refused(f"{key} must be text, not {value!r}.", where=where)
        return value
    if key in POINTS:
        if not (isinstance(value, list) and len(value) == 3 and all(_is_number(v) for v in value)):
            raise Refused(f"{key} must be three LPS millimetres, not {value!r}.", where=where)
        return tuple(float(v) for v in value)
    if not _is_number(value) or (key in WHOLE and value != int(value)):
        raise Refused(f"{key} must be a {'whole ' if key in WHOLE else ''}number, not {value!r}.", where=where)
    if (key in POSITIVE and value <= 0) or (key in NOT_NEGATIVE and value < 0):
        raise Refused(f"{key} must be {'above' if key in POSITIVE else 'at least'} zero, not {value!r}.", where=where)
    return int(value) if key in WHOLE else float(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _parsed(number: int, line: str) -> Action:
    try:
        entry = json.loads(line)
    except json.JSONDecodeError as error:
        raise Refused(
            f"This line is not JSON ({error.msg}): write one object a line.", where=f"line {number}"
        ) from None
    if not isinstance(entry, dict) or entry.get("action") not in ACTIONS:
        known = ", ".join(ACTIONS)
        raise Refused(f'Each line needs "action", one of {known}.', where=f"line {number}")
    kind = ACTIONS[entry.pop("action")]
    allowed = {f.name for f in fields(kind)}
    unknown = sorted(set(entry) - allowed)
    if unknown:
        raise Refused(f"{kind.name} knows no {unknown[0]}: use {', '.join(sorted(allowed))}.", where=f"line {number}")
    required = {f.name for f in fields(kind) if f.default is MISSING}
    if missing := sorted(required - set(entry)):
        raise Refused(f"{kind.name} needs {missing[0]}.", where=f"line {number}")
    return kind(**{key: _checked(number, key, value) for key, value in entry.items() if value is not None})


def parse_actions(lines: Iterable[str]) -> tuple[Action, ...]:
    """Read actions from JSON lines; empty lines and lines that record an event are passed over.

    Raises:
        Refused: a line is not JSON, names no known action, or has a wrong, missing or unknown key.
    """
    found = []
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text or '"event"' in text:
            continue
        found.append(_parsed(number, text))
    return tuple(found)


def plain_actions(*, product: str, volume_ml: float, rate_ml_per_s: float, start_s: float) -> tuple[Action, ...]:
    """The actions of an ordinary injection: mix, wait, push, stylet back, needle out."""
    for name, value in (("volume-ml", volume_ml), ("rate-ml-per-s", rate_ml_per_s)):
        if not (math.isfinite(value) and value > 0):
            raise Refused(f"--{name} must be above zero, not {value:g}.", where=f"--{name}")
    if not (math.isfinite(start_s) and start_s >= 0):
        raise Refused(f"--start-s must be at least zero, not {start_s:g}.", where="--start-s")
    return (
        Mix(product=product),
        Wait(duration_s=start_s),
        Push(rate_ml_per_s=rate_ml_per_s, volume_ml=volume_ml),
        Stylet(),
        Withdraw(),
    )
