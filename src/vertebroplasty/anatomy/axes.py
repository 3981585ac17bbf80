"""The vertebra's own axes: right from mirror symmetry, superior from its posterior wall, anterior completes them."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from vertebroplasty.anatomy.body_edges import Plate, Walls, anterior_line, rough_plates
from vertebroplasty.anatomy.bone import CLOUD_MM, Bone, neighbour_bone
from vertebroplasty.anatomy.canal import locate_canal
from vertebroplasty.anatomy.canal_projection import CanalHole, find_canal_hole
from vertebroplasty.anatomy.posterior_wall import posterior_line
from vertebroplasty.anatomy.symmetry import SymmetryBox, best_yaw, mirror_frame, on_midline, turned
from vertebroplasty.anatomy.vertebra import WallLine
from vertebroplasty.errors import CutBody, Refused
from vertebroplasty.geometry.frame import Frame, unit

__all__ = ["Axes", "axes_facing", "find_axes", "with_posterior_wall"]

CLOSED_SHARE = 0.8  # [choice] of rays from the canal that meet bone
OPEN_SHARE = 0.55  # [choice] likewise after a laminectomy or at a cut face
TILTS_DEG = (-30.0, -15.0, 0.0, 15.0, 30.0)  # [choice] tried in two planes where no neighbours show the column's axis
ROUNDS = 4  # [choice] of wall, plates and symmetry; the axes settle to 0.1° in three
WALL_HALF_WIDTH_MM = 6.0  # [choice] the mid-sagittal part of the walls
WALL_SHARE = 0.38  # [choice] of the height to each side of the middle; the rims curl
BEHIND_CANAL_MM = 16.0  # [choice] symmetry is judged up to here behind the canal's centre
BEFORE_CANAL_MM = 40.0  # [choice] likewise in front of it, before the body is known
YAWS_DEG = tuple(range(-48, 49, 6))  # [choice] tried about the canal's centre; a crushed body's seed lies far aside
SYMMETRY_HALF_HEIGHT_MM = 15.0  # [choice] likewise above and below the body's middle
SHORTEST_REACH_MM = 2.0  # [choice] of the walls' heights to each side in a crushed body
SMALLEST_HALF_DEPTH_MM = 5.0  # [choice] what is shallower is no vertebral body
LARGEST_TURN_DEG = 40.0  # [choice] from the column's axis; a cut body that asks for more does not show its axes
FIRST_HALF_DEPTH_MM = 12.0  # [choice] the body's half-depth before it is measured
WIDTH_TO_DEPTH = 1.3  # [choice] of a body, for the ellipse over which plates are fitted
WALL_AND_PLATES_DEG = 10.0  # [choice] a larger angle between wall and plates is doubted where the body is no wedge


@dataclass(frozen=True, eq=False, kw_only=True)
class Axes:
    """A frame about the body's middle with the rough shape it was found from."""

    frame: Frame
    walls: Walls
    lower: Plate
    upper: Plate
    canal: CanalHole | None
    notes: tuple[str, ...]


def _world_frame(origin: Float[np.ndarray, "3"], superior: Float[np.ndarray, "3"]) -> Frame:
    """A frame along an axis, facing the world's front."""
    superior = unit(superior)
    front = np.array([0.0, -1.0, 0.0])
    anterior = unit(front - (front @ superior) * superior)
    return Frame(origin, np.cross(anterior, superior), anterior, superior)


def _column_axis(bone: Bone) -> Float[np.ndarray, "3"] | None:
    """From the body below to the body above, where complete neighbours show it."""
    seeds = [
        bone.seed_lps_mm if seen is None or seen.label.cut_sides else seen.seed_lps_mm
        for seen in (neighbour_bone(bone.level, step) for step in (1, -1))
    ]
    chord = seeds[1] - seeds[0]
    if np.linalg.norm(chord) < 1:
        return None
    return unit(chord if chord[2] > 0 else -chord)


def _first_frame(bone: Bone, axis: Float[np.ndarray, "3"] | None) -> tuple[Frame, CanalHole | None]:
    """Axes along the column with the canal behind; where no column is given, the tilt that shows the widest canal."""
    if axis is not None:
        candidates = [axis]
    else:
        tilts = np.tan(np.radians(TILTS_DEG))
        candidates = [np.array([x, y, 1.0]) for x in tilts for y in tilts]
    best_frame, best = _world_frame(bone.seed_lps_mm, np.array([0.0, 0.0, 1.0]) if axis is None else axis), None
    for share in (CLOSED_SHARE, OPEN_SHARE):
        for candidate in candidates:
            frame = _world_frame(bone.seed_lps_mm, candidate)
            hole = find_canal_hole(bone.cloud_lps_mm, CLOUD_MM**3, frame, share)
            if hole is not None and (best is None or hole.radius_mm > best.radius_mm):
                best_frame, best = frame, hole
        if best is not None:
            return _on_midline(bone, best_frame, best)
    return best_frame, None


def _on_midline(bone: Bone, frame: Frame, hole: CanalHole) -> tuple[Frame, CanalHole]:
    """The frame turned about the canal's centre to the best mirror symmetry, its origin moved onto the midline.

    The seed of a crushed body may lie far to one side; the canal never does.
    """
    pivot = Frame(
        frame.to_world(np.array([hole.right_mm, hole.anterior_mm, 0.0])), frame.right, frame.anterior, frame.superior
    )
    box = SymmetryBox(
        anterior_low_mm=-BEHIND_CANAL_MM,
        anterior_high_mm=BEFORE_CANAL_MM,
        superior_low_mm=-SYMMETRY_HALF_HEIGHT_MM,
        superior_high_mm=SYMMETRY_HALF_HEIGHT_MM,
    )
    facing = best_yaw(bone.field, pivot, box, tuple(np.radians(YAWS_DEG)))
    offset = facing.to_local(frame.origin_lps_mm)
    origin = facing.to_world(np.array([0.0, offset[1], offset[2]]))
    turned_frame = Frame(origin, facing.right, facing.anterior, facing.superior)
    return turned_frame, replace(hole, right_mm=0.0, anterior_mm=-float(offset[1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """The body's rough shape in a frame about its middle, and the canal behind it."""

    frame: Frame
    lower: Plate
    upper: Plate
    walls: Walls
    hole: CanalHole | None

    @property
    def half_depth_mm(self) -> float:
        return self.walls.depth_at(0.0) / 2


def _walls(bone: Bone, frame: Frame, height_mm: float, hole: CanalHole | None) -> Walls | None:
    """Posterior and anterior wall near the mid-sagittal plane."""
    surface = bone.corpus or bone.field
    reach = max(WALL_SHARE * height_mm, SHORTEST_REACH_MM)
    width = None if hole is None else locate_canal(bone.field, frame, hole, height_mm / 2).half_width_mm
    posterior = posterior_line(
        surface,
        frame,
        reach_mm=reach,
        canal_half_width_mm=width,
        canal_anterior_mm=None if hole is None else hole.anterior_mm,
    )
    anterior = anterior_line(surface, frame, half_width_mm=WALL_HALF_WIDTH_MM, reach_mm=reach)
    return None if posterior is None or anterior is None else Walls(posterior=posterior, anterior=anterior)


def _shape(bone: Bone, frame: Frame, half_depth_mm: float, hole: CanalHole | None) -> _Shape | None:
    """The body's rough shape about its middle, the origin moved there in two rounds; None where it cannot be seen."""
    once = _shape_once(bone, frame, half_depth_mm, hole)
    return None if once is None else _shape_once(bone, once.frame, once.half_depth_mm, once.hole)


def _shape_once(bone: Bone, frame: Frame, half_depth_mm: float, hole: CanalHole | None) -> _Shape | None:
    """Plates, walls and canal with the origin moved to mid-depth and mid-height as they are found."""
    surface = bone.corpus or bone.field
    plates = rough_plates(surface, frame, half_depth_mm=half_depth_mm, half_width_mm=WIDTH_TO_DEPTH * half_depth_mm)
    if plates is None:
        return None
    lower, upper = plates
    rise = (lower.at_zero_mm + upper.at_zero_mm) / 2
    frame = _moved(frame, superior=rise)
    walls = _walls(bone, frame, upper.at_zero_mm - lower.at_zero_mm, hole)
    if walls is None or walls.depth_at(0.0) / 2 < SMALLEST_HALF_DEPTH_MM:
        return None
    return _about_mid_depth(
        _Shape(
            frame=frame,
            lower=replace(lower, at_zero_mm=lower.at_zero_mm - rise),
            upper=replace(upper, at_zero_mm=upper.at_zero_mm - rise),
            walls=walls,
            hole=hole,
        )
    )


def _about_mid_depth(shape: _Shape) -> _Shape:
    """The same shape with the origin midway between its walls."""
    walls = shape.walls
    ahead = (walls.anterior.at_zero_mm + walls.posterior.at_zero_mm) / 2
    lower, upper = (
        replace(plate, at_zero_mm=plate.at_zero_mm + ahead * plate.anterior_slope)
        for plate in (shape.lower, shape.upper)
    )
    return _Shape(
        frame=_moved(shape.frame, anterior=ahead),
        lower=lower,
        upper=upper,
        walls=Walls(posterior=_shifted(walls.posterior, ahead), anterior=_shifted(walls.anterior, ahead)),
        hole=None if shape.hole is None else replace(shape.hole, anterior_mm=shape.hole.anterior_mm - ahead),
    )


def _shifted(line: WallLine, ahead_mm: float) -> WallLine:
    return WallLine(at_zero_mm=line.at_zero_mm - ahead_mm, slope=line.slope)


def _moved(frame: Frame, *, anterior: float = 0.0, superior: float = 0.0) -> Frame:
    """The same axes about another point."""
    origin = frame.origin_lps_mm + anterior * frame.anterior + superior * frame.superior
    return Frame(origin, frame.right, frame.anterior, frame.superior)


def _symmetric(bone: Bone, frame: Frame, half_depth_mm: float, first: bool) -> Frame:
    """Right and midline from mirror symmetry of body, pedicles and the arch around the canal."""
    box = _mirrored_box(half_depth_mm)
    return mirror_frame(bone.field, frame, box) if first else mirror_frame(bone.field, frame, box, starts=(0.0,))


def _mirrored_box(half_depth_mm: float) -> SymmetryBox:
    """Where the two sides of a vertebra are compared."""
    return SymmetryBox(
        anterior_low_mm=-half_depth_mm - BEHIND_CANAL_MM - WALL_HALF_WIDTH_MM,
        anterior_high_mm=half_depth_mm,
        superior_low_mm=-SYMMETRY_HALF_HEIGHT_MM,
        superior_high_mm=SYMMETRY_HALF_HEIGHT_MM,
    )


def _doubts(walls: Walls, lower: Plate, upper: Plate) -> tuple[str, ...]:
    """Sentences where the posterior wall and the endplates disagree on which way is up."""
    bisector = np.degrees(np.arctan((lower.anterior_slope + upper.anterior_slope) / 2))
    between = abs(np.degrees(np.arctan(walls.posterior.slope)) + bisector)
    wedge = abs(np.degrees(np.arctan(upper.anterior_slope) - np.arctan(lower.anterior_slope)))
    if between > WALL_AND_PLATES_DEG and wedge < WALL_AND_PLATES_DEG:
        return (f"The posterior wall and the endplates disagree by {between:.0f}° on which way is up.",)
    return ()


def _cut_error(bone: Bone) -> CutBody:
    name = bone.level.name
    return CutBody(
        f"The body of {name} cannot be followed to its edges: it leaves the field of view, or the label is not a "
        "vertebra; use a scan that holds the whole body.",
        where=name,
    )


def find_axes(bone: Bone) -> Axes:
    """The level's axes and the rough shape of its body.

    The column's axis comes from the neighbours.  Where a label volume ends short of the CT, what is left of a
    neighbour looks whole and its axis is wrong; where no canal is seen along it, the level's own tilt is tried.

    Raises:
        CutBody: the endplates or walls of the body cannot be seen, or what is left of it does not show its axes.
    """
    column = _column_axis(bone)
    axes = _axes_along(bone, column)
    if axes.canal is not None or column is None:
        return axes
    try:
        alone = _axes_along(bone, None)
    except CutBody:
        return axes
    return axes if alone.canal is None else alone


def _axes_along(bone: Bone, column: Float[np.ndarray, "3"] | None) -> Axes:
    """The axes settled from the column's axis, or from the level's own tilt where none is given."""
    first, hole = _first_frame(bone, column)
    frame, half_depth = first, FIRST_HALF_DEPTH_MM
    for turn in range(ROUNDS):
        shape = _shape(bone, frame, half_depth, hole)
        if shape is None:
            raise _cut_error(bone)
        half_depth = shape.half_depth_mm
        frame = _symmetric(bone, shape.frame, half_depth, first=turn == 0)
        hole = find_canal_hole(bone.cloud_lps_mm, CLOUD_MM**3, frame, CLOSED_SHARE)
        walls = _walls(bone, frame, shape.upper.at_zero_mm - shape.lower.at_zero_mm, hole)
        if walls is not None:
            frame = turned(frame, pitch=float(np.arctan(walls.posterior.slope)))
    hole = find_canal_hole(bone.cloud_lps_mm, CLOUD_MM**3, frame, CLOSED_SHARE)
    shape = _shape(bone, frame, half_depth, hole)
    if shape is None:
        raise _cut_error(bone)
    between = np.degrees(np.arccos(np.clip(frame.superior @ first.superior, -1.0, 1.0)))
    if bone.label.cut_sides and between > LARGEST_TURN_DEG:
        raise _cut_error(bone)
    return _axes_with(shape, _doubts(shape.walls, shape.lower, shape.upper))


def axes_facing(bone: Bone, directions: Float[np.ndarray, "3 3"]) -> Axes:
    """The body's rough shape along axes that are given (rows right, anterior, superior), about its own middle.

    Raises:
        CutBody: along these axes the endplates or walls cannot be seen.
    """
    try:
        origin = find_axes(bone).frame.origin_lps_mm
    except CutBody:
        origin = bone.seed_lps_mm
    frame, half_depth = Frame(origin, *directions), FIRST_HALF_DEPTH_MM
    for _ in range(2):
        shape = _shape(bone, frame, half_depth, find_canal_hole(bone.cloud_lps_mm, CLOUD_MM**3, frame, CLOSED_SHARE))
        if shape is None:
            raise _cut_error(bone)
        half_depth = shape.half_depth_mm
        frame = on_midline(bone.field, shape.frame, _mirrored_box(half_depth))
    shape = _shape(bone, frame, half_depth, find_canal_hole(bone.cloud_lps_mm, CLOUD_MM**3, frame, CLOSED_SHARE))
    if shape is None:
        raise _cut_error(bone)
    return _axes_with(shape, _doubts(shape.walls, shape.lower, shape.upper))


def with_posterior_wall(axes: Axes, posterior: WallLine, name: str) -> Axes:
    """The same axes with another posterior wall, about the middle of the body it leaves.

    Raises:
        Refused: the wall leaves no body of a vertebra's depth.
    """
    walls = Walls(posterior=posterior, anterior=axes.walls.anterior)
    if walls.depth_at(0.0) < 2 * SMALLEST_HALF_DEPTH_MM:
        raise Refused(
            f"The stated posterior wall of {name} leaves a body {walls.depth_at(0.0):.0f} mm deep: check its points.",
            where="--landmarks",
        )
    shape = _Shape(frame=axes.frame, lower=axes.lower, upper=axes.upper, walls=walls, hole=axes.canal)
    return _axes_with(_about_mid_depth(shape), axes.notes)


def _axes_with(shape: _Shape, notes: tuple[str, ...]) -> Axes:
    return Axes(
        frame=shape.frame, walls=shape.walls, lower=shape.lower, upper=shape.upper, canal=shape.hole, notes=notes
    )
