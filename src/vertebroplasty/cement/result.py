"""What an injection came to: why it stopped, how much lies where, and the two volumes that replay it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32

from vertebroplasty.cement.actions import Action
from vertebroplasty.cement.balloon import Cavity
from vertebroplasty.cement.leak import Leak, LeakSite
from vertebroplasty.cement.setting import PhaseSpan
from vertebroplasty.cement.stop_reason import StopReason

__all__ = ["REASON_OF_SITE", "TOO_STIFF", "Injection", "StopReason", "first_reason", "stop_sentence"]


TOO_STIFF = (StopReason.PRESSURE_LIMIT, StopReason.PASTE_ENDED)
REASON_OF_SITE = {
    LeakSite.DISC_ABOVE: StopReason.DISC_LEAK,
    LeakSite.DISC_BELOW: StopReason.DISC_LEAK,
    LeakSite.EPIDURAL: StopReason.EPIDURAL_LEAK,
    LeakSite.FORAMEN_LEFT: StopReason.FORAMINAL_LEAK,
    LeakSite.FORAMEN_RIGHT: StopReason.FORAMINAL_LEAK,
    LeakSite.BASIVERTEBRAL_VEIN: StopReason.VENOUS_LEAK,
    LeakSite.SEGMENTAL_VEIN: StopReason.VENOUS_LEAK,
    LeakSite.PARAVERTEBRAL: StopReason.PARAVERTEBRAL_LEAK,
    LeakSite.NEEDLE_TRACK: StopReason.PARAVERTEBRAL_LEAK,
}
PRIORITY = (
    StopReason.EPIDURAL_LEAK,
    StopReason.FORAMINAL_LEAK,
    StopReason.POSTERIOR_CORTEX,
    StopReason.VENOUS_LEAK,
    StopReason.DISC_LEAK,
    StopReason.PARAVERTEBRAL_LEAK,
    StopReason.PASTE_ENDED,
    StopReason.PRESSURE_LIMIT,
    StopReason.OPERATOR,
    StopReason.VOLUME_DELIVERED,
)
BECAUSE = {
    StopReason.VOLUME_DELIVERED: "the planned volume was delivered",
    StopReason.POSTERIOR_CORTEX: "cement came within 1 mm of the inner posterior wall of the vertebral body",
    StopReason.EPIDURAL_LEAK: "cement was seen in the canal, having left through a gap in the bone",
    StopReason.FORAMINAL_LEAK: "cement was seen in a neural foramen",
    StopReason.VENOUS_LEAK: "cement was seen in a vein outside the bone",
    StopReason.DISC_LEAK: "cement was seen in a disc",
    StopReason.PARAVERTEBRAL_LEAK: "cement was seen in the tissue beside the vertebra",
    StopReason.PASTE_ENDED: "the pasty phase of the cement ended",
    StopReason.PRESSURE_LIMIT: "the highest pressure allowed at the syringe gave less than 10 % of the rate asked",
    StopReason.OPERATOR: "the operator stopped",
}


def first_reason(found: set[StopReason]) -> StopReason:
    """Of reasons found at the same moment, the one that counts."""
    return next(reason for reason in PRIORITY if reason in found)


def stop_sentence(reason: StopReason, injected_ml: float, stop_time_s: float) -> str:
    """Why it stopped, when and after how much, as one sentence."""
    minutes, seconds = divmod(round(stop_time_s), 60)
    return f"Stopped after {injected_ml:.2f} ml, {minutes} min {seconds:02d} s after mixing began: {BECAUSE[reason]}."


@dataclass(frozen=True, eq=False, kw_only=True)
class Injection:
    """One simulated injection.

    `fill` is cement volume per voxel volume (0 to 1) and `arrival_time_s` when a voxel's fill first passed half its
    final value (seconds after mixing began, infinite where none came), both on the vertebra's grid.  `injected_ml` left
    the needle's tip and equals `in_body_ml` plus all leaks.  `events` are JSON-ready, in order of time.
    `dead_volume_ml` is what the full cannula holds; `stylet_reinserted` is None where nobody tried, False where the
    cement had become too hard; `reaction_s` passed between noticing a reason to stop and letting go.
    """

    stop_reason: StopReason
    stop_sentence: str
    stop_time_s: float
    injected_ml: float
    in_body_ml: float
    leaks: tuple[Leak, ...]
    in_canal_ml: float
    not_assessed: tuple[LeakSite, ...]
    mass_balance_error: float
    peak_pressure_kpa: float
    peak_tip_pressure_kpa: float
    phases: tuple[PhaseSpan, ...]
    arrival_time_s: Float32[np.ndarray, "k j i"]
    fill: Float32[np.ndarray, "k j i"]
    events: tuple[dict[str, Any], ...]
    actions: tuple[Action, ...]
    product: str
    sources: tuple[str, ...]
    warnings: tuple[str, ...]
    not_modelled: tuple[str, ...]
    dead_volume_ml: float | None = None
    stylet_reinserted: bool | None = None
    reaction_s: float = 0.0
    cavities: tuple[Cavity, ...] = ()
    delivered_c: float | None = None  # mean temperature of the cement as it left the tips
