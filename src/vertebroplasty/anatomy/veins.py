"""Veins that a plain CT cannot show, drawn from a template: the basivertebral vein and a segmental vein on each side.

The template is average anatomy, not this patient's; whoever uses it says so.
"""

import numpy as np
from jaxtyping import Bool, Float

from vertebroplasty.anatomy.vertebra import Part, Vertebra

__all__ = ["VEIN_NOTE", "basivertebral_vein", "segmental_veins"]

FORAMEN_HALF_WIDTH_MM = 3.0  # [choice] a basivertebral foramen 6 mm wide, the middle of 4-8 mm
FORAMEN_HALF_HEIGHT_MM = 2.0  # [choice] and 4 mm high
INNER_RADIUS_MM = 1.0  # [choice] the vein where it ends in the middle of the body
SEGMENTAL_RADIUS_MM = 1.0  # [choice] a segmental vein of 2 mm
SEGMENTAL_INSIDE_MM = 8.0  # [choice] how far it reaches into the body from its lateral wall
SEGMENTAL_OUTSIDE_MM = 10.0  # [choice] how far it is followed beside the body
LEAST_SPACINGS = 0.75  # [exact] a tube of this radius along a lattice axis always holds one connected line of voxels
ROUNDING_SPACINGS = 0.125  # [choice] voxels whose centres lie on the rim count as within
VEIN_NOTE = (
    "The basivertebral vein (6 × 4 mm at its foramen) and one segmental vein on each side (2 mm) are drawn from a "
    "template of average anatomy; a plain CT does not show them."
)


def basivertebral_vein(
    vertebra: Vertebra,
    part: Bool[np.ndarray, "k j i"],
    local_mm: tuple[Float[np.ndarray, "..."], ...],
    spacing_mm: float,
) -> Bool[np.ndarray, "k j i"]:
    """Body voxels of the vein: from its foramen in the middle of the posterior wall, tapering to the body's middle.

    `local_mm` are the right, anterior and superior coordinates of the grid, each broadcastable to its shape.
    """
    right, anterior, superior = local_mm
    across = (vertebra.left_mm + vertebra.right_mm) / 2
    height = (vertebra.upper_mm + vertebra.lower_mm) / 2
    wall = float(vertebra.posterior_wall.anterior_at(height))
    end = (wall + float(vertebra.anterior_wall.anterior_at(height))) / 2
    deep = np.clip((anterior - wall) / (end - wall), 0.0, 1.0)
    least = max(INNER_RADIUS_MM, LEAST_SPACINGS * spacing_mm)
    half_width = np.maximum(FORAMEN_HALF_WIDTH_MM + deep * (INNER_RADIUS_MM - FORAMEN_HALF_WIDTH_MM), least)
    half_height = np.maximum(FORAMEN_HALF_HEIGHT_MM + deep * (INNER_RADIUS_MM - FORAMEN_HALF_HEIGHT_MM), least)
    within = ((right - across) / half_width) ** 2 + ((superior - height) / half_height) ** 2 <= 1.0
    return np.asarray(within & (anterior <= end) & (part == Part.BODY))


def segmental_veins(
    vertebra: Vertebra,
    free: Bool[np.ndarray, "k j i"],
    part: Bool[np.ndarray, "k j i"],
    local_mm: tuple[Float[np.ndarray, "..."], ...],
    spacing_mm: float,
) -> Bool[np.ndarray, "k j i"]:
    """Voxels of the segmental veins: through the waist of the body on each side into the tissue beside it (`free`)."""
    right, anterior, superior = local_mm
    height = (vertebra.upper_mm + vertebra.lower_mm) / 2
    middle = float(vertebra.posterior_wall.anterior_at(height) + vertebra.anterior_wall.anterior_at(height)) / 2
    radius = max(SEGMENTAL_RADIUS_MM, LEAST_SPACINGS * spacing_mm)
    tube = (anterior - middle) ** 2 + (superior - height) ** 2 <= (radius + ROUNDING_SPACINGS * spacing_mm) ** 2
    beside = np.zeros(part.shape, bool)
    for edge, sign in ((vertebra.left_mm, -1.0), (vertebra.right_mm, 1.0)):
        out = sign * (right - edge)
        beside |= tube & (out >= -SEGMENTAL_INSIDE_MM) & (out <= SEGMENTAL_OUTSIDE_MM)
    return np.asarray(beside & ((part == Part.BODY) | free))
