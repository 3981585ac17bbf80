"""What happened when, laid out for a drawing: phases, pushes, pictures, actions, and the moments that matter."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vertebroplasty.rehearsal.debrief import Pour
from vertebroplasty.rehearsal.state import Entry, views_taken

__all__ = ["Flag", "PhaseBand", "Span", "Timeline", "acts_of", "pictures_of", "poured_curve"]

LEAST_SHARE = 1.0 / 400.0  # [choice] of the time drawn: marks closer than this are drawn as one
ACTS = {"move-needle": "needle", "mix": "mix", "stylet": "stylet", "withdraw": "out", "balloon": "balloon"}
TOLD = {"phlebogram": "phlebogram", "help": "help"}
ROOM_AROUND = 0.02  # [choice] of the time drawn, before and after


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseBand:
    """A phase of the cement mixed last, in seconds of the session."""

    phase: str
    begin_s: float
    end_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Something that was done or taken, from when to when."""

    kind: str
    begin_s: float
    end_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A moment that matters, by the key of its name."""

    key: str
    t_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """A stretch of a session, ready to be drawn; `curve` is time and ml poured by then, `top_ml` the scale's end."""

    begin_s: float
    end_s: float
    bands: tuple[PhaseBand, ...]
    curve: tuple[tuple[float, float], ...]
    pictures: tuple[Span, ...]
    acts: tuple[Span, ...]
    flags: tuple[Flag, ...]
    top_ml: float

    def share(self, t_s: float) -> float:
        """Where a moment lies between begin and end, from 0 to 1."""
        return min(max((t_s - self.begin_s) / max(self.end_s - self.begin_s, 1.0), 0.0), 1.0)

    def between(self, begin_s: float, end_s: float) -> "Timeline":
        """A shorter stretch of the same, with a little room before and after."""
        room_s = ROOM_AROUND * (end_s - begin_s)
        begin_s, end_s = max(begin_s - room_s, self.begin_s), min(end_s + room_s, self.end_s)
        return Timeline(
            begin_s=begin_s,
            end_s=end_s,
            bands=tuple(each for each in self.bands if each.end_s > begin_s and each.begin_s < end_s),
            curve=tuple(each for each in self.curve if begin_s <= each[0] <= end_s),
            pictures=_within(self.pictures, begin_s, end_s),
            acts=_within(self.acts, begin_s, end_s),
            flags=tuple(each for each in self.flags if begin_s <= each.t_s <= end_s),
            top_ml=self.top_ml,
        )

    def drawn(self, spans: Sequence[Span]) -> tuple[Span, ...]:
        """Spans of one kind that would touch in the drawing, as one."""
        least_s = LEAST_SHARE * (self.end_s - self.begin_s)
        latest: dict[str, Span] = {}
        done: list[Span] = []
        for each in spans:
            before = latest.get(each.kind)
            if before is not None and each.begin_s - before.end_s < least_s:
                latest[each.kind] = Span(kind=each.kind, begin_s=before.begin_s, end_s=max(before.end_s, each.end_s))
                continue
            if before is not None:
                done.append(before)
            latest[each.kind] = each
        return tuple(sorted([*done, *latest.values()], key=lambda each: each.begin_s))


def _within(spans: Iterable[Span], begin_s: float, end_s: float) -> tuple[Span, ...]:
    return tuple(each for each in spans if each.end_s >= begin_s and each.begin_s <= end_s)


def poured_curve(poured: Sequence[Pour], end_s: float) -> tuple[tuple[float, float], ...]:
    """Time and ml driven out by then, from the beginning to the end."""
    points, total = [(0.0, 0.0)], 0.0
    for pour in poured:
        points.append((pour.begin_s, total))
        total += pour.volume_ml
        points.append((pour.end_s, total))
    return (*points, (end_s, total))


def pictures_of(log: Sequence[Entry]) -> tuple[Span, ...]:
    """Every view that a picture took, by its name."""
    return tuple(
        Span(kind=view, begin_s=entry["t_s"], end_s=entry["t_s"])
        for entry in log
        if entry.get("event") == "picture"
        for view, _ in views_taken(entry)
    )


def acts_of(log: Sequence[Entry]) -> tuple[Span, ...]:
    """What was done with needles, cement and contrast, where it could be done."""
    following: tuple[Entry, ...] = (*log[1:], {})
    known = ACTS | TOLD
    return tuple(
        Span(kind=known[entry["action"]], begin_s=entry["t_s"], end_s=max(after.get("t_s", entry["t_s"]), entry["t_s"]))
        for entry, after in zip(log, following, strict=True)
        if entry.get("action") in known and after.get("event") != "impossible"
    )
