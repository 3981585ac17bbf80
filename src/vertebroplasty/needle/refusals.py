"""Why a needle is refused: what leaves too little bone around it, or metal and old cement in its way."""

import numpy as np

from vertebroplasty.anatomy.vertebra import Pedicle, Vertebra
from vertebroplasty.geometry.gauges import GAUGES, Gauge
from vertebroplasty.geometry.needle_path import NeedlePath
from vertebroplasty.needle.corridor import bone_field, shaft_of
from vertebroplasty.needle.dense_matter import distance_to_dense_matter, meets_dense_matter
from vertebroplasty.needle.planned_path import PlannedPath
from vertebroplasty.needle.search import LEAST_CLEARANCE_MM

__all__ = ["beside_refused", "faults_of", "suggestion", "too_narrow"]


def too_narrow(vertebra: Vertebra, pedicle: Pedicle, size: Gauge, best: PlannedPath | None) -> str:
    """What limits the needle in this pedicle: its width, else its height, else its course, else the body in front.

    `best` is the best straight path with less bone around it than wanted, or None if no line passes at all.
    """
    needed = size.outer_mm + 2 * LEAST_CLEARANCE_MM
    needs = f"{size.number}G needs {size.outer_mm:.2f} + 2 × {LEAST_CLEARANCE_MM:.1f} mm"
    if best is None:
        left = "no straight line from the back reaches the anterior third through it"
    else:
        left = f"the best straight path leaves {best.worst_clearance_mm:.1f} mm"
    wanted = "" if best is None else f" of the {LEAST_CLEARANCE_MM:.1f} mm wanted"
    of_pedicle = f"The {pedicle.side} pedicle is"
    enough = f"{of_pedicle} wide enough ({pedicle.width_mm:.1f} mm, {needs})"
    if pedicle.width_mm < needed:
        return f"{of_pedicle} {pedicle.width_mm:.1f} mm wide at its isthmus, {needs}; {left}."
    if pedicle.height_mm < needed:
        return f"{enough} but only {pedicle.height_mm:.1f} mm high: {left}{wanted}."
    if best is not None and _tightest_in_body(vertebra, best.path):
        return f"{enough} but the body in front of it is too low or narrow: {left}{wanted}."
    return f"{enough} but not straight: {left}{wanted}."


def _tightest_in_body(vertebra: Vertebra, path: NeedlePath) -> bool:
    """Whether the place with the least bone around a needle lies in front of the posterior wall."""
    points = shaft_of(vertebra, path).points
    _, anterior, superior = vertebra.frame.to_local(points[int(np.argmax(bone_field(vertebra).at(points)))])
    return bool(anterior > vertebra.posterior_wall.anterior_at(superior))


def faults_of(vertebra: Vertebra, judged: PlannedPath) -> tuple[str, ...]:
    """Sentences on why an own path is refused; none if it is not."""
    reasons: list[str] = []
    if judged.worst_clearance_mm < LEAST_CLEARANCE_MM:
        reasons.append(f"The clearance is {judged.worst_clearance_mm:.1f} mm, below {LEAST_CLEARANCE_MM:.1f} mm.")
    to_dense = distance_to_dense_matter(vertebra.level)
    if meets_dense_matter(to_dense, judged.entry_lps_mm[None], judged.tip_lps_mm[None], judged.path.gauge)[0]:
        reasons.append("Metal or old cement lies on this path.")
    return tuple(reasons)


def beside_refused(side: str, approach: str, best: PlannedPath | None) -> str:
    """Why an approach beside the pedicle has no path on one side."""
    if best is None:
        return (
            f"No straight {approach} path on the {side} side reaches the body past bone, canal and foramina with "
            f"{LEAST_CLEARANCE_MM:.1f} mm to spare."
        )
    return (
        f"The best {approach} path on the {side} side leaves {best.worst_clearance_mm:.1f} mm of the "
        f"{LEAST_CLEARANCE_MM:.1f} mm wanted."
    )


def suggestion(vertebra: Vertebra, approach: str, pedicle: Pedicle | None, size: Gauge) -> str:
    """What may be tried where a needle does not fit: a thinner one, or the way beside the pedicle."""
    ideas = []
    if approach == "transpedicular" and pedicle is not None:
        room = min(pedicle.width_mm, pedicle.height_mm) - 2 * LEAST_CLEARANCE_MM
        thinner = [each for each in GAUGES.values() if each.outer_mm <= room and each.outer_mm < size.outer_mm]
        if thinner:
            widest = max(thinner, key=lambda each: each.outer_mm)
            ideas.append(f"--gauge {widest.number} (needs {widest.outer_mm:.2f} + 2 × {LEAST_CLEARANCE_MM:.1f} mm)")
    beside = {"C": "anterolateral", "T": "parapedicular", "L": "posterolateral"}.get(vertebra.name[0])
    if beside is not None and beside != approach:
        ideas.append(f"--approach {beside}")
    return f"Try {' or '.join(ideas)}." if ideas else ""
