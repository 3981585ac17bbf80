"""What a trainee is told of a session's log: what was done, and what a real room would tell.

That a picture shows a leak is for the trainee to see.  Only a guided rehearsal says it, and whoever asks for help.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from vertebroplasty.geometry.c_arm_view import turned_left_deg
from vertebroplasty.rehearsal.state import Entry, RehearsalState

__all__ = ["by_the_gantry", "entries_known", "said_known"]

KEPT_KEYS = (
    "t_s", "action", "event", "said", "needle", "needles", "product", "begin_s", "phase", "pressure_kpa", "volume_ml",
    "injected_ml", "frames", "live", "plane", "view", "asked", "ended", "reinserted", "lao_deg", "cranial_deg",
)  # fmt: skip
KEYS_IF_GUIDED = (*KEPT_KEYS, "seen", "site")
TO_LAO = re.compile(r"\(to lao (-?\d+\.\d)°\)")
TO_CRANIAL = re.compile(r"\(to cranial (-?\d+\.\d)°\)")


def entries_known(entries: Iterable[Entry], *, guided: bool) -> list[dict[str, Any]]:
    """The entries that a trainee is told, each as far as he can know it, angles in its words as read on the gantry."""
    found = [each if guided else _without_the_seen(each) for each in entries]
    keys = KEYS_IF_GUIDED if guided else KEPT_KEYS
    return [
        {key: by_the_gantry(each[key]) if key == "said" else each[key] for key in keys if key in each}
        for each in found
        if each and not _is_routine(each)
    ]


def said_known(state: RehearsalState, *, guided: bool) -> str:
    """The last answer to the trainee; that of a picture, which tells what it shows, only in a guided rehearsal."""
    if not guided and state.said and state.said == _said_of_the_picture(state):
        return ""
    return by_the_gantry(state.said)


def by_the_gantry(said: str) -> str:
    """A sentence of the coach with the C-arm's angles as they are read for a prone patient."""
    turned = TO_LAO.sub(lambda found: f"(to {_turned(float(found[1]))})", said)
    return TO_CRANIAL.sub(lambda found: f"(to {_tilted(float(found[1]))})", turned)


def _turned(lao_deg: float) -> str:
    left_deg = turned_left_deg(lao_deg)
    side = "left" if left_deg > 0.0 else "right"
    return f"{side} {abs(left_deg):.1f}°" if left_deg else "0.0°"


def _tilted(cranial_deg: float) -> str:
    return f"{'cranial' if cranial_deg >= 0.0 else 'caudal'} {abs(cranial_deg):.1f}°"


def _said_of_the_picture(state: RehearsalState) -> str | None:
    """What the picture said that the last action took; None where it took none."""
    for at in range(len(state.log) - 1, -1, -1):
        entry = state.log[at]
        if "action" in entry:
            return None
        if entry.get("event") == "picture":
            return entry.get("said")
    return None


def _without_the_seen(entry: Entry) -> Entry:
    """An entry without what its picture shows; empty where it tells nothing else."""
    if entry.get("event") == "leak":
        return {}
    return {key: entry[key] for key in entry if key != "said"} if entry.get("event") == "picture" else entry


def _is_routine(entry: Mapping[str, Any]) -> bool:
    """Whether an entry only repeats what the monitors show: held pedals, and the actions that an event answers."""
    if entry.get("event") == "picture":
        return bool(entry.get("live")) and "said" not in entry
    return entry.get("action") in ("image", "push")
