"""The virtual testing machine: a voxel model between a fixed and a moving plate, and the linear failure rule."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from vertebroplasty.strength.load_cases import DISPLACEMENT_MM, compression, nodes_of
from vertebroplasty.strength.response import respond
from vertebroplasty.strength.specimen import Matter, Specimen

__all__ = ["CRITERION", "DISPLACEMENT_MM", "Press", "failure_load_n", "nodes_of", "press", "press_specimen"]

FAILURE_STRAIN = 0.0068  # [Crawford2003] apparent strain of the linear failure rule, as spineFE-benchmark states it
CRITERION = "linear: failure at 0.68 % apparent strain, load = 0.0068 · stiffness · height (Crawford 2003)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """Stiffness of a voxel model between the plates, and how the solver got there."""

    stiffness_n_per_mm: float
    iterations: int
    relative_residual: float
    loose_voxels: int


def press(
    modulus_mpa: Float[np.ndarray, "k j i"], spacing_mm: float, *, displacement_mm: float = DISPLACEMENT_MM
) -> Press:
    """Stiffness in axial compression of bare moduli: lowest and highest layer bonded to plates, the upper moved down.

    The array must end at both plates.

    Raises:
        Refused: no material in the first or last layer, or a displacement that is not positive.
        NotConverged: the solver did not reach its tolerance.
    """
    bare = Specimen(
        modulus_mpa=np.asarray(modulus_mpa, np.float32),
        matter=np.where(modulus_mpa > 0, Matter.BONE, Matter.NOTHING).astype(np.uint8),
        spacing_mm=spacing_mm,
        height_mm=modulus_mpa.shape[0] * spacing_mm,
    )
    return press_specimen(bare, displacement_mm=displacement_mm)


def press_specimen(specimen: Specimen, *, displacement_mm: float = DISPLACEMENT_MM) -> Press:
    """Stiffness of a specimen in axial compression.

    Raises:
        Refused: a displacement that is not positive.
        NotConverged: the solver did not reach its tolerance.
    """
    response = respond(specimen, compression(specimen, displacement_mm))
    return Press(
        stiffness_n_per_mm=response.stiffness,
        iterations=response.iterations,
        relative_residual=response.relative_residual,
        loose_voxels=response.loose_voxels,
    )


def failure_load_n(stiffness_n_per_mm: float, height_mm: float) -> float:
    """Failure load by the linear rule: the load at 0.68 % shortening of the body's height."""
    return FAILURE_STRAIN * stiffness_n_per_mm * height_mm
