"""Small drawings in SVG: the cement clock and the syringe's pressure over the injected volume."""

from collections.abc import Sequence
from html import escape

__all__ = ["clock", "pressure_curve"]

PHASE_COLOURS = {
    "liquid": "#9ec9ef",
    "pasty": "#6cbf6c",
    "closing": "#f2b84b",
    "hardening": "#e0694f",
    "set": "#8a8f98",
}
WIDTH = 640  # [choice] drawing units
BAR_TOP, BAR_HEIGHT = 26, 30


def clock(phases: Sequence[tuple[str, float, float | None]], injected: tuple[float, float] | None) -> str:
    """Phases of the cement along minutes after mixing, with the time of injection as a bracket.

    Args:
        phases: name, start and end in seconds; the last one may have no end.
        injected: first and last second of the injection, if there was one.
    """
    ends = [end for _, _, end in phases if end is not None]
    last = (max(ends) if ends else 600.0) + 60.0
    parts = [f'<svg viewBox="0 0 {WIDTH} 92" role="img" aria-label="Cement clock" class="chart">']
    for phase, start, end in phases:
        left, right = WIDTH * start / last, WIDTH * (last if end is None else end) / last
        parts.append(
            f'<rect x="{left:.1f}" y="{BAR_TOP}" width="{right - left:.1f}" height="{BAR_HEIGHT}" '
            f'fill="{PHASE_COLOURS.get(phase, "#ccc")}"/>'
        )
        if right - left > 46:
            parts.append(
                f'<text x="{(left + right) / 2:.1f}" y="46" text-anchor="middle" font-size="12">{escape(phase)}</text>'
            )
        parts.append(f'<text x="{left:.1f}" y="72" font-size="11" text-anchor="start">{start / 60:.1f}</text>')
    parts.append(f'<text x="{WIDTH}" y="88" font-size="11" text-anchor="end">minutes after mixing began</text>')
    if injected is not None:
        left, right = WIDTH * injected[0] / last, WIDTH * injected[1] / last
        parts.append(f'<path d="M{left:.1f} 22 V12 H{right:.1f} V22" fill="none" stroke="#b0156f" stroke-width="2.5"/>')
        parts.append(
            f'<text x="{(left + right) / 2:.1f}" y="10" text-anchor="middle" font-size="11" fill="#b0156f">push</text>'
        )
    return "".join([*parts, "</svg>"])


def pressure_curve(samples: Sequence[tuple[float, float]]) -> str:
    """Syringe pressure in kPa over injected ml; drawn for half the width of the page."""
    if len(samples) < 2:
        return ""
    ml_end = max(ml for ml, _ in samples) or 1.0
    kpa_end = max(kpa for _, kpa in samples) * 1.1 or 1.0
    points = " ".join(f"{44 + 350 * ml / ml_end:.1f},{140 - 120 * kpa / kpa_end:.1f}" for ml, kpa in samples)
    return (
        f'<svg viewBox="0 0 {WIDTH * 5 // 8} 180" role="img" aria-label="Syringe pressure over volume" class="chart">'
        '<path d="M44 15 V140 H394" fill="none" stroke="#667"/>'
        f'<polyline points="{points}" fill="none" stroke="#b0156f" stroke-width="2"/>'
        f'<text x="39" y="35" font-size="13" text-anchor="end">{kpa_end / 1.1:.0f}</text>'
        '<text x="39" y="144" font-size="13" text-anchor="end">0</text>'
        f'<text x="394" y="157" font-size="13" text-anchor="end">{ml_end:.2f} ml</text>'
        '<text x="44" y="175" font-size="13">syringe pressure, kPa, over injected volume</text></svg>'
    )
