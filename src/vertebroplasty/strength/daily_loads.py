"""What standing, bending and lifting ask of a lumbar vertebra, beside the load at which the model fails."""

from dataclasses import dataclass

from vertebroplasty.errors import Refused

__all__ = ["DAILY_LOADS", "DailyLoad", "LoadToStrength", "load_to_strength"]

STANDING_N = (500.0, 700.0)  # [daily-spine-loads] upright standing: about 0.5 MPa in the disc
BENDING_N = (1000.0, 1650.0)  # [Rohlmann2008] bending forward: telemetric peaks; the lower end is a choice
LIFTING_N = (2000.0, 2700.0)  # [daily-spine-loads] lifting 20 kg with the back bent


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyLoad:
    """Compressive force on a lumbar vertebra in one activity, as a range over adults; body weight is not known."""

    activity: str
    low_n: float
    high_n: float
    source: str


DAILY_LOADS = (
    DailyLoad(activity="standing", low_n=STANDING_N[0], high_n=STANDING_N[1], source="daily-spine-loads"),
    DailyLoad(activity="bending", low_n=BENDING_N[0], high_n=BENDING_N[1], source="Rohlmann2008"),
    DailyLoad(activity="lifting 20 kg, back bent", low_n=LIFTING_N[0], high_n=LIFTING_N[1], source="daily-spine-loads"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadToStrength:
    """One activity's load over the failure load: 1 is failure; None where the newtons are unknown, with the reason.

    `low` is the lightest load on the strongest end of the interval, `high` the heaviest on the weakest.
    """

    load: DailyLoad
    low: float | None
    high: float | None
    sentence: str


def load_to_strength(
    failure_load_n: float | None,
    interval: tuple[float, float] | None = None,
    *,
    strained_bone_n: float | None = None,
    why_unknown: str = "",
) -> tuple[LoadToStrength, ...]:
    """The load-to-strength ratio in daily life, one entry an activity.

    A single press to failure is compared with single loads: fatigue by repeated loads comes earlier.

    Args:
        failure_load_n: of the vertebra; None where it is unknown.
        interval: of the failure load.
        strained_bone_n: the lowest failure load by the rule of strained bone within its interval, where known; the
            sentence says where an activity reaches it although it stays below the other.
        why_unknown: the reason of a failure load that is None.

    Raises:
        Refused: a failure load that is not positive, or an unknown one without a reason.
    """
    if failure_load_n is None:
        if not why_unknown:
            raise Refused("An unknown failure load needs its reason.")
        return tuple(LoadToStrength(load=load, low=None, high=None, sentence=why_unknown) for load in DAILY_LOADS)
    weakest, strongest = interval or (failure_load_n, failure_load_n)
    if not 0 < weakest <= strongest:
        raise Refused(f"A failure load of {weakest} to {strongest} N is impossible: give positive newtons.")
    return tuple(_compared(load, weakest, strongest, strained_bone_n) for load in DAILY_LOADS)


def _compared(load: DailyLoad, weakest_n: float, strongest_n: float, strained_bone_n: float | None) -> LoadToStrength:
    low, high = load.low_n / strongest_n, load.high_n / weakest_n
    if high < 1:
        said = "below the failure load throughout"
        if strained_bone_n is not None and load.high_n >= strained_bone_n:
            said = "below the failure load by shortening, but may reach that by strained bone"
    elif low >= 1:
        said = "at or above the failure load throughout"
    else:
        said = "may reach the failure load: undecided within its uncertainty"
    return LoadToStrength(load=load, low=low, high=high, sentence=f"{load.activity}: {said}")
