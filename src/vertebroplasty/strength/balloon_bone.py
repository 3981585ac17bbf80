"""What a balloon left of the bone: an empty cavity, and around it a shell that took up the mineral."""

import numpy as np
from jaxtyping import Bool, Float
from scipy import ndimage

from vertebroplasty.anatomy.grid import Tissue, VertebraGrid
from vertebroplasty.errors import Refused

__all__ = ["compacted_bone"]


def compacted_bone(
    grid: VertebraGrid, cavity: Bool[np.ndarray, "k j i"], *, shell_ml: float, shell_density_ratio: float
) -> Float[np.ndarray, "k j i"]:
    """Factor on the density of every voxel: 0 in the cavity, the ratio in the spongy bone nearest to it, else 1.

    The shell is as large as stated and follows the cavity's surface; where cement or cortex is in the way it reaches
    further elsewhere.  Stiffness in the shell follows density by the law of untouched bone, and the crushed bone's
    broken struts are not modelled: the gain is an upper bound.

    Args:
        grid: the vertebra's upright grid.
        cavity: the voxels that the balloon emptied.
        shell_ml: volume of the shell of raised density.
        shell_density_ratio: density of the shell after over before.

    Raises:
        Refused: the cavity lies outside the body or on another grid, or the shell's numbers are impossible.
    """
    if cavity.shape != grid.hu.shape or (cavity & ~grid.body()).any():
        raise Refused("The balloon's cavity does not lie in the body on this grid: use the injection's own grid.")
    if shell_ml < 0 or shell_density_ratio < 1:
        raise Refused(
            f"A shell of {shell_ml:g} ml with {shell_density_ratio:g} times its density is impossible: a balloon only "
            "presses bone together."
        )
    factor = np.where(cavity, 0.0, 1.0)
    count = round(shell_ml / grid.voxel_ml)
    if not cavity.any() or count == 0:
        return factor
    away = ndimage.distance_transform_edt(~cavity)
    spongy = grid.body() & grid.is_tissue(Tissue.TRABECULAR, Tissue.LESION) & ~cavity
    nearest = np.argsort(away[spongy], kind="stable")[:count]
    factor[tuple(np.argwhere(spongy)[nearest].T)] = shell_density_ratio
    return factor
