"""Handling times of PMMA cement as measured in a room, from the refrigerator and in an ice bath, beside the clock's."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from vertebroplasty.cement.product import Product
from vertebroplasty.cement.setting import SettingClock

__all__ = ["HandlingTime", "MeasuredHandling", "measured_handling", "with_clock"]

SECONDS_A_MINUTE = 60.0  # [exact] the table is in minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlingTime:
    """One measured time in minutes with its standard deviation, and the clock's for the same temperatures."""

    measured_min: float
    plus_minus_min: float
    clock_min: float | None = None

    @property
    def within(self) -> bool | None:
        """Whether the clock's time lies within the measured spread; None without a clock."""
        if self.clock_min is None:
            return None
        return abs(self.clock_min - self.measured_min) <= self.plus_minus_min


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredHandling:
    """Liquid, pasty and handling time at one temperature of the room and of powder and liquid."""

    key: str
    words: str
    room_c: float
    component_c: float
    liquid: HandlingTime
    paste: HandlingTime
    handling: HandlingTime
    source: str


@cache
def measured_handling() -> tuple[MeasuredHandling, ...]:
    """Every measured condition."""
    text = files("vertebroplasty.cement").joinpath("data/handling_times.toml").read_text(encoding="utf-8")

    def time(entry: dict[str, float]) -> HandlingTime:
        return HandlingTime(measured_min=entry["value"], plus_minus_min=entry["plus_minus"])

    return tuple(
        MeasuredHandling(
            key=key,
            words=row["words"],
            room_c=row["room_c"],
            component_c=row["component_c"],
            liquid=time(row["liquid_min"]),
            paste=time(row["paste_min"]),
            handling=time(row["handling_min"]),
            source=row["source"],
        )
        for key, row in tomllib.loads(text).items()
    )


def with_clock(cement: Product) -> tuple[MeasuredHandling, ...]:
    """The measured conditions with the times that the setting clock gives this cement there.

    Raises:
        Refused: the cement is none whose setting at other temperatures is known.
    """
    found = []
    for row in measured_handling():
        clock = SettingClock(product=cement, room_temperature_c=row.room_c, component_temperature_c=row.component_c)
        liquid, handling = clock.paste_begins_s / SECONDS_A_MINUTE, clock.paste_ends_s / SECONDS_A_MINUTE
        found.append(
            MeasuredHandling(
                key=row.key,
                words=row.words,
                room_c=row.room_c,
                component_c=row.component_c,
                liquid=_beside(row.liquid, liquid),
                paste=_beside(row.paste, handling - liquid),
                handling=_beside(row.handling, handling),
                source=row.source,
            )
        )
    return tuple(found)


def _beside(measured: HandlingTime, clock_min: float) -> HandlingTime:
    return HandlingTime(measured_min=measured.measured_min, plus_minus_min=measured.plus_minus_min, clock_min=clock_min)
