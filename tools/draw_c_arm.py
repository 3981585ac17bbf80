"""Draw docs/c_arm.svg: which way the C-arm's angles count, with the patient prone and the detector behind.

    python tools/draw_c_arm.py docs/c_arm.svg

The detectors stand where the package's own `CArmView` puts them.
"""

import sys
from pathlib import Path

import numpy as np

from vertebroplasty.geometry.c_arm_view import CArmView

WIDTH, HEIGHT = 960, 530
AXIAL, SAGITTAL = (250.0, 270.0), (720.0, 270.0)  # middles of the two panels
REACH = 150.0  # from the isocentre to a detector, in pixels
INK, PALE, BEAM = "#1b2a41", "#d9dee6", "#b3541e"


def to_detector(lao: float, cranial: float) -> np.ndarray:
    """Direction from the isocentre to the detector, LPS."""
    return CArmView(lao_deg=lao, cranial_deg=cranial, isocentre_lps_mm=np.zeros(3)).to_detector


def from_the_feet(direction: np.ndarray) -> np.ndarray:
    """Where a direction points on the axial panel: the patient lies prone, his left is on the left, his back on top."""
    return np.array([-direction[0], -direction[1]])


def from_the_left(direction: np.ndarray) -> np.ndarray:
    """On the sagittal panel: seen from the patient's left, the head on the left, the back on top."""
    return np.array([-direction[2], -direction[1]])


def text(x: float, y: float, words: str, *, size: int = 14, anchor: str = "middle", colour: str = INK) -> str:
    """One line of writing."""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}">{words}</text>'


def detector(middle: tuple[float, float], towards: np.ndarray, words: str, *, colour: str = INK) -> list[str]:
    """The central ray from the tube to the detector, the detector's plate, and its label."""
    middle, across = np.array(middle), np.array([-towards[1], towards[0]])
    plate, tube = middle + REACH * towards, middle - REACH * towards
    ends = plate - 30 * across, plate + 30 * across
    label = middle + (REACH + 26) * towards
    anchor = "end" if towards[0] < -0.3 else "start" if towards[0] > 0.3 else "middle"
    return [
        f'<line x1="{tube[0]:.1f}" y1="{tube[1]:.1f}" x2="{plate[0]:.1f}" y2="{plate[1]:.1f}" stroke="{colour}" '
        'stroke-width="1.2" stroke-dasharray="5 4"/>',
        f'<line x1="{ends[0][0]:.1f}" y1="{ends[0][1]:.1f}" x2="{ends[1][0]:.1f}" y2="{ends[1][1]:.1f}" '
        f'stroke="{colour}" stroke-width="7"/>',
        f'<circle cx="{tube[0]:.1f}" cy="{tube[1]:.1f}" r="5" fill="{colour}"/>',
        text(label[0], label[1] + 5, words, anchor=anchor, colour=colour),
    ]


def arc(
    middle: tuple[float, float], radius: float, directions: list[np.ndarray], words: str, at: np.ndarray
) -> list[str]:
    """An arrow along the given directions."""
    points = [np.array(middle) + radius * d for d in directions]
    path = "M" + " L".join(f"{p[0]:.1f} {p[1]:.1f}" for p in points)
    place = np.array(middle) + at
    return [
        f'<path d="{path}" fill="none" stroke="{BEAM}" stroke-width="2.5" marker-end="url(#tip)"/>',
        text(place[0], place[1], words, size=15, colour=BEAM),
    ]


def axial() -> list[str]:
    """The patient across, with the views and the way LAO counts."""
    x, y = AXIAL
    drawn = [
        text(x, 28, "Seen from the feet, patient prone", size=17),
        f'<rect x="{x - 125}" y="{y + 78}" width="250" height="7" fill="{PALE}"/>',
        text(x + 132, y + 88, "table", size=12, anchor="start"),
        f'<ellipse cx="{x}" cy="{y}" rx="115" ry="76" fill="{PALE}"/>',
        f'<ellipse cx="{x}" cy="{y + 12}" rx="26" ry="20" fill="white" stroke="{INK}" stroke-width="2"/>',
        f'<path d="M{x - 18} {y - 2} L{x - 16} {y - 18} L{x - 34} {y - 26} M{x + 18} {y - 2} L{x + 16} {y - 18} '
        f'L{x + 34} {y - 26} M{x - 16} {y - 18} L{x} {y - 32} L{x + 16} {y - 18} M{x} {y - 32} L{x} {y - 56}" '
        f'fill="none" stroke="{INK}" stroke-width="3"/>',
        text(x - 98, y + 5, "L", size=20),
        text(x + 98, y + 5, "R", size=20),
    ]
    for lao, words in (
        (180.0, "AP: lao 180"),
        (155.0, "lao 180 − convergence"),
        (90.0, "lateral: lao +90"),
    ):
        colour = BEAM if lao == 155.0 else INK
        towards = from_the_feet(to_detector(lao, 0.0))
        if lao == 155.0:
            drawn += detector(AXIAL, towards, "", colour=colour)
            drawn.append(text(x - 100, y - 158, "left pedicle:", size=13, anchor="end", colour=colour))
            drawn.append(text(x - 100, y - 141, words, size=13, anchor="end", colour=colour))
        elif lao == 90.0:
            drawn += detector(AXIAL, towards, "", colour=colour)
            drawn.append(text(x - REACH, y - 44, words))
        else:
            drawn += detector(AXIAL, towards, words, colour=colour)
    sweep = [from_the_feet(to_detector(lao, 0.0)) for lao in np.linspace(5.0, 80.0, 30)]
    drawn += arc(AXIAL, 128.0, sweep, "+ LAO", np.array([-100.0, 122.0]))
    drawn.append(text(x, y + REACH + 28, "lao 0: detector in front", size=13))
    return drawn


def sagittal() -> list[str]:
    """The patient along, with the way cranial counts."""
    x, y = SAGITTAL
    drawn = [
        text(x, 28, "Seen from the patient's left, prone", size=17),
        f'<rect x="{x - 170}" y="{y + 62}" width="340" height="7" fill="{PALE}"/>',
        f'<rect x="{x - 165}" y="{y - 60}" width="330" height="120" rx="50" fill="{PALE}"/>',
        text(x - 176, y + 5, "head", size=15, anchor="end"),
        text(x + 176, y + 5, "feet", size=15, anchor="start"),
        text(x + 120, y - 40, "back", size=13),
        text(x + 120, y + 50, "front", size=13),
    ]
    for step in (-2, -1, 0, 1, 2):
        left = x + 44 * step - 17
        drawn.append(
            f'<rect x="{left}" y="{y - 6}" width="34" height="36" rx="4" fill="white" stroke="{INK}" stroke-width="2"/>'
        )
        drawn.append(
            f'<path d="M{left + 10} {y - 6} L{left + 12} {y - 22} L{left + 34} {y - 42}" '
            f'fill="none" stroke="{INK}" stroke-width="3"/>'
        )
    drawn += detector(SAGITTAL, from_the_left(to_detector(180.0, 0.0)), "cranial 0")
    drawn += detector(SAGITTAL, from_the_left(to_detector(180.0, 25.0)), "cranial +25", colour=BEAM)
    sweep = [from_the_left(to_detector(180.0, c)) for c in np.linspace(3.0, 21.0, 12)]
    drawn += arc(SAGITTAL, 128.0, sweep, "+ cranial", np.array([-108.0, -96.0]))
    drawn.append(text(x, y + REACH + 40, "A needle that points to the head has its hub, and the barrel", size=13))
    drawn.append(text(x, y + REACH + 58, "detector, towards the feet: cranial is negative.", size=13))
    return drawn


def picture() -> str:
    """The whole drawing."""
    marker = (
        '<defs><marker id="tip" markerWidth="9" markerHeight="9" refX="6" refY="3" orient="auto">'
        f'<path d="M0 0 L7 3 L0 6 z" fill="{BEAM}"/></marker></defs>'
    )
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">'
    ground = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>'
    foot = text(
        WIDTH / 2,
        HEIGHT - 12,
        "Angles as in DICOM (0018,1510) and (0018,1511); the plate is the detector, the dot the tube.",
        size=13,
    )
    return "\n".join([head, marker, ground, *axial(), *sagittal(), foot, "</svg>", ""])


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(picture(), encoding="utf-8")
