"""Find a level's own axes and parts in the CT: the way from a label to a `Vertebra`."""

import numpy as np

from vertebroplasty.anatomy.axes import Axes
from vertebroplasty.anatomy.body import Body, footprint_of, wall_plane
from vertebroplasty.anatomy.bone import Bone, bone_of
from vertebroplasty.anatomy.canal import locate_canal
from vertebroplasty.anatomy.clean import cut_sides
from vertebroplasty.anatomy.landmarks import Landmarks
from vertebroplasty.anatomy.levels import Level
from vertebroplasty.anatomy.parts import parts_of
from vertebroplasty.anatomy.stated import stated_axes, stated_pedicle
from vertebroplasty.anatomy.vertebra import Canal, Part, Vertebra
from vertebroplasty.errors import CutBody

__all__ = ["body_of", "find_vertebra"]

NO_CANAL = "No ring of bone closes around the canal in projection; canal and pedicles are not measured."
NOTHING_STATED = Landmarks()
SIDES_AT_MM = 3.0  # [choice] half height over which the body's sides are read


def _sides(body: Body) -> tuple[float, float]:
    """Local right coordinates of the body's left and right edge at mid-height."""
    heights = np.linspace(-SIDES_AT_MM, SIDES_AT_MM, 5)
    depths = np.linspace(-0.5, 0.5, 5) * abs(float(body.plane.at_zero_mm))
    points = np.array([[0.0, depth, height] for depth in depths for height in heights])
    runs = body.surface.runs(body.frame.to_world(points), body.frame.right, reach_mm=SIDES_AT_MM)
    left, right = runs[:, 0], runs[:, 1]
    return float(np.nanmin(left)), float(np.nanmax(right))


def _stated(level: Level) -> Landmarks:
    """What a reader states for this level."""
    return level.spine.landmarks.get(level.name, NOTHING_STATED)


def _body(bone: Bone, axes: Axes, canal: Canal | None) -> Body:
    """The body set apart from the arch; a stated posterior wall is its plane."""
    height = axes.upper.at_zero_mm - axes.lower.at_zero_mm
    surface = bone.corpus or bone.field
    plane = axes.walls.posterior
    if _stated(bone.level).posterior_wall is None:
        plane = wall_plane(surface, axes.frame, canal, height / 2, plane)
    return Body(
        frame=axes.frame,
        bone=bone.field,
        corpus=bone.corpus,
        plane=plane,
        canal=canal,
        footprint=footprint_of(surface, axes.frame, plane, height),
    )


def body_of(level: Level) -> Body:
    """The level's body as a signed function of space, worked out once per spine.

    Raises:
        CutBody: the body cannot be followed to its edges.
        Refused: the level has no voxel.
    """
    find_vertebra(level)
    body: Body = level.spine._found[f"body of {level.name}"]
    return body


def find_vertebra(level: Level) -> Vertebra:
    """The level with its own axes, body, pedicles, arch, canal and walls; worked out once per spine.

    Works from a whole-vertebra label; where the segmentation labels the corpus, that label is the body.  Landmarks
    stated for the level stand in the place of what would be measured.

    Raises:
        CutBody: the body cannot be followed to its edges.
        Refused: the level has no voxel.
    """
    key = f"vertebra {level.name}"
    if key not in level.spine._found:
        bone = bone_of(level)
        axes = stated_axes(bone, _stated(level))
        half_height = (axes.upper.at_zero_mm - axes.lower.at_zero_mm) / 2
        canal = None if axes.canal is None else locate_canal(bone.field, axes.frame, axes.canal, half_height)
        body = _body(bone, axes, canal)
        if canal is None and cut_sides(level, bone.label, parts_of(bone.label, body, {}) == Part.BODY):
            raise CutBody(
                f"{level.name} is cut by the edge of the volume and neither its canal nor its whole body is left: "
                "use a scan that holds the level.",
                where=level.name,
            )
        level.spine._found[f"body of {level.name}"] = body
        level.spine._found[key] = _assembled(bone, axes, body, canal)
    vertebra: Vertebra = level.spine._found[key]
    return vertebra


def _assembled(bone: Bone, axes: Axes, body: Body, canal: Canal | None) -> Vertebra:
    """Everything found about one level as a `Vertebra`."""
    level = bone.level
    isthmus = _stated(level).isthmus
    sides = ("left", "right") if canal is not None else tuple(isthmus)
    found = {side: stated_pedicle(body, level.ct, side, isthmus.get(side)) for side in sides}
    pedicles = {side: pedicle for side, pedicle in found.items() if pedicle is not None}
    part = parts_of(bone.label, body, pedicles)
    left, right = _sides(body)
    return Vertebra(
        level=level,
        frame=axes.frame,
        distance_mm=bone.field.values,
        distance_affine=bone.field.affine,
        part=part,
        posterior_wall=axes.walls.posterior,
        anterior_wall=axes.walls.anterior,
        upper_mm=axes.upper.at_zero_mm,
        lower_mm=axes.lower.at_zero_mm,
        left_mm=left,
        right_mm=right,
        canal=canal,
        pedicles=pedicles,
        cut_sides=bone.label.cut_sides,
        body_cut=bool(cut_sides(level, bone.label, part == Part.BODY)),
        notes=(*axes.notes, *((NO_CANAL,) if canal is None else ())),
    )
