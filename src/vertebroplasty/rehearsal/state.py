"""One moment of a session: everything that the next action needs, never changed once made."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from vertebroplasty.cement.actions import MOST_PLANES
from vertebroplasty.cement.product import product as cement_product
from vertebroplasty.cement.setting import Phase, SettingClock
from vertebroplasty.errors import Refused
from vertebroplasty.geometry.c_arm_view import CArmView
from vertebroplasty.rehearsal.bone import Bone
from vertebroplasty.rehearsal.case import RehearsalCase
from vertebroplasty.rehearsal.log import Entry, Log

__all__ = ["Entry", "RehearsalState", "performed", "views_taken"]


def performed(log: Sequence[Entry], name: str) -> list[Entry]:
    """The actions of one name that could be done, in order; after one that could not the log says so."""
    following = (*log[1:], {}) if log else ()
    return [
        entry for entry, after in zip(log, following, strict=True)
        if entry.get("action") == name and after.get("event") != "impossible"
    ]  # fmt: skip


def views_taken(entry: Entry) -> list[tuple[str, bool]]:
    """The views of a picture, one or both tubes': which one each counts as, and whether it was true."""
    second = entry.get("second")
    return [(str(e["view"]), bool(e.get("true", False))) for e in (entry, *([] if second is None else [second]))]


@dataclass(frozen=True, eq=False, kw_only=True)
class RehearsalState:
    """Where a session stands; times in seconds since it began, angles in degrees as DICOM has them.

    `log` holds actions and events in order, JSON-ready; `said` is the last answer to the trainee.  `mixed_s` is when
    the cement in the syringes was mixed first, `stopped_s` when the trainee stopped for good.  `second` is the pose of
    a biplane unit's second tube, LAO and cranial, None where it has not been set.  `frames` and `dose_mgy` (air kerma
    at the skin) are of all pictures of both tubes, `pressure_kpa` was the highest of the last push.
    """

    case: RehearsalCase
    seed: int
    bone: Bone
    now_s: float = 0.0
    lao_deg: float = 180.0
    cranial_deg: float = 0.0
    second: tuple[float, float] | None = None
    frames: int = 0
    dose_mgy: float = 0.0
    pressure_kpa: float | None = None
    actions: int = 0
    product: str | None = None
    mixed_s: float | None = None
    last_mix_s: float | None = None
    stopped_s: float | None = None
    seen: tuple[str, ...] = ()
    log: Log = field(default_factory=Log)
    said: str = ""

    @property
    def view(self) -> CArmView:
        """The C-arm's pose, its isocentre in the vertebra."""
        frame = self.case.vertebra.frame
        return CArmView(lao_deg=self.lao_deg, cranial_deg=self.cranial_deg, isocentre_lps_mm=frame.origin_lps_mm)

    def view_of(self, plane: int) -> CArmView:
        """The pose of tube 1 or 2.

        Raises:
            Refused: the second tube has not been set, or there is no such tube.
        """
        if plane == 1:
            return self.view
        if plane != MOST_PLANES:
            raise Refused(f"There is no plane {plane}: use 1 or 2.", where="plane")
        if self.second is None:
            raise Refused("The second plane is not set: turn it with c-arm and plane 2 first.", where="plane")
        lao_deg, cranial_deg = self.second
        return replace(self.view, lao_deg=lao_deg, cranial_deg=cranial_deg)

    @property
    def clock_s(self) -> float | None:
        """Seconds since the cement mixed last was mixed; None before."""
        return None if self.last_mix_s is None else self.now_s - self.last_mix_s

    @property
    def clock(self) -> SettingClock | None:
        """The setting clock of the product in use, as its class behaves; None before mixing."""
        if self.product is None:
            return None
        return SettingClock(product=cement_product(self.product), room_temperature_c=self.case.room_temperature_c)

    @property
    def phase(self) -> Phase | None:
        """Phase of the cement mixed last."""
        return self.phase_at(self.now_s)

    def phase_at(self, t_s: float) -> Phase | None:
        """Phase of the cement mixed last at a moment of the session."""
        clock = self.clock
        return None if clock is None or self.last_mix_s is None else clock.phase_at(t_s - self.last_mix_s)

    @property
    def state_sha256(self) -> str:
        """Hash of everything that happened and of where the cement lies, voxel by voxel."""
        digest = hashlib.sha256(json.dumps(self._canonical(), sort_keys=True).encode())
        digest.update(np.ascontiguousarray(self.bone.content_ml).tobytes())
        if self.bone.flow is not None:
            for name in ("half_time", "pressure", "site", "site_volume", "first_time"):
                digest.update(np.ascontiguousarray(getattr(self.bone.flow, name)).tobytes())
        return digest.hexdigest()

    def _canonical(self) -> dict[str, Any]:
        """The plain part of the state."""
        second = {} if self.second is None else {"second": list(self.second)}
        places = {
            str(number): [path.entry_lps_mm.tolist(), path.tip_lps_mm.tolist(), path.gauge_number]
            for number, path in self.bone.needles.placed.items()
        }
        return second | {
            "case": self.case.name,
            "level": self.case.level,
            "seed": self.seed,
            "now_s": self.now_s,
            "view": [self.lao_deg, self.cranial_deg],
            "frames": self.frames,
            "product": self.product,
            "mixed_s": [self.mixed_s, self.last_mix_s],
            "stopped_s": self.stopped_s,
            "seen": list(self.seen),
            "needles": places,
            "columns_ml": {str(number): ml for number, ml in self.bone.needles.column_ml.items()},
            "injected_ml": self.bone.injected_ml,
            "log": [dict(entry) for entry in self.log],
        }

    def later(self, seconds: float) -> "RehearsalState":
        """The same some time later."""
        return replace(self, now_s=self.now_s + seconds)

    def noted(self, event: str, said: str = "", **values: Any) -> "RehearsalState":
        """With an event written at this moment, and a sentence for the trainee."""
        known = {key: value for key, value in values.items() if value is not None}
        entry = {"t_s": self.now_s, "event": event} | known | ({"said": said} if said else {})
        return replace(self, log=self.log.with_entry(entry), said=said or self.said)
