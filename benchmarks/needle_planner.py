"""Plan one level of the synthetic spine: candidates scored in a second, the whole plan, and a numpy reference.

The reference reads the same field at the same places on every line, all at once, with numpy and scipy.
Run with `python benchmarks/needle_planner.py [repetitions]`.
"""

import sys
import time
from statistics import median

import numpy as np
from scipy import ndimage

from vertebroplasty.anatomy.find import find_vertebra
from vertebroplasty.anatomy.vertebra import Vertebra
from vertebroplasty.geometry.gauges import gauge
from vertebroplasty.needle.candidates import Lines, corridor_of
from vertebroplasty.needle.corridor import bone_field
from vertebroplasty.needle.hand_error import HandError
from vertebroplasty.needle.hazards import hazards_of
from vertebroplasty.needle.line_kernels import RIM, STEP_MM
from vertebroplasty.needle.planner import plan_in
from vertebroplasty.needle.search import Search, scored
from vertebroplasty.phantom import LevelShape, SpinePhantom

CANDIDATES = 100_000
REFERENCE_LINES = 4_000  # of them, since numpy holds every point of every line at once
EVERYTHING = -1e3
LONGEST_MM = 60.0


def searches(vertebra: Vertebra) -> list[tuple[Search, Lines]]:
    """Both sides with all their candidates, repeated up to 100 000 together."""
    hazards = hazards_of(vertebra)
    sides = []
    for side in ("left", "right"):
        corridor = corridor_of(vertebra, side, "transpedicular", hazards)
        if corridor is None:
            raise SystemExit("The phantom has both pedicles.")
        take = np.arange(CANDIDATES // 2) % len(corridor.lines.tips)
        lines = Lines(corridor.lines.through[take], corridor.lines.tips[take])
        sides.append((Search(vertebra, corridor, gauge(11), HandError(), None, hazards), lines))
        print(f"{side:5s} {len(corridor.lines.tips)} candidates of its own")
    return sides


def reference(vertebra: Vertebra, lines: Lines) -> float:
    """Least clearance of the lines from the isthmus to the tip by numpy; returns the seconds."""
    start = time.perf_counter()
    field = bone_field(vertebra)
    directions = lines.directions
    places = -np.arange(0.0, LONGEST_MM, STEP_MM)
    one = np.cross(directions, (0.0, 0.0, 1.0))
    one /= np.linalg.norm(one, axis=1, keepdims=True)
    other = np.cross(directions, one)
    axis = lines.tips[:, None] + places[None, :, None] * directions[:, None]
    turn = 2 * np.pi * np.arange(RIM) / RIM
    radius = gauge(11).outer_mm / 2
    rim = radius * (np.cos(turn)[:, None] * one[:, None] + np.sin(turn)[:, None] * other[:, None])
    index = field.affine.to_index(axis[:, :, None] + rim[:, None])
    values = ndimage.map_coordinates(field.values, np.moveaxis(index[..., ::-1], -1, 0), order=1, mode="nearest")
    values.max(axis=(1, 2))
    return time.perf_counter() - start


def main(repetitions: int = 5) -> None:
    _, spine = SpinePhantom(levels={name: LevelShape() for name in ("L1", "L2", "L3")}).build()
    vertebra = find_vertebra(spine["L2"])
    plan_in(vertebra)  # compiled before the clock starts
    sides = searches(vertebra)
    pruned, whole, plans, numpy_s = [], [], [], []
    for _ in range(repetitions):
        for floor, times in ((1.0, pruned), (EVERYTHING, whole)):
            start = time.perf_counter()
            for search, lines in sides:
                scored(search, lines, floor_mm=floor)
            times.append(time.perf_counter() - start)
        some = Lines(sides[0][1].through[:REFERENCE_LINES], sides[0][1].tips[:REFERENCE_LINES])
        numpy_s.append(reference(vertebra, some) * CANDIDATES / REFERENCE_LINES)
        start = time.perf_counter()
        result = plan_in(vertebra)
        plans.append(time.perf_counter() - start)
    for name, times in (
        ("kept if 1 mm of bone", pruned),
        ("every one to its end", whole),
        ("numpy reference", numpy_s),
    ):
        print(
            f"{name:22s} {median(times):7.3f} s for {CANDIDATES} candidates, {CANDIDATES / median(times):9.0f} a second"
        )
    print(f"numpy takes {median(numpy_s) / median(whole):.0f} times as long")
    print(f"one level planned, warm: {median(plans):.3f} s, {len(result.paths)} paths")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
