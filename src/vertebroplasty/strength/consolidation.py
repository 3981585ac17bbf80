"""How the treated vertebra gains strength while its cement sets, and when the patient may stand on it.

How far the cement has set at a time is handed in: it follows from its kinetics, which belong to the cement.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from vertebroplasty.errors import Refused
from vertebroplasty.strength.cases import COMPRESSION, LoadSetting
from vertebroplasty.strength.material import cement_modulus_mpa
from vertebroplasty.strength.specimen import Specimen

__all__ = ["REST_HOURS", "REST_SENTENCE", "ConsolidationStep", "Setting", "consolidation"]

REST_HOURS = 12.0  # [S1] consolidation is complete then, and the patient may stand and load the spine
REST_SENTENCE = (
    "The patient information sheet lets the patient stand and load the spine after 12 hours, when it calls "
    "consolidation complete; the model's cement is set long before and does not shorten that time."
)
SECONDS_PER_HOUR = 3600.0  # [exact] seconds
SAME_CONVERSION = 1e-4  # [choice] two conversions closer than this share one answer of the solver


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How far the cement in the bone has set at a time after mixing: 0 liquid, 1 set."""

    time_s: float
    conversion: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsolidationStep:
    """The treated vertebra at one time; `gain` is 0 with liquid and 1 with set cement, None where cement adds nothing.

    `rest_over` says whether the twelve hours of rest have passed.
    """

    time_s: float
    conversion: float
    cement_mpa: float
    stiffness_n_per_mm: float
    failure_load_n: float
    gain: float | None
    rest_over: bool


def consolidation(
    specimen_with_cement: Callable[[float], Specimen], curve: Sequence[Setting], *, load_case: LoadSetting = COMPRESSION
) -> tuple[ConsolidationStep, ...]:
    """Stiffness and failure load at each time of a setting curve, by the linear rule of shortening.

    Liquid cement bears nothing.  Newtons are those of the specimen's calibration; where that is unknown, only `gain`
    may be stated.

    Args:
        specimen_with_cement: makes the specimen for a modulus of the cement in MPa.
        curve: conversions at rising times.
        load_case: how it is loaded.

    Raises:
        Refused: an empty curve, times that do not rise, or conversions outside 0..1 or falling.
        NotConverged: the solver did not reach its tolerance.
    """
    times, conversions = [point.time_s for point in curve], [point.conversion for point in curve]
    if not curve or times[0] < 0 or (np.diff(times) <= 0).any() or (np.diff(conversions) < 0).any():
        raise Refused("A setting curve needs rising times after mixing, and a conversion that never falls.")
    known: dict[int, tuple[float, float]] = {}

    def pressed(conversion: float) -> tuple[float, float]:
        key = round(conversion / SAME_CONVERSION)
        if key not in known:
            specimen = specimen_with_cement(cement_modulus_mpa(conversion))
            response = load_case.respond(specimen)
            known[key] = (response.stiffness, load_case.failure_load_n(response))
        return known[key]

    liquid, hard = pressed(0.0)[0], pressed(1.0)[0]
    steps = []
    for point in curve:
        stiffness, load = pressed(point.conversion)
        steps.append(
            ConsolidationStep(
                time_s=point.time_s,
                conversion=point.conversion,
                cement_mpa=cement_modulus_mpa(point.conversion),
                stiffness_n_per_mm=stiffness,
                failure_load_n=load,
                gain=(stiffness - liquid) / (hard - liquid) if hard > liquid else None,
                rest_over=point.time_s >= REST_HOURS * SECONDS_PER_HOUR,
            )
        )
    return tuple(steps)
