"""Which neighbours may serve as a reference: complete, free of metal and cement, unfractured or unretropulsed."""

from collections.abc import Callable, Iterator

from vertebroplasty.anatomy.bone import bone_of
from vertebroplasty.anatomy.density import metal_or_cement
from vertebroplasty.anatomy.find import find_vertebra
from vertebroplasty.anatomy.levels import Level
from vertebroplasty.anatomy.retropulsion import retropulsion_mm
from vertebroplasty.anatomy.sizes import sizes_of
from vertebroplasty.errors import CutBody, Refused

__all__ = ["RETROPULSED_ABOVE_MM", "is_complete", "references", "retropulsion_of", "unfractured", "unretropulsed"]

UNFRACTURED_SHARE = 0.8  # [choice] of its own posterior height that anterior and middle reach in an unfractured level
LEAST_VOLUME_SHARE = 0.6  # [choice] of a direct neighbour's label; what is smaller was cut off, though it looks whole
RETROPULSED_ABOVE_MM = 3.0  # [choice] curvature alone reads up to 2.5 mm


def is_complete(level: Level) -> bool:
    """Whether the whole vertebra lies in the volume, its body and canal are found, and it holds no metal or cement."""
    key = f"complete {level.name}"
    if key not in level.spine._found:
        level.spine._found[key] = level.name[0] in "TL" and _serves(level) and not metal_or_cement(level)
    return bool(level.spine._found[key])


def _found_whole(level: Level) -> bool:
    try:
        if bone_of(level).label.cut_sides:
            return False
        return find_vertebra(level).canal is not None
    except (CutBody, Refused):
        return False


def _serves(level: Level) -> bool:
    """Whether a level is found whole and its label is not far smaller than a direct neighbour's.

    A label volume smaller than the CT cuts a level where the scan does not: what is left looks whole.
    """
    return _found_whole(level) and all(
        _label_ml(level) >= LEAST_VOLUME_SHARE * _label_ml(beside)
        for beside in (level.neighbour(-1), level.neighbour(1))
        if beside is not None and beside.name[0] in "TL"  # a sacrum is often labelled as one piece
    )


def _label_ml(level: Level) -> float:
    """Volume of the level's label, 0 where it has no voxel."""
    try:
        label = bone_of(level).label
    except Refused:
        return 0.0
    return float(label.mask.sum() * label.affine.voxel_ml)


def unfractured(level: Level) -> bool:
    """Whether anterior and middle height reach the unfractured share of the level's own posterior height."""
    points = sizes_of(level).middle
    if points is None:
        return False
    anterior, middle, posterior = points.heights_mm
    return bool(min(anterior, middle) >= UNFRACTURED_SHARE * posterior)


def retropulsion_of(level: Level) -> float | None:
    """Retropulsion in mm against the direct neighbours; None where either is missing, cut or unreadable.

    A wall further from the neighbours' walls than the canal is deep is no finding: the frames are wrong.
    """
    above, below = level.neighbour(-1), level.neighbour(1)
    if above is None or below is None:
        return None
    if not (_serves(above) and _found_whole(level) and _serves(below)):
        return None
    own, upper, lower = sizes_of(level), sizes_of(above), sizes_of(below)
    if own.canal is None or upper.middle is None or lower.middle is None:
        return None
    behind = retropulsion_mm(
        own.vertebra,
        own.canal,
        upper.vertebra,
        lower.vertebra,
        float(upper.middle.lower[2, 1]),
        float(lower.middle.upper[2, 1]),
    )
    depths = [found.canal.median_ap_mm for found in (own, upper, lower) if found.canal is not None]
    deepest = max((depth for depth in depths if depth is not None), default=None)
    return None if behind is None or deepest is None or abs(behind) > deepest else behind


def unretropulsed(level: Level) -> bool:
    """Whether no retropulsion is called on a level and its canal was measured front to back."""
    canal = sizes_of(level).canal
    if canal is None or canal.smallest_ap_mm is None:
        return False
    behind = retropulsion_of(level)
    return behind is None or behind <= RETROPULSED_ABOVE_MM


def _walk(level: Level, step: int) -> Iterator[Level]:
    """Levels in one direction as long as their names follow each other."""
    following = level.neighbour(step)
    while following is not None:
        yield following
        following = following.neighbour(step)


def references(level: Level, fit: Callable[[Level], bool]) -> tuple[Level, ...]:
    """The nearest complete level above and the nearest below that fit; none, one or two."""
    found = []
    for step in (-1, 1):
        nearest = next((known for known in _walk(level, step) if is_complete(known) and fit(known)), None)
        if nearest is not None:
            found.append(nearest)
    return tuple(found)
