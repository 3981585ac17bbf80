"""How a specimen is loaded: which nodes the testing machine holds, and where it moves them."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from jaxtyping import Bool, Float64

from vertebroplasty.errors import Refused
from vertebroplasty.strength.specimen import Specimen

__all__ = ["DISPLACEMENT_MM", "LoadCase", "Motion", "compression", "nodes_of", "plate_motion", "plates_held"]

DISPLACEMENT_MM = 0.2  # [spineFE-benchmark] of the upper plate, downwards; a linear model's stiffness has no use for it

LEAST_MM = 1e-9  # [choice] below an atom: the energies of smaller displacements lose their digits


class Motion(StrEnum):
    """How a rigid upper plate can move, in the order of the rows of its stiffness; twist is left out."""

    DOWN = "down"
    TILT_FORWARD = "tilt forward"
    SLIDE_FORWARD = "slide forward"
    TILT_RIGHT = "tilt right"
    SLIDE_RIGHT = "slide right"


@dataclass(frozen=True, eq=False, kw_only=True)
class LoadCase:
    """Displacements that a machine prescribes: components along i, j, k first, then the nodes.

    `amount` is the single number that the displacements scale with: millimetres, or radians for a tilt.
    """

    name: str
    held: Bool[np.ndarray, "3 kn jn in"]
    prescribed_mm: Float64[np.ndarray, "3 kn jn in"]
    amount: float


def compression(specimen: Specimen, displacement_mm: float = DISPLACEMENT_MM) -> LoadCase:
    """Axial compression: both plates bonded, the upper one moved straight down.

    Raises:
        Refused: a displacement that is not positive, or more than the specimen is high.
    """
    if not displacement_mm > 0:
        raise Refused(f"A displacement of {displacement_mm} mm tests nothing: give a positive one.")
    high_mm = specimen.modulus_mpa.shape[0] * specimen.spacing_mm
    if not LEAST_MM <= displacement_mm <= high_mm:
        raise Refused(
            f"A displacement of {displacement_mm:g} mm is no test of a specimen of {high_mm:g} mm: use "
            f"{DISPLACEMENT_MM:g} mm."
        )
    held = plates_held(specimen)
    prescribed = np.zeros(held.shape, np.float64)
    prescribed[2, -1] = -displacement_mm
    return LoadCase(name="compression", held=held, prescribed_mm=prescribed, amount=displacement_mm)


def plate_motion(specimen: Specimen, motion: Motion, pivot_ij: tuple[float, float]) -> LoadCase:
    """The upper plate moved in one of its ways, by 1 mm or 1 radian, while the lower one is fixed.

    The plate tilts about the point of its own plane above node (i, j) `pivot_ij`; a forward tilt lowers what lies
    anterior of it, a tilt to the right what lies on the patient's right.
    """
    held = plates_held(specimen)
    prescribed = np.zeros(held.shape, np.float64)
    _, j, i = np.meshgrid(*(np.arange(n) for n in held.shape[1:]), indexing="ij", sparse=True)
    upper = prescribed[:, -1]
    match motion:
        case Motion.DOWN:
            upper[2] = -1.0
        case Motion.TILT_FORWARD:
            upper[2] = -specimen.spacing_mm * (j[0] - pivot_ij[1])
        case Motion.TILT_RIGHT:
            upper[2] = -specimen.spacing_mm * (i[0] - pivot_ij[0])
        case Motion.SLIDE_FORWARD:
            upper[1] = 1.0
        case Motion.SLIDE_RIGHT:
            upper[0] = 1.0
    return LoadCase(name=str(motion), held=held, prescribed_mm=prescribed, amount=1.0)


def plates_held(specimen: Specimen) -> Bool[np.ndarray, "3 kn jn in"]:
    """Every component of every node of material on the lower and the upper plate."""
    held = np.zeros((3, *(n + 1 for n in specimen.modulus_mpa.shape)), np.bool_)
    held[:, 0] = nodes_of(specimen.modulus_mpa[0] > 0)
    held[:, -1] = nodes_of(specimen.modulus_mpa[-1] > 0)
    return held


def nodes_of(voxels: Bool[np.ndarray, "j i"]) -> Bool[np.ndarray, "jn in"]:
    """The nodes at the corners of one layer's voxels."""
    nodes = np.zeros((voxels.shape[0] + 1, voxels.shape[1] + 1), np.bool_)
    for dj, di in np.ndindex(2, 2):
        nodes[dj : dj + voxels.shape[0], di : di + voxels.shape[1]] |= voxels
    return nodes
