"""One moment of a session: everything that the next action needs, never changed once made."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from vertebroplasty.cement.product import product as cement_product
from vertebroplasty.cement.setting import Phase, SettingClock
from vertebroplasty.geometry.c_arm_view import CArmView
from vertebroplasty.rehearsal.bone import Bone
from vertebroplasty.rehearsal.case import RehearsalCase

__all__ = ["Entry", "RehearsalState", "performed"]

Entry = Mapping[str, Any]


def performed(log: tuple[Entry, ...], name: str) -> list[Entry]:
    """The actions of one name that could be done, in order; after one that could not the log says so."""
    following: tuple[Entry, ...] = (*log[1:], {}) if log else ()
    return [
        entry for entry, after in zip(log, following, strict=True)
        if entry.get("action") == name and after.get("event") != "impossible"
    ]  # fmt: skip


@dataclass(frozen=True, eq=False, kw_only=True)
class RehearsalState:
    """Where a session stands; times in seconds since it began, angles in degrees as DICOM has them.

    `log` holds actions and events in order, JSON-ready; `said` is the last answer to the trainee.  `mixed_s` is when
    the cement in the syringes was mixed first, `stopped_s` when the trainee stopped for good.
    """

    case: RehearsalCase
    seed: int
    bone: Bone
    now_s: float = 0.0
    lao_deg: float = 180.0
    cranial_deg: float = 0.0
    frames: int = 0
    product: str | None = None
    mixed_s: float | None = None
    last_mix_s: float | None = None
    stopped_s: float | None = None
    seen: tuple[str, ...] = ()
    log: tuple[Entry, ...] = ()
    said: str = ""

    @property
    def view(self) -> CArmView:
        """The C-arm's pose, its isocentre in the vertebra."""
        frame = self.case.vertebra.frame
        return CArmView(lao_deg=self.lao_deg, cranial_deg=self.cranial_deg, isocentre_lps_mm=frame.origin_lps_mm)

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
        clock, age = self.clock, self.clock_s
        return None if clock is None or age is None else clock.phase_at(age)

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
        places = {
            str(number): [path.entry_lps_mm.tolist(), path.tip_lps_mm.tolist(), path.gauge_number]
            for number, path in self.bone.needles.placed.items()
        }
        return {
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
        return replace(self, log=(*self.log, entry), said=said or self.said)
