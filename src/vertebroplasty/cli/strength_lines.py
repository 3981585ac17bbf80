"""Lines of `vertebroplasty strength` on other failure rules, daily loads, volumes of cement and setting time."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vertebroplasty.documents.strength import StrengthDocument
    from vertebroplasty.documents.strength_more import VolumeEntry

__all__ = ["more_lines", "newtons"]

DIGITS = 3  # [choice] the choices of a model move its newtons by more than a percent
DIGITS_BESIDE_INTERVAL = 2  # [choice] the calibration leaves no more


def more_lines(document: "StrengthDocument") -> Iterator[str]:
    """What stands beside the stiffness, one line each."""
    for words, entry in (("before", document.before), ("with cement", document.after)):
        if entry is None:
            continue
        # Without newtons the first line has said so; here they can be missing for one rule's own reason.
        for rule in entry.criteria[1:] if entry.failure_load_n is not None else ():
            load = newtons(rule.failure_load_n, rule.failure_load_interval, "N")
            yield f"{words:12s} {load} by another rule ({rule.criterion})"
    for row in document.daily_loads:
        yield f"{row.load_n[0]:.0f}-{row.load_n[1]:.0f} N".ljust(13) + _daily(row.sentence_before, row.before)
        if row.sentence_after is not None:
            yield "with cement".ljust(13) + _daily(row.sentence_after, row.after)
    if document.volumes is not None:
        yield f"cement {document.volumes.placement}, modulus lost {100 * document.volumes.lost_modulus:.0f} %"
        for point in document.volumes.points:
            yield (
                f"{point.volume_ml:6.1f} ml    {100 * point.body_share:4.1f} % of the body: {_shortened(point)}"
                f"{_strained(point, document.volumes.points[0])}{_tilt(point)}"
            )
        if document.volumes.restoring_ml is not None:
            share = document.volumes.restoring_body_share or 0.0
            yield f"{document.volumes.restoring_ml:6.1f} ml    {100 * share:4.1f} % of the body restore the stiffness"
    for step in document.setting:
        gain = "no effect" if step.gain is None else f"{100 * step.gain:.0f} % of the cement's effect on stiffness"
        yield f"{step.minutes:6.0f} min   {gain}{', twelve hours passed' if step.rest_over else ''}"


def newtons(value: float | None, interval: list[float] | None, unit: str) -> str:
    """A force or stiffness with no more digits than it supports: two beside an interval, else three."""
    if value is None:
        return "unknown"
    if interval is None:
        return f"{_rounded(value, DIGITS)} {unit}"
    middle, low, high = (_rounded(number, DIGITS_BESIDE_INTERVAL) for number in (value, *interval))
    return f"{middle} {unit} ({low} to {high})"


def _rounded(value: float, digits: int) -> str:
    return f"{float(f'{value:.{digits}g}'):.0f}"


def _shortened(point: "VolumeEntry") -> str:
    """Stiffness and the rule of shortening, once where they are one number by construction."""
    if f"{point.stiffness_ratio:.2f}" == f"{point.failure_load_ratio:.2f}":
        return f"stiffness and load by shortening × {point.stiffness_ratio:.2f}"
    return f"stiffness × {point.stiffness_ratio:.2f}, load by shortening × {point.failure_load_ratio:.2f}"


def _strained(point: "VolumeEntry", untreated: "VolumeEntry") -> str:
    """The other rule beside that of shortening, which rises with any cement; silent without newtons."""
    if point.strained_bone_load_n is None or untreated.strained_bone_load_n is None:
        return ""
    return f", × {point.strained_bone_load_n / untreated.strained_bone_load_n:.2f} by strained bone"


def _tilt(point: "VolumeEntry") -> str:
    """How a tilting plate answers; without newtons its stiffness alone, and silent where it was not pressed."""
    if point.tilting_stiffness_ratio is None:
        return ""
    said = f"; under a tilting plate × {point.tilting_stiffness_ratio:.2f}"
    tilt = point.tilt_right_deg_per_kn
    if tilt is None:
        return said
    return f"{said}, it dips {abs(tilt):.2f}° per kN to the {'right' if tilt > 0 else 'left'}"


def _daily(sentence: str, share: list[float] | None) -> str:
    return sentence if share is None else f"{sentence} ({share[0]:.2f} to {share[1]:.2f} of it)"
