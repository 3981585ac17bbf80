"""The column of labelled levels: their order along the spine, the steps between them, and what contradicts a name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from vertebroplasty.anatomy.levels import expected_below, level_rank
from vertebroplasty.intake.label_volume import LabelPiece

__all__ = ["Column", "build_column", "gap_sentence", "name_gap_sentence", "order_sentence", "step_sentence"]

GAP_RATIO = 1.6  # [choice] a step so much longer than those beside it holds another vertebra
SACRUM_GAP_RATIO = 2.4  # [choice] the whole sacrum's centre lies lower than a vertebra's
NEIGHBOUR_STEPS = 2  # [choice] steps on either side that a step is compared with
# Steps between centres of neighbouring levels, wide enough for small, tall and fractured patients, so that only
# another region's name falls outside: a lumbar step under 24 mm or a thoracic one above 30 mm is no normal variant.
SHORTEST_STEP_MM = 5.0  # [choice] any two levels
LONGEST_STEP_MM = 60.0  # [choice] any two levels above the sacrum, without one missing between them
IMPOSSIBLE_STEP_MM = 90.0  # [choice] even with one level missing between them
IMPOSSIBLE_SACRUM_STEP_MM = 130.0  # [choice] the whole sacrum's centre below a lumbar vertebra's
LONGEST_CERVICAL_STEP_MM = 22.0  # [choice] median of C1 to C7
LONGEST_THORACIC_STEP_MM = 30.0  # [choice] median of T1 to T8
SHORTEST_LUMBAR_STEP_MM = 24.0  # [choice] median of L1 to L5


@dataclass(frozen=True, eq=False, kw_only=True)
class Column:
    """Named levels from the top of the patient down: names, pieces, and position along the spine's direction in mm."""

    names: tuple[str, ...]
    pieces: tuple[LabelPiece, ...]
    depth_mm: Float[np.ndarray, "n"]  # growing downwards

    @property
    def steps_mm(self) -> Float[np.ndarray, "m"]:
        """Distance between the centres of successive levels."""
        centres = np.array([piece.centre_lps_mm for piece in self.pieces]).reshape(-1, 3)
        return np.linalg.norm(np.diff(centres, axis=0), axis=1)


def build_column(levels: Sequence[tuple[str, LabelPiece]]) -> Column:
    """Sort levels from cranial to caudal along the principal direction of their centres.

    The direction follows a spine that lies obliquely in the scan; only its sign is taken from the patient's axes.
    """
    centres = np.array([piece.centre_lps_mm for _, piece in levels], float).reshape(-1, 3)
    down = np.array([0.0, 0.0, -1.0])
    if len(levels) > 1:
        _, _, directions = np.linalg.svd(centres - centres.mean(axis=0))
        down = directions[0] * (-1.0 if directions[0][2] > 0 else 1.0)
    depth = centres @ down
    order = np.argsort(depth, kind="stable")
    return Column(
        names=tuple(levels[index][0] for index in order),
        pieces=tuple(levels[index][1] for index in order),
        depth_mm=depth[order],
    )


def order_sentence(column: Column) -> str | None:
    """A sentence on the first level whose name does not follow from above to below, or None."""
    for upper, lower in zip(column.names, column.names[1:], strict=False):
        if level_rank(upper) == level_rank(lower):
            return f"{upper} is labelled twice"
        if level_rank(upper) > level_rank(lower):
            return f"{upper} lies above {lower}"
    return None


def name_gap_sentence(column: Column) -> str | None:
    """A sentence on the first pair of neighbours whose names do not follow each other, or None."""
    for upper, lower in zip(column.names, column.names[1:], strict=False):
        if lower not in expected_below(upper):
            return f"{lower} follows directly below {upper}"
    return None


def gap_sentence(column: Column, *, whole_sacrum: bool) -> str | None:
    """A sentence on the first step much longer than its neighbours, or None.

    A cut level's centre lies too near to its neighbour, so steps beside it are not what others are compared with.
    """
    steps = column.steps_mm
    complete = [not (a.is_cut or b.is_cut) for a, b in zip(column.pieces, column.pieces[1:], strict=False)]
    for at, step in enumerate(steps):
        beside = [
            float(steps[other])
            for other in range(max(0, at - NEIGHBOUR_STEPS), min(len(steps), at + NEIGHBOUR_STEPS + 1))
            if other != at and complete[other] and column.names[other + 1] != "S1"
        ]
        to_sacrum = whole_sacrum and column.names[at + 1] == "S1"
        longest = IMPOSSIBLE_SACRUM_STEP_MM if to_sacrum else LONGEST_STEP_MM
        if beside:
            longest = min(longest, (SACRUM_GAP_RATIO if to_sacrum else GAP_RATIO) * max(beside))
        if step > longest:
            than = f", the levels beside them {max(beside):.0f} mm" if beside else ""
            return (
                f"{column.names[at]} and {column.names[at + 1]} are {step:.0f} mm apart{than}: a vertebra between them "
                "may be unlabelled"
            )
    return None


def step_sentence(column: Column) -> str | None:
    """A sentence if the steps between levels cannot be those of the named region, or None."""
    limits: Mapping[str, tuple[float, float]] = {
        "cervical": (0.0, LONGEST_CERVICAL_STEP_MM),
        "upper thoracic": (0.0, LONGEST_THORACIC_STEP_MM),
        "lumbar": (SHORTEST_LUMBAR_STEP_MM, np.inf),
    }
    steps: dict[str, list[float]] = {region: [] for region in limits}
    pairs = zip(column.names, column.names[1:], column.pieces, column.pieces[1:], column.steps_mm, strict=False)
    for upper, lower, above, below, step in pairs:
        if lower not in expected_below(upper):
            continue
        if not SHORTEST_STEP_MM <= step <= (IMPOSSIBLE_SACRUM_STEP_MM if lower == "S1" else IMPOSSIBLE_STEP_MM):
            return f"{upper} and {lower} would be {step:.0f} mm apart"
        region = _region(upper, lower)
        if region and not (above.is_cut or below.is_cut):
            steps[region].append(float(step))
    for region, found in steps.items():
        shortest, longest = limits[region]
        ordered = sorted(found)
        # Of an even number the middle value nearer to the allowed range counts: one doubled step proves nothing.
        if ordered and (ordered[len(ordered) // 2] < shortest or ordered[(len(ordered) - 1) // 2] > longest):
            return f"{region} levels would be {float(np.median(ordered)):.0f} mm apart"
    return None


def _region(upper: str, lower: str) -> str | None:
    ranks = [level_rank(name) for name in (upper, lower)]
    for region, first, last in (("cervical", "C1", "C7"), ("upper thoracic", "T1", "T8"), ("lumbar", "L1", "L5")):
        if all(level_rank(first) <= rank <= level_rank(last) for rank in ranks):
            return region
    return None
