"""The log in words: one line for each thing that happened, what belongs together as one."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from vertebroplasty.rehearsal.state import Entry, views_taken
from vertebroplasty.web.theatre.knowing import by_the_gantry

__all__ = ["Happening", "happenings"]

MOST = 400  # [choice] lines; the log file holds the rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One line: from when to when, the key of its words with their values, and what was said to the trainee."""

    begin_s: float
    end_s: float
    key: str
    values: dict[str, Any] = field(default_factory=dict)
    said: str = ""


def happenings(log: Sequence[Entry]) -> tuple[Happening, ...]:
    """All lines in order; pushes in a row and pictures of the same views in a row are one line each."""
    lines: list[Happening] = []
    for entry in log:
        found = _happening(entry)
        if found is None:
            continue
        joined = _joined(lines[-1], found) if lines else None
        if joined is not None:
            lines[-1] = joined
        elif len(lines) < MOST:
            lines.append(found)
    return tuple(lines)


def _joined(before: Happening, after: Happening) -> Happening | None:
    """Both as one line; None where they are different things."""
    if before.key != after.key or after.said or before.key not in ("pushed", "picture"):
        return None
    counted = "ml" if before.key == "pushed" else "frames"
    same = {name: value for name, value in before.values.items() if name != counted}
    if any(after.values[name] != value for name, value in same.items()):
        return None
    values = before.values | {counted: before.values[counted] + after.values[counted]}
    return replace(before, end_s=after.end_s, values=values)


def _happening(entry: Entry) -> Happening | None:
    """The line of one entry; None for what another entry tells."""
    t_s, said = float(entry["t_s"]), by_the_gantry(str(entry.get("said", "")))
    if entry.get("action") == "move-needle":
        return Happening(begin_s=t_s, end_s=t_s, key="move_needle", values={"needle": entry["needle"]})
    event = entry.get("event")
    values: dict[str, Any] = {}
    if event == "pushed":
        values = {"ml": entry["volume_ml"], "phase": entry.get("phase", "")}
    elif event == "stylet":
        event = "stylet_in" if entry["reinserted"] else "stylet_stuck"
        values = {"needle": entry["needle"], "ml": entry["volume_ml"]}
    elif event == "picture":
        views = [view for view, _ in views_taken(entry)]
        values = {"views": views, "frames": entry["frames"]}
    elif event == "leak":
        values = {"site": entry["site"]}
    elif event == "mix-start":
        values = {"product": entry["product"]}
    elif event == "needle-out":
        values = {"needle": entry["needle"]}
    elif event in ("phlebogram", "balloon"):
        values = {"needle": entry["needle"], "ml": entry["volume_ml"]}
    elif event not in ("stop", "advice", "impossible"):
        return None
    begin_s = float(entry.get("begin_s", t_s))
    return Happening(begin_s=begin_s, end_s=t_s, key=str(event).replace("-", "_"), values=values, said=said)
