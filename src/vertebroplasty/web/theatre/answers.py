"""What a theatre's page is told: what the trainee can know, and pictures; never how the cement really lies."""

import json
import struct
from collections.abc import Iterable, Mapping
from typing import Any

from vertebroplasty.fluoroscopy.coach import ViewTruth
from vertebroplasty.rehearsal.monitor import Monitor, monitor
from vertebroplasty.rehearsal.pacing import Paced
from vertebroplasty.web.theatre.knowing import entries_known, said_known
from vertebroplasty.web.theatre.live import Shot

__all__ = ["packed", "refusal", "told"]

LENGTH = struct.Struct(">I")


def told(paced: Paced, since: int, shots: Iterable[Shot], *, guided: bool) -> bytes:
    """One answer: the monitor, the trainee's own log from entry `since` on, and pictures.

    Unless the rehearsal is `guided`, nothing in it changes with what a picture shows but the picture.
    """
    shots, log = tuple(shots), paced.state.log
    hidden = 0 if guided else len(paced.state.seen)  # one entry each
    header = {
        "ok": True,
        "monitor": _monitor(monitor(paced.state, at_s=paced.now_s))
        | {"said": said_known(paced.state, guided=guided), "seen": list(paced.state.seen) if guided else []},
        "events": entries_known(log[since:], guided=guided),
        "frames": [shot.told for shot in shots],
        "stalled": paced.stalled is not None,
        "entries": len(log) - hidden,
        "pose": [paced.state.lao_deg, paced.state.cranial_deg],
        "second_pose": None if paced.state.second is None else list(paced.state.second),
    }
    return packed(header, [shot.grey.tobytes() for shot in shots])


def refusal(sentence: str, *, where: str = "", code: str = "refused") -> bytes:
    """An answer that says why not; `code` tells a script what to do: go on, reload, or leave it to another window."""
    return packed({"ok": False, "error": sentence, "where": where, "code": code}, [])


def packed(header: Mapping[str, Any], pictures: Iterable[bytes]) -> bytes:
    """Length of the header (4 bytes, most significant first), the header as JSON, then the grey values."""
    text = json.dumps(header, ensure_ascii=False, allow_nan=False).encode()
    return b"".join((LENGTH.pack(len(text)), text, *pictures))


def _monitor(seen: Monitor) -> dict[str, Any]:
    return {
        "now_s": seen.now_s,
        "clock_s": seen.clock_s,
        "phase": seen.phase,
        "phases": [{"phase": e.phase.value, "start_s": e.start_s, "end_s": e.end_s} for e in seen.phases],
        "injected_ml": seen.injected_ml,
        "pressure_kpa": seen.pressure_kpa,
        "fluoroscopy_s": seen.fluoroscopy_s,
        "dose_mgy": seen.dose_mgy,
        "view": _view(seen.view),
        "second_view": None if seen.second_view is None else _view(seen.second_view),
        "stopped": seen.stopped,
        "needles": {
            str(number): {"entry_lps_mm": path.entry_lps_mm.tolist(), "tip_lps_mm": path.tip_lps_mm.tolist()}
            for number, path in seen.needles.items()
        },
    }


def _view(found: ViewTruth) -> dict[str, Any]:
    return {
        "from_true_ap_deg": found.from_true_ap_deg,
        "from_true_lateral_deg": found.from_true_lateral_deg,
        "nearest": found.nearest,
    }
