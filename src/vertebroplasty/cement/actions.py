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
    "Stylet", "Wait", "Withdraw", "check_option", "parse_actions", "plain_actions",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Anything done; `t_s` (seconds after mixing began) may say when, else it follows the action before it."""

    name: ClassVar[str] = ""
    t_s: float | None = None

    def as_json(self) -> dict[str, Any]:
        """One line of an action file."""
        given = {f.name: getattr(self, f.name) for f in fields(self)}
        return {"action": self.name} | {key: value for key, value in given.items() if value != UNSAID.get(key)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix(Action):
    """Mixing begins: the clock starts.  Mixed again later it fills one needle's syringe, or all that are empty."""

    name = "mix"
    product: str
    needle: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait(Action):
    """Nothing is done for a while."""

    name = "wait"
    duration_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Push(Action):
    """Cement is pushed at a rate or a pressure, for a volume or a time; through what was used last unless named.

    With `needles` several are pushed at once: rate and volume are of all together, split by `shares` (alike if not
    given); a pressure is that of each syringe.
    """

    name = "push"
    needle: int | None = None
    needles: tuple[int, ...] | None = None
    shares: tuple[float, ...] | None = None
    rate_ml_per_s: float | None = None
    pressure_kpa: float | None = None
    volume_ml: float | None = None
    duration_s: float | None = None

    def __post_init__(self) -> None:
        if (self.rate_ml_per_s is None) == (self.pressure_kpa is None):
            raise Refused("A push needs either rate_ml_per_s or pressure_kpa.", where="push")
        if (self.volume_ml is None) == (self.duration_s is None):
            raise Refused("A push needs either volume_ml or duration_s.", where="push")
        self._check_needles()

    def _check_needles(self) -> None:
        if self.needles is not None:
            if self.needle is not None:
                raise Refused("A push names either needle or needles.", where="push")
            if len(set(self.needles)) < max(2, len(self.needles)):
                raise Refused("needles are two different needles or more; one alone is needle.", where="push")
        if self.shares is None:
            return
        if self.needles is None or self.rate_ml_per_s is None or len(self.shares) != len(self.needles):
            raise Refused("shares need needles, one share for each, and a rate_ml_per_s to split.", where="push")
        if abs(math.fsum(self.shares) - 1.0) > WHOLE_WITHIN:
            raise Refused(f"The shares add up to {math.fsum(self.shares):g}: they must add up to 1.", where="push")


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
    """The stylet goes back into the needle and drives cement out of it: all that it holds, or so much."""

    name = "stylet"
    needle: int = 1
    volume_ml: float | None = None


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

    def __post_init__(self) -> None:
        if (self.volume_ml is None) == (self.pressure_kpa is None):
            raise Refused("A balloon needs either volume_ml or pressure_kpa.", where="balloon")


@dataclass(frozen=True, slots=True, kw_only=True)
class CArm(Action):
    """The C-arm is turned; `plane` 2 is the second tube of a biplane unit."""

    name = "c-arm"
    lao_deg: float
    cranial_deg: float
    plane: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Image(Action):
    """Frames are taken, with both tubes of a biplane unit where `planes` is 2.

    Live frames are those of a pedal held while the syringe is pushed or the clock runs: they take no time of their own.
    """

    name = "image"
    frames: int
    live: bool = False
    planes: int = 1


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
LISTS = ("needles", "shares")
POSITIVE = ("rate_ml_per_s", "pressure_kpa", "volume_ml", "frames", "needle", "plane", "planes", *LISTS)
NOT_NEGATIVE = ("t_s", "duration_s")
POINTS = ("entry_lps_mm", "tip_lps_mm")
TEXTS = ("product",)
TRUTHS = ("live",)
WHOLE = ("needle", "needles", "frames", "plane", "planes")
UNSAID: dict[str, Any] = {"live": False, "plane": 1, "planes": 1}  # written only where they are something else
MOST_NEEDLES = 4  # [choice] two through each pedicle
WHOLE_WITHIN = 1e-6  # [choice] rounding of shares written by hand
MOST_PLANES = 2  # [exact] tubes of a biplane unit
MOST_ACTIONS = 2000  # [choice] an injection has some dozens
HIGHEST_ML = 50.0  # [choice] more than any vertebral body holds
HIGHEST_ML_PER_S = 5.0  # [choice] a hundred times the usual rate
LONGEST_S = 7200.0  # [choice] two hours: every cement has set
HIGHEST_KPA = 20_000.0  # [choice] far beyond what a syringe can be pushed with
HIGHEST = {
    "volume_ml": HIGHEST_ML,
    "rate_ml_per_s": HIGHEST_ML_PER_S,
    "t_s": LONGEST_S,
    "duration_s": LONGEST_S,
    "pressure_kpa": HIGHEST_KPA,
    "plane": MOST_PLANES,
    "planes": MOST_PLANES,
}
STYLET_SHARE = 0.5  # [choice] of a small volume, the most that the stylet rather than the syringe drives in
SHOWN_CHARACTERS = 40  # [choice] of a wrong value in a message
LONGEST_TEXT = 60  # [choice] characters of a cement's key


def _shown(value: Any) -> str:
    """A value of a file as it may stand in a message: short, and nothing that would steer a terminal."""
    try:
        text = json.dumps(value)
    except (ValueError, RecursionError):
        return "a number too long to write"
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[: SHOWN_CHARACTERS - 1]}…"


def _checked(key: str, value: Any) -> Any:
    """One value of an action, refused if it is not what its key says."""
    if key in TEXTS:
        if not (isinstance(value, str) and value.isprintable() and len(value) <= LONGEST_TEXT):
            raise Refused(f"{key} must be text of at most {LONGEST_TEXT} characters, not {_shown(value)}.")
        return value
    if key in TRUTHS:
        if not isinstance(value, bool):
            raise Refused(f"{key} must be true or false, not {_shown(value)}.")
        return value
    if key in POINTS:
        if not (isinstance(value, list) and len(value) == 3 and all(_is_number(v) for v in value)):
            raise Refused(f"{key} must be three LPS millimetres, not {_shown(value)}.")
        return tuple(float(v) for v in value)
    if key in LISTS:
        if not (isinstance(value, list) and 0 < len(value) <= MOST_NEEDLES):
            raise Refused(f"{key} must be a list of at most {MOST_NEEDLES} numbers, not {_shown(value)}.")
        return tuple(_checked_number(key, each) for each in value)
    return _checked_number(key, value)


def _checked_number(key: str, value: Any) -> int | float:
    """One number of an action, refused if it is not what its key says."""
    if not _is_number(value) or (key in WHOLE and value != int(value)):
        raise Refused(f"{key} must be a {'whole ' if key in WHOLE else ''}number, not {_shown(value)}.")
    if (key in POSITIVE and value <= 0) or (key in NOT_NEGATIVE and value < 0):
        raise Refused(f"{key} must be {'above' if key in POSITIVE else 'at least'} zero, not {_shown(value)}.")
    if value > HIGHEST.get(key, math.inf):
        raise Refused(f"{key} must be at most {HIGHEST[key]:g}, not {_shown(value)}.")
    return int(value) if key in WHOLE else float(value)


def _is_number(value: Any) -> bool:
    """Whether it is a finite number that a float can hold."""
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:
        return False


def _parsed(line: str) -> Action:
    """The action of one line."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        raise Refused("not JSON that can be read: write one object a line.") from None
    name = entry.get("action") if isinstance(entry, dict) else None
    if not isinstance(name, str) or name not in ACTIONS:
        raise Refused(f'each line needs "action", one of {", ".join(ACTIONS)}.')
    kind = ACTIONS[name]
    given = {key: value for key, value in entry.items() if key != "action"}
    allowed = {f.name for f in fields(kind)}
    if unknown := sorted(set(given) - allowed):
        raise Refused(f"{name} knows no {_shown(unknown[0])}: use {', '.join(sorted(allowed))}.")
    stated = {key: value for key, value in given.items() if value is not None}
    required = {f.name for f in fields(kind) if f.default is MISSING}
    if missing := sorted(required - set(stated)):
        raise Refused(f"{name} needs {missing[0]}.")
    return kind(**{key: _checked(key, value) for key, value in stated.items()})


def parse_actions(lines: Iterable[str | bytes], *, most: int = MOST_ACTIONS) -> tuple[Action, ...]:
    """Read actions from JSON lines; empty lines and lines that record an event are passed over.

    Raises:
        Refused: a line is not JSON in UTF-8, names no known action, or has a wrong, missing or unknown key; or there
            are more than `most` actions.
    """
    found: list[Action] = []
    for number, line in enumerate(lines, start=1):
        try:
            text = (line.decode() if isinstance(line, bytes) else line).strip()
            if not text or '"event"' in text:
                continue
            if len(found) == most:
                raise Refused(f"more than {most} actions: give the log of one injection.")
            found.append(_parsed(text))
        except UnicodeDecodeError:
            raise Refused(f"Line {number}: not UTF-8: write JSON lines in UTF-8.", where=f"line {number}") from None
        except Refused as refusal:
            raise Refused(f"Line {number}: {refusal.message}", where=f"line {number}") from None
    return tuple(found)


def check_option(name: str, value: float, unit: str, highest: float, *, zero_too: bool = False) -> None:
    """Refuse an option of the command line that is no number, not above zero (or below it), or too high."""
    above = value >= 0 if zero_too else value > 0
    if not (above and value <= highest):
        least = "at least" if zero_too else "above"
        raise Refused(
            f"--{name} must be {least} zero and at most {highest:g} {unit}, not {value:g}.", where=f"--{name}"
        )


def plain_actions(
    *, product: str, volume_ml: float, rate_ml_per_s: float, start_s: float, cannula_ml: float = 0.0
) -> tuple[Action, ...]:
    """The actions of an ordinary injection: mix, wait, push, stylet back, needle out.

    The stylet drives in the last part of the volume, as much as the cannula holds (`cannula_ml`), at most half of it.
    """
    check_option("volume-ml", volume_ml, "ml", HIGHEST_ML)
    check_option("rate-ml-per-s", rate_ml_per_s, "ml/s", HIGHEST_ML_PER_S)
    check_option("start-s", start_s, "s", LONGEST_S, zero_too=True)
    by_stylet = min(cannula_ml, STYLET_SHARE * volume_ml)
    return (
        Mix(product=product),
        Wait(duration_s=start_s),
        Push(rate_ml_per_s=rate_ml_per_s, volume_ml=volume_ml - by_stylet),
        Stylet(volume_ml=by_stylet or None),
        Withdraw(),
    )
