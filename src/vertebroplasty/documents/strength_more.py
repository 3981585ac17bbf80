"""Parts of the `strength` document beside stiffness: other failure rules, daily loads, cement volumes, setting time."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field

from vertebroplasty.documents.common import Number, Part, Unknowns, rounded
from vertebroplasty.strength.consolidation import REST_SENTENCE, ConsolidationStep
from vertebroplasty.strength.daily_loads import LoadToStrength, load_to_strength
from vertebroplasty.strength.pistoia import PISTOIA_CRITERION, pistoia_load_n
from vertebroplasty.strength.result import Strength
from vertebroplasty.strength.specimen import Matter
from vertebroplasty.strength.volume_curve import VolumeCurve, VolumePoint
from vertebroplasty.strength.yielding import LATE_CRITERION, OFFSET_CRITERION, YieldCurve

__all__ = ["NOTHING_MORE", "CriterionEntry", "DailyLoadEntry", "More", "SettingEntry", "VolumesEntry"]

ByLine = Sequence[float | None]
INTERVAL = "Range over the calibration's uncertainty."
ONE_LINE = "the density comes without an uncertainty, so there is no range to solve over"
NO_FREE_BONE = "all bone of the body holds cement, so the rule of strained bone does not apply"
SECONDS_PER_MINUTE = 60.0  # [exact] seconds
NO_TOGGLE = "no tilting plate was pressed"
CURVE_TOO_SHORT = "the curve of yielding ends before this shortening"


class CriterionEntry(Part):
    """One definition of failure and its load."""

    criterion: str = Field(description="How failure was defined.")
    failure_load_n: Number = Field(description="Failure load under this definition, newton.")
    failure_load_interval: list[float] | None = Field(default=None, description=INTERVAL)


class DailyLoadEntry(Part):
    """One activity's load over the failure load; 1 is failure."""

    activity: str = Field(description="What the patient does.")
    load_n: list[float] = Field(description="Range of the compressive force on a lumbar vertebra, newton.")
    before: list[float] | None = Field(description="Load over failure load without cement, lowest and highest.")
    after: list[float] | None = Field(description="The same with cement.")
    sentence_before: str = Field(description="What the ratio means, or why it is unknown.")
    sentence_after: str | None = Field(description="The same with cement; null without cement.")


class VolumeEntry(Part):
    """The treated vertebra at one volume of cement."""

    volume_ml: float = Field(description="Cement in the body, ml.")
    body_share: float = Field(description="Cement over the body's volume.")
    stiffness_n_per_mm: Number = Field(description="Axial stiffness between the caps.")
    stiffness_interval: list[float] | None = Field(default=None, description=INTERVAL)
    failure_load_n: Number = Field(description="Failure load by the rule of shortening.")
    failure_load_interval: list[float] | None = Field(default=None, description=INTERVAL)
    strained_bone_load_n: Number = Field(description="Failure load by the rule of strained bone.")
    strained_bone_interval: list[float] | None = Field(default=None, description=INTERVAL)
    stiffness_ratio: float = Field(description="Over the untreated vertebra.")
    stiffness_ratio_interval: list[float] | None = Field(default=None, description=INTERVAL)
    failure_load_ratio: float = Field(description="Over the untreated vertebra, by the rule of shortening.")
    failure_load_ratio_interval: list[float] | None = Field(default=None, description=INTERVAL)
    tilting_stiffness_ratio: Number = Field(description="Stiffness over untreated, under a plate that may tilt.")
    tilt_right_deg_per_kn: Number = Field(description="How far that plate dips to the patient's right, degrees per kN.")


class VolumesEntry(Part):
    """Effect of the volume of cement."""

    placement: str = Field(description="Where the cement lies: central, left, right, asymmetric or injected.")
    lost_modulus: float = Field(description="Share of the bone's modulus that the fracture was assumed to have taken.")
    points: list[VolumeEntry] = Field(description="By rising volume, the first without cement.")
    restoring_ml: Number = Field(description="Volume that gives back the stiffness before the fracture, ml.")
    restoring_interval: list[float] | None = Field(default=None, description=INTERVAL)
    restoring_body_share: Number = Field(description="That volume over the body's.")


class SettingEntry(Part):
    """The treated vertebra at one time after mixing."""

    minutes: float = Field(description="After mixing began.")
    conversion: float = Field(description="Share of the cement's monomer that has set.")
    stiffness_n_per_mm: Number = Field(description="Axial stiffness between the caps.")
    stiffness_interval: list[float] | None = Field(default=None, description=INTERVAL)
    failure_load_n: Number = Field(description="Failure load by the rule of shortening.")
    failure_load_interval: list[float] | None = Field(default=None, description=INTERVAL)
    gain: Number = Field(description="Share of the cement's full effect on stiffness that is reached.")
    rest_over: bool = Field(description="Whether twelve hours have passed.")


@dataclass(frozen=True, eq=False, kw_only=True)
class More:
    """What was computed on request beside the plain answer, on every line of the calibration, the best one first."""

    curves_before: tuple[YieldCurve, ...] = ()
    curves_after: tuple[YieldCurve, ...] = ()
    volumes_by_line: tuple[VolumeCurve, ...] = ()
    placement: str = ""
    setting_by_line: tuple[tuple[ConsolidationStep, ...], ...] = ()

    def sources(self) -> tuple[str, ...]:
        """Where the rules and loads beside the plain answer come from."""
        yielding = (
            ("bilinear-bone", "offset-yield", "strain-1.9-percent", "Kopperdahl2002") if self.curves_before else ()
        )
        return (
            "Pistoia2002",
            "daily-spine-loads",
            "Rohlmann2008",
            *yielding,
            *(("S1",) if self.setting_by_line else ()),
        )

    def said(self) -> tuple[str, ...]:
        """Sentences that go with it."""
        return (REST_SENTENCE,) if self.setting_by_line else ()


NOTHING_MORE = More()


def best(values: ByLine) -> float | None:
    """The value on the best line of the calibration."""
    return values[0] if values else None


def interval_over(values: ByLine) -> list[float] | None:
    """The range over the calibration's lines; None where it has one line, or a line gives no value."""
    known = [value for value in values if value is not None]
    if len(values) < 2 or len(known) < len(values):
        return None
    return [rounded(end) or 0.0 for end in (min(known), max(known))]


def noted(interval: list[float] | None, path: str, why: str, unknowns: Unknowns) -> list[float] | None:
    """The interval, or null with its reason noted under `path`."""
    if interval is None:
        unknowns.note(path, why or ONE_LINE)
    return interval


def criterion_entries(
    strength: Strength, curves: Sequence[YieldCurve], path: str, unknowns: Unknowns
) -> list[CriterionEntry]:
    """The failure load by every rule: shortening, strained bone and, where asked for, yielding."""
    known = strength.failure_load_n is not None
    rows: list[tuple[str, ByLine, str]] = [(strength.criterion, strength.relative_failure_load, "")]
    if strength.line_responses:
        rows.append((PISTOIA_CRITERION, _strained_bone(strength), NO_FREE_BONE))
    if curves:
        rows.append((OFFSET_CRITERION, [curve.offset_load_n for curve in curves], curves[0].why_unknown))
        rows.append((LATE_CRITERION, [curve.load_at_shortening_n() for curve in curves], CURVE_TOO_SHORT))
    return [
        CriterionEntry(
            criterion=words,
            failure_load_n=unknowns.number(
                best(loads) if known else None,
                f"{path}.criteria[{n}].failure_load_n",
                why if known else strength.why_unknown,
            ),
            failure_load_interval=noted(
                interval_over(loads) if known else None,
                f"{path}.criteria[{n}].failure_load_interval",
                strength.why_unknown or (why if None in loads else ""),
                unknowns,
            ),
        )
        for n, (words, loads, why) in enumerate(rows)
    ]


def daily_load_entries(before: Strength, after: Strength | None) -> list[DailyLoadEntry]:
    """Standing, bending and lifting against the failure load without and with cement."""
    rows = _daily(before)
    treated = None if after is None else _daily(after)
    return [
        DailyLoadEntry(
            activity=row.load.activity,
            load_n=[row.load.low_n, row.load.high_n],
            before=_range(row),
            after=None if treated is None else _range(treated[n]),
            sentence_before=row.sentence,
            sentence_after=None if treated is None else treated[n].sentence,
        )
        for n, row in enumerate(rows)
    ]


def volumes_entry(
    curves: Sequence[VolumeCurve], placement: str, why_no_newtons: str, unknowns: Unknowns
) -> VolumesEntry:
    """The curve over the volume on every line of the calibration; with `why_no_newtons` only its ratios."""
    curve = curves[0]

    def newtons(value: float | None, name: str, n: int, why: str) -> float | None:
        path = f"volumes.points[{n}].{name}"
        return unknowns.number(None if why_no_newtons else value, path, why_no_newtons or why)

    def span(name: str, n: int) -> list[float] | None:
        ratio = name.endswith("_ratio")
        return None if why_no_newtons and not ratio else interval_over([getattr(c.points[n], name) for c in curves])

    points = [
        VolumeEntry(
            volume_ml=point.volume_ml,
            body_share=rounded(point.body_share) or 0.0,
            stiffness_n_per_mm=newtons(point.stiffness_n_per_mm, "stiffness_n_per_mm", n, ""),
            stiffness_interval=span("stiffness_n_per_mm", n),
            failure_load_n=newtons(point.failure_load_n, "failure_load_n", n, ""),
            failure_load_interval=span("failure_load_n", n),
            strained_bone_load_n=newtons(point.pistoia_load_n, "strained_bone_load_n", n, NO_FREE_BONE),
            strained_bone_interval=span("pistoia_load_n", n),
            stiffness_ratio=rounded(point.stiffness_ratio) or 0.0,
            stiffness_ratio_interval=span("stiffness_ratio", n),
            failure_load_ratio=rounded(point.failure_load_ratio) or 0.0,
            failure_load_ratio_interval=span("failure_load_ratio", n),
            tilting_stiffness_ratio=_tilting(point, curve.points[0]),
            tilt_right_deg_per_kn=newtons(
                point.toggle.tilt_right_deg_per_kn if point.toggle else None, "tilt_right_deg_per_kn", n, NO_TOGGLE
            ),
        )
        for n, point in enumerate(curve.points)
    ]
    why = curve.why_unknown
    return VolumesEntry(
        placement=placement,
        lost_modulus=curve.lost_modulus,
        points=points,
        restoring_ml=unknowns.number(curve.restoring_ml, "volumes.restoring_ml", why),
        restoring_interval=noted(
            interval_over([each.restoring_ml for each in curves]), "volumes.restoring_interval", why, unknowns
        ),
        restoring_body_share=unknowns.number(curve.restoring_body_share, "volumes.restoring_body_share", why),
    )


def setting_entries(
    by_line: Sequence[Sequence[ConsolidationStep]], why_no_newtons: str, unknowns: Unknowns
) -> list[SettingEntry]:
    """Strength over time on every line of the calibration; with `why_no_newtons` only the gain."""
    entries = []
    for n, lines in enumerate(zip(*by_line, strict=True)):
        step, path = lines[0], f"setting[{n}]"
        stiffness, load = (None, None) if why_no_newtons else (step.stiffness_n_per_mm, step.failure_load_n)
        entries.append(
            SettingEntry(
                minutes=step.time_s / SECONDS_PER_MINUTE,
                conversion=rounded(step.conversion) or 0.0,
                stiffness_n_per_mm=unknowns.number(stiffness, f"{path}.stiffness_n_per_mm", why_no_newtons),
                stiffness_interval=None if why_no_newtons else interval_over([s.stiffness_n_per_mm for s in lines]),
                failure_load_n=unknowns.number(load, f"{path}.failure_load_n", why_no_newtons),
                failure_load_interval=None if why_no_newtons else interval_over([s.failure_load_n for s in lines]),
                gain=unknowns.number(step.gain, f"{path}.gain", "the cement adds no stiffness"),
                rest_over=step.rest_over,
            )
        )
    return entries


def _tilting(point: VolumePoint, untreated: VolumePoint) -> float | None:
    if point.toggle is None or untreated.toggle is None:
        return None
    return rounded(point.toggle.stiffness_n_per_mm / untreated.toggle.stiffness_n_per_mm)


def _daily(strength: Strength) -> tuple[LoadToStrength, ...]:
    strained = [load for load in _strained_bone(strength) if load is not None]
    return load_to_strength(
        strength.failure_load_n,
        strength.failure_load_interval,
        strained_bone_n=min(strained) if strained and strength.failure_load_n is not None else None,
        why_unknown=strength.why_unknown or "unknown",
    )


def _strained_bone(strength: Strength) -> ByLine:
    """Failure load by the rule of strained bone on every line; None without bone free of cement."""
    free = [response.specimen.made_of(Matter.BONE).any() for response in strength.line_responses]
    return [
        pistoia_load_n(response) if bone else None for bone, response in zip(free, strength.line_responses, strict=True)
    ]


def _range(row: LoadToStrength) -> list[float] | None:
    return None if row.low is None or row.high is None else [rounded(row.low) or 0.0, rounded(row.high) or 0.0]
