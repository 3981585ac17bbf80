"""Stated landmarks put in the place of what was measured: axes, posterior wall and pedicles of one level."""

from dataclasses import replace

import numpy as np

from vertebroplasty.anatomy.axes import Axes, axes_facing, find_axes, with_posterior_wall
from vertebroplasty.anatomy.body import Body
from vertebroplasty.anatomy.bone import Bone, bone_of
from vertebroplasty.anatomy.landmarks import IsthmusLandmark, Landmarks
from vertebroplasty.anatomy.levels import Spine
from vertebroplasty.anatomy.pedicle import find_pedicle, pedicle_at
from vertebroplasty.anatomy.vertebra import Pedicle, WallLine
from vertebroplasty.anatomy.volume import CtVolume, InputFile
from vertebroplasty.errors import Refused

__all__ = ["stated_axes", "stated_pedicle", "with_landmarks"]

FARTHEST_FROM_BONE_MM = 15.0  # [choice] a landmark farther from the level's label belongs to another vertebra
BEHIND_BODY_DEG = 60.0  # [choice] of a pedicle's axis from the vertebra's anterior axis; no pedicle converges more


def with_landmarks(spine: Spine, landmarks: dict[str, Landmarks], file: InputFile) -> Spine:
    """The spine with stated landmarks, nothing of it worked out yet; the file and what it overrides are recorded.

    Raises:
        Refused: a level that is not labelled, or a point far from its bone.
    """
    said = []
    for name, stated in landmarks.items():
        bone = bone_of(spine[name])
        for what, point in stated.points_lps_mm().items():
            away = float(np.sqrt(np.min(np.sum((bone.cloud_lps_mm - point) ** 2, axis=1))))
            if away > FARTHEST_FROM_BONE_MM:
                raise Refused(
                    f"{file.name}: the {what} of {name} lies {away:.0f} mm from the bone of {name}: give LPS "
                    "millimetres (x grows to the left, y to the back) of a point of this level.",
                    where="--landmarks",
                )
        said.append(f"Overridden by the user for {name} ({file.name}): {', '.join(stated.names())}; not measured.")
    return replace(spine, landmarks=landmarks, notes=(*spine.notes, *said), inputs=(*spine.inputs, file), _found={})


def stated_axes(bone: Bone, stated: Landmarks) -> Axes:
    """The level's axes and walls with what is stated in its place, the rest measured.

    Raises:
        CutBody: the body cannot be followed to its edges.
        Refused: the stated wall is no posterior wall of this body.
    """
    axes = find_axes(bone) if stated.axes is None else axes_facing(bone, stated.axes)
    if stated.posterior_wall is None:
        return axes
    zero, slope = stated.posterior_wall.line_in(axes.frame, axes.walls.posterior.slope)
    return with_posterior_wall(axes, WallLine(at_zero_mm=zero, slope=slope), bone.level.name)


def stated_pedicle(body: Body, ct: CtVolume, side: str, isthmus: IsthmusLandmark | None) -> Pedicle | None:
    """The pedicle about a stated isthmus, or the one that is found where none is stated.

    Raises:
        Refused: the isthmus lies on the other side, its axis does not lead to the body, or nothing there can be
            measured and its size is not stated.
    """
    if isthmus is None:
        return find_pedicle(body, ct, side)
    centre = body.frame.to_local(isthmus.centre_lps_mm)
    name = f"The stated {side} isthmus"
    if (centre[0] > 0) != (side == "right"):
        raise Refused(f"{name} lies on the other side of the midline: in LPS x grows to the left.", where="--landmarks")
    axis = None
    if isthmus.axis_lps is not None:
        axis = body.frame.direction_to_local(isthmus.axis_lps)
        axis = axis if axis[1] > 0 else -axis
        if axis[1] < np.cos(np.radians(BEHIND_BODY_DEG)):
            raise Refused(f"{name} has an axis that does not lead from the arch to the body.", where="--landmarks")
    pedicle = pedicle_at(body, ct, side, centre, axis=axis, width_mm=isthmus.width_mm, height_mm=isthmus.height_mm)
    if pedicle is None:
        raise Refused(
            f"{name} lies outside the label, so its size cannot be measured: add axis, width_mm and height_mm, or move "
            "the point.",
            where="--landmarks",
        )
    return pedicle
