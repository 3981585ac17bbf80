"""The virtual testing machine: a voxel model between a fixed and a moving plate, and the linear failure rule."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy import ndimage

from vertebroplasty.errors import Refused
from vertebroplasty.solvers.elasticity import solve_elasticity
from vertebroplasty.strength.material import POISSON_RATIO

__all__ = ["CRITERION", "DISPLACEMENT_MM", "Caps", "Press", "add_caps", "failure_load_n", "nodes_of", "press"]

DISPLACEMENT_MM = 0.2  # [spineFE-benchmark] of the upper plate, downwards; a linear model's stiffness has no use for it
FAILURE_STRAIN = 0.0068  # [Crawford2003] apparent strain of the linear failure rule, as spineFE-benchmark states it
CAP_MM = 3.0  # [spineFE-benchmark] least thickness of the caps, as in its voxel models
CAP_REACH = 1 / 3  # [choice] of the height: a surface deeper than this below the rim is a side wall, not endplate
CRITERION = "linear: failure at 0.68 % apparent strain, load = 0.0068 · stiffness · height (Crawford 2003)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """Stiffness of a voxel model between the plates, and how the solver got there."""

    stiffness_n_per_mm: float
    iterations: int
    relative_residual: float
    loose_voxels: int


@dataclass(frozen=True, eq=False, kw_only=True)
class Caps:
    """A body between caps: which voxels are body and which cap, on a grid that ends at the plates.

    `window` says which part of the given body the grid covers; beyond it along k lie `below` and `above` layers.
    `height_mm` is the mean distance between the endplates over the columns capped on both sides.
    """

    body: Bool[np.ndarray, "k j i"]
    cap: Bool[np.ndarray, "k j i"]
    window: tuple[slice, slice, slice]
    layers: int
    height_mm: float

    def place(self, field: Float[np.ndarray, "kk jj ii"]) -> Float[np.ndarray, "k j i"]:
        """A field of the given grid on the grid of the model, zero outside the body."""
        pad = ((self.layers, self.layers), (0, 0), (0, 0))
        return np.where(self.body, np.pad(field[self.window], pad), 0)


def add_caps(body: Bool[np.ndarray, "k j i"], spacing_mm: float) -> Caps:
    """Embed both endplates of an upright body in flat caps, as a cadaver specimen is potted before a compression test.

    Every column of the body whose endplate lies within a third of the body's height of the highest (lowest) point gets
    cap from there to the plate.

    Raises:
        Refused: the body is empty.
    """
    boxes = ndimage.find_objects(body.astype(np.uint8))
    if not boxes:
        raise Refused("There is no vertebral body on this grid: check the level and its segmentation.")
    k, j, i = boxes[0]
    layers = int(np.ceil(CAP_MM / spacing_mm))
    inner = np.pad(body[k, j, i], ((layers, layers), (0, 0), (0, 0)))
    filled = inner.any(axis=0)
    lowest = inner.argmax(axis=0)
    highest = inner.shape[0] - 1 - inner[::-1].argmax(axis=0)
    reach = CAP_REACH * (k.stop - k.start)
    capped_above = filled & (inner.shape[0] - 1 - layers - highest <= reach)
    capped_below = filled & (lowest - layers <= reach)
    level = np.arange(inner.shape[0])[:, None, None]
    cap = (capped_above & (level > highest)) | (capped_below & (level < lowest))
    both = capped_above & capped_below
    columns = both if both.any() else filled
    height = float((highest - lowest + 1)[columns].mean()) * spacing_mm
    return Caps(body=inner, cap=cap, window=(k, j, i), layers=layers, height_mm=height)


def press(
    modulus_mpa: Float[np.ndarray, "k j i"], spacing_mm: float, *, displacement_mm: float = DISPLACEMENT_MM
) -> Press:
    """Stiffness in axial compression: lowest and highest layer bonded to rigid plates, the upper one moved down.

    The stiffness is taken from the strain energy, 2·energy/displacement², whose error is of second order.
    The array must end at both plates.

    Raises:
        Refused: no material in the first or last layer, or a displacement that is not positive.
        NotConverged: the solver did not reach its tolerance.
    """
    if not displacement_mm > 0:
        raise Refused(f"A displacement of {displacement_mm} mm tests nothing: give a positive one.")
    if not (modulus_mpa[0].any() and modulus_mpa[-1].any()):
        raise Refused("The model does not reach both plates: it needs material in its first and last layer.")
    held = np.zeros((3, *(n + 1 for n in modulus_mpa.shape)), np.bool_)
    held[:, 0] = nodes_of(modulus_mpa[0] > 0)
    held[:, -1] = nodes_of(modulus_mpa[-1] > 0)
    prescribed = np.zeros(held.shape, np.float64)
    prescribed[2, -1] = -displacement_mm
    solution = solve_elasticity(
        modulus_mpa, spacing_mm, held=held, prescribed_mm=prescribed, poisson_ratio=POISSON_RATIO
    )
    return Press(
        stiffness_n_per_mm=2 * solution.energy_n_mm / displacement_mm**2,
        iterations=solution.iterations,
        relative_residual=solution.relative_residual,
        loose_voxels=solution.loose_voxels,
    )


def failure_load_n(stiffness_n_per_mm: float, height_mm: float) -> float:
    """Failure load by the linear rule: the load at 0.68 % shortening of the body's height."""
    return FAILURE_STRAIN * stiffness_n_per_mm * height_mm


def nodes_of(voxels: Bool[np.ndarray, "j i"]) -> Bool[np.ndarray, "jn in"]:
    """The nodes at the corners of one layer's voxels."""
    nodes = np.zeros((voxels.shape[0] + 1, voxels.shape[1] + 1), np.bool_)
    for dj, di in np.ndindex(2, 2):
        nodes[dj : dj + voxels.shape[0], di : di + voxels.shape[1]] |= voxels
    return nodes
