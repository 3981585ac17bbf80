"""The raw sizes of one level, worked out once: six points, quarter lines, depth, width, volume and canal profile."""

from dataclasses import dataclass

from vertebroplasty.anatomy.body import Body
from vertebroplasty.anatomy.body_edges import Walls
from vertebroplasty.anatomy.body_size import body_width_mm
from vertebroplasty.anatomy.bone import bone_of
from vertebroplasty.anatomy.canal_size import CanalProfile, canal_profile
from vertebroplasty.anatomy.endplates import SixPoints, six_points, walls_at
from vertebroplasty.anatomy.find import body_of, find_vertebra
from vertebroplasty.anatomy.levels import Level
from vertebroplasty.anatomy.parts import body_volume_ml
from vertebroplasty.anatomy.vertebra import Vertebra

__all__ = ["Sizes", "sizes_of"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Sizes:
    """What follows from the shape of one level alone; None where an edge cannot be seen."""

    vertebra: Vertebra
    body: Body
    middle: SixPoints | None
    quarters: dict[str, SixPoints | None]  # left, right
    depth_mm: float
    width_mm: float | None
    volume_ml: float
    canal: CanalProfile | None


def sizes_of(level: Level) -> Sizes:
    """The sizes of a level, worked out once per spine.

    Raises:
        CutBody: the body cannot be followed to its edges.
        Refused: the level has no voxel.
    """
    key = f"sizes of {level.name}"
    if key not in level.spine._found:
        vertebra, body = find_vertebra(level), body_of(level)
        walls = Walls(posterior=vertebra.posterior_wall, anterior=vertebra.anterior_wall)
        height = vertebra.upper_mm - vertebra.lower_mm
        places = {"left": vertebra.left_mm / 2, "right": vertebra.right_mm / 2}
        level.spine._found[key] = Sizes(
            vertebra=vertebra,
            body=body,
            middle=six_points(body, walls, 0.0),
            quarters={
                side: six_points(body, walls_at(body, walls, right, height), right) for side, right in places.items()
            },
            depth_mm=walls.depth_at((vertebra.upper_mm + vertebra.lower_mm) / 2),
            width_mm=body_width_mm(vertebra, body),
            volume_ml=body_volume_ml(bone_of(level).label, body),
            canal=canal_profile(vertebra),
        )
    sizes: Sizes = level.spine._found[key]
    return sizes
