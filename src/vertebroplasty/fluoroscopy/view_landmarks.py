"""The landmarks a radiologist lines up on a view: endplates, pedicles, posterior wall and spinous process."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from vertebroplasty.anatomy.vertebra import Part, Vertebra

__all__ = ["Endplate", "ViewLandmarks", "view_landmarks"]

SPINOUS_HALF_WIDTH_MM = 12.0  # [choice] of the arch this near to the midline; the articular processes lie beside it
SPINOUS_DEPTH_MM = 8.0  # [choice] of its hindmost part, whose middle stands for the tip
FEWEST_VOXELS = 5  # [choice] of an arch that shows a spinous process
WALL_SHARE = 0.8  # [choice] of the half width, where the posterior wall is still flat


@dataclass(frozen=True, eq=False, kw_only=True)
class Endplate:
    """One endplate as a disc: its centre in LPS mm and the vectors from there to its front and to its right edge."""

    name: str  # upper | lower
    centre_lps_mm: Float[np.ndarray, "3"]
    to_front_lps_mm: Float[np.ndarray, "3"]
    to_right_lps_mm: Float[np.ndarray, "3"]


@dataclass(frozen=True, eq=False, kw_only=True)
class ViewLandmarks:
    """What a view is judged by, all in LPS mm; None where the level does not show it.

    `pedicles_lps_mm` and `wall_lps_mm` hold the left and the right one, in this order.
    """

    endplates: tuple[Endplate, ...]
    wall_lps_mm: Float[np.ndarray, "2 3"]
    pedicles_lps_mm: Float[np.ndarray, "2 3"] | None
    spinous_tip_lps_mm: Float[np.ndarray, "3"] | None


def view_landmarks(
    vertebra: Vertebra, corners_lps_mm: Mapping[str, Float[np.ndarray, "3"]] | None = None
) -> ViewLandmarks:
    """The landmarks of one level.

    `corners_lps_mm` are the six measured mid-sagittal points (`anterior-upper`, …); without them the endplates are
    taken across the vertebra's own axis.
    """
    middle = (vertebra.upper_mm + vertebra.lower_mm) / 2
    behind = float(vertebra.posterior_wall.anterior_at(middle))
    edges = np.array([vertebra.left_mm, vertebra.right_mm])
    wall = np.column_stack([WALL_SHARE * edges, np.full(2, behind), np.full(2, middle)])
    pedicles = [vertebra.pedicles[side].isthmus_mm for side in ("left", "right") if side in vertebra.pedicles]
    return ViewLandmarks(
        endplates=tuple(_endplate(vertebra, name, corners_lps_mm) for name in ("upper", "lower")),
        wall_lps_mm=vertebra.frame.to_world(wall),
        pedicles_lps_mm=vertebra.frame.to_world(np.array(pedicles)) if len(pedicles) == 2 else None,
        spinous_tip_lps_mm=_spinous_tip(vertebra),
    )


def _endplate(vertebra: Vertebra, name: str, corners: Mapping[str, Float[np.ndarray, "3"]] | None) -> Endplate:
    height = vertebra.upper_mm if name == "upper" else vertebra.lower_mm
    if corners is None:
        walls = vertebra.anterior_wall, vertebra.posterior_wall
        ends = [[0.0, float(wall.anterior_at(height)), height] for wall in walls]
        front, back = vertebra.frame.to_world(np.array(ends))
    else:
        front, back = corners[f"anterior-{name}"], corners[f"posterior-{name}"]
    return Endplate(
        name=name,
        centre_lps_mm=(front + back) / 2,
        to_front_lps_mm=(front - back) / 2,
        to_right_lps_mm=(vertebra.right_mm - vertebra.left_mm) / 2 * vertebra.frame.right,
    )


def _spinous_tip(vertebra: Vertebra) -> Float[np.ndarray, "3"] | None:
    """Middle of the hindmost part of the arch near the midline, as far as the scan shows it."""
    arch = np.argwhere(vertebra.part == Part.ARCH)[:, ::-1]
    local = vertebra.frame.to_local(vertebra.distance_affine.to_world(arch))
    local = local[np.abs(local[:, 0]) <= SPINOUS_HALF_WIDTH_MM]
    if len(local) < FEWEST_VOXELS:
        return None
    hindmost = local[local[:, 1] <= local[:, 1].min() + SPINOUS_DEPTH_MM].mean(axis=0)
    return np.asarray(vertebra.frame.to_world(hindmost))
