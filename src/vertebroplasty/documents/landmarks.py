"""The landmarks file: what a reader states for a level in the place of what would be measured."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field, ValidationError

from vertebroplasty.anatomy.fracture_line import FractureLine
from vertebroplasty.anatomy.landmarks import IsthmusLandmark, Landmarks, WallLandmark, axes_of
from vertebroplasty.anatomy.levels import LEVELS
from vertebroplasty.documents.common import Part, PointLps
from vertebroplasty.documents.input_problems import nearest, parsed_json, refusal
from vertebroplasty.documents.patient_problems import harmless
from vertebroplasty.errors import Refused

__all__ = ["LandmarksDocument", "LevelLandmarks", "parse_landmarks"]

UNIT_WITHIN = 0.02  # [choice] a direction's length may differ from one by its rounding
SizeMm = Annotated[float, Field(ge=1.0, le=40.0)]
OpeningMm = Annotated[float, Field(ge=0.05, le=3.0)]


class AxesEntry(Part):
    """Two or three of the vertebra's own axes."""

    right: PointLps | None = Field(default=None, description="Unit vector to the patient's right.")
    anterior: PointLps | None = Field(default=None, description="Unit vector to the front.")
    superior: PointLps | None = Field(default=None, description="Unit vector to the head.")


class WallEntry(Part):
    """The posterior wall of the body."""

    points_lps_mm: Annotated[list[PointLps], Field(min_length=1)] = Field(
        description="Points on the wall near the midline; with a normal, the first point is on the plane."
    )
    normal_lps: PointLps | None = Field(default=None, description="Unit normal of the wall's plane.")


class IsthmusEntry(Part):
    """The narrowest place of one pedicle."""

    centre_lps_mm: PointLps = Field(description="Its middle.")
    axis_lps: PointLps | None = Field(default=None, description="Unit vector along the pedicle.")
    width_mm: SizeMm | None = Field(default=None, description="Outer width; measured if not given.")
    height_mm: SizeMm | None = Field(default=None, description="Outer height; measured if not given.")


class IsthmusPair(Part):
    """The pedicles by side."""

    left: IsthmusEntry | None = Field(default=None, description="The patient's left.")
    right: IsthmusEntry | None = Field(default=None, description="The patient's right.")


class FractureLineEntry(Part):
    """An open crack through spongy bone, as a flat patch."""

    points_lps_mm: Annotated[list[PointLps], Field(min_length=3)] = Field(
        description="Outline of the patch, its points in order around it; a bent crack is several patches."
    )
    opening_mm: OpeningMm = Field(description="How far the crack gapes.")


class LevelLandmarks(Part):
    """What is stated for one level; what is not stated is measured."""

    axes: AxesEntry | None = Field(default=None, description="The vertebra's own axes.")
    posterior_wall: WallEntry | None = Field(default=None, description="The posterior wall.")
    isthmus: IsthmusPair | None = Field(default=None, description="The pedicles' isthmuses.")
    fracture_lines: list[FractureLineEntry] = Field(
        default_factory=list, description="Cracks in spongy bone that cement finds; nothing else looks for them."
    )


class LandmarksDocument(Part):
    """A landmarks file; points in LPS mm, directions as LPS unit vectors."""

    schema_name: Literal["vertebroplasty.landmarks/1"] = Field(alias="schema", description="Name of this schema.")
    levels: dict[str, LevelLandmarks] = Field(description="Landmarks by level, for example L3.")


def parse_landmarks(text: str, name: str = "landmarks.json") -> dict[str, Landmarks]:
    """A landmarks file as the anatomy takes it, by level.

    Raises:
        Refused: not JSON, or with a sentence for each: an unknown key, a number out of range, a level that does not
            exist, axes that are no axes, nothing stated.
    """
    name = harmless(name)
    try:
        document = LandmarksDocument.model_validate(parsed_json(text, name), strict=True)
    except ValidationError as error:
        raise refusal(name, error, LandmarksDocument) from None
    found = {}
    for level, entry in document.levels.items():
        if level not in LEVELS:
            near = nearest(level, LEVELS)
            meant = f"did you mean {near}?" if near else "use names such as T12 or L3."
            raise Refused(f"{name}: {harmless(level)} is not a level: {meant}", where="--landmarks")
        try:
            found[level] = _landmarks(entry)
        except Refused as refused:
            raise Refused(f"{name}, {level}: {refused.message}", where="--landmarks") from None
    if not any(landmarks.names() for landmarks in found.values()):
        raise Refused(
            f"{name} states nothing: add axes, posterior_wall, isthmus or fracture_lines to a level.",
            where="--landmarks",
        )
    return {level: landmarks for level, landmarks in found.items() if landmarks.names()}


def _landmarks(entry: LevelLandmarks) -> Landmarks:
    axes = None
    if entry.axes is not None:
        given = {name: np.array(value) for name, value in entry.axes.model_dump(exclude_none=True).items()}
        axes = axes_of(given)
    wall = entry.posterior_wall
    pair = entry.isthmus or IsthmusPair()
    return Landmarks(
        axes=axes,
        posterior_wall=None
        if wall is None
        else WallLandmark(points_lps_mm=np.array(wall.points_lps_mm), normal_lps=_unit(wall.normal_lps, "normal_lps")),
        isthmus={
            side: IsthmusLandmark(
                centre_lps_mm=np.array(isthmus.centre_lps_mm),
                axis_lps=_unit(isthmus.axis_lps, f"isthmus.{side}.axis_lps"),
                width_mm=isthmus.width_mm,
                height_mm=isthmus.height_mm,
            )
            for side, isthmus in (("left", pair.left), ("right", pair.right))
            if isthmus is not None
        },
        fracture_lines=tuple(
            FractureLine(points_lps_mm=np.array(line.points_lps_mm), opening_mm=line.opening_mm)
            for line in entry.fracture_lines
        ),
    )


def _unit(direction: list[float] | None, name: str) -> np.ndarray | None:
    if direction is None:
        return None
    vector = np.array(direction)
    length = float(np.linalg.norm(vector))
    if abs(length - 1.0) > UNIT_WITHIN:
        raise Refused(f"{name} is {length:.3g} long: give a unit vector in LPS.", where=name)
    return vector / length
