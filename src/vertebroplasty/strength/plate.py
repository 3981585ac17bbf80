"""A plate that may tilt and slide: how it moves under a force that does not pass through the body's centre.

The specimen is linear, so five unit motions of the rigid upper plate hold every answer: the strain energies of these
motions and of their sums are the plate's stiffness matrix, and the motion under any force follows from it exactly.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from vertebroplasty.errors import Refused
from vertebroplasty.strength.load_cases import LoadCase, Motion, plate_motion
from vertebroplasty.strength.response import Response, respond
from vertebroplasty.strength.specimen import TREATED_BODY, Specimen

__all__ = ["FreePlate", "flexion", "free_plate"]

AHEAD_SHARE = 0.25  # [choice] of the body's depth, anterior of its centre: half-way from there to its front
NAME = "flexion"


@dataclass(frozen=True, eq=False, kw_only=True)
class FreePlate:
    """A specimen's upper plate: its stiffness over the five `Motion`s, in N, N·mm, mm and radians.

    The plate's tilts turn about the point above `centre_ij`, the middle of the treated body in nodes along i and j.
    """

    specimen: Specimen
    stiffness: Float64[np.ndarray, "5 5"]
    unit_responses: tuple[Response, ...]
    centre_ij: tuple[float, float]

    def under_force(self, force_n: float, *, ahead_mm: float = 0.0, right_mm: float = 0.0) -> Response:
        """The specimen under an axial force at a distance from its centre, its plate free to tilt and slide.

        The response's stiffness is the force over the shortening along the force's own line.

        Raises:
            Refused: a force that does not press.
        """
        if not force_n > 0:
            raise Refused(f"A force of {force_n} N does not press: give a positive one.")
        load = force_n * np.array([1.0, ahead_mm, 0.0, right_mm, 0.0])
        motion = np.linalg.solve(self.stiffness, load)
        shortening = float(load @ motion) / force_n
        held = self.unit_responses[0].case.held
        prescribed = sum(q * unit.case.prescribed_mm for q, unit in zip(motion, self.unit_responses, strict=True))
        displacement = sum(q * unit.displacement_mm for q, unit in zip(motion, self.unit_responses, strict=True))
        return Response(
            specimen=self.specimen,
            case=LoadCase(name=NAME, held=held, prescribed_mm=np.asarray(prescribed), amount=shortening),
            stiffness=force_n / shortening,
            displacement_mm=np.asarray(displacement),
            energy_n_mm=0.5 * force_n * shortening,
            iterations=max(unit.iterations for unit in self.unit_responses),
            relative_residual=max(unit.relative_residual for unit in self.unit_responses),
            loose_voxels=self.unit_responses[0].loose_voxels,
        )


def free_plate(specimen: Specimen) -> FreePlate:
    """Move the upper plate in its five ways and read its stiffness from the strain energies.

    Raises:
        NotConverged: the solver did not reach its tolerance.
    """
    centre = _centre_ij(specimen)
    responses = tuple(respond(specimen, plate_motion(specimen, motion, centre)) for motion in Motion)
    stiffness = np.empty((len(responses), len(responses)))
    for row, response in enumerate(responses):
        forces = response.forces_n()
        stiffness[row] = [float(np.vdot(forces, other.displacement_mm)) for other in responses]
    return FreePlate(
        specimen=specimen, stiffness=(stiffness + stiffness.T) / 2, unit_responses=responses, centre_ij=centre
    )


def flexion(specimen: Specimen, force_n: float = 1.0, ahead_share: float = AHEAD_SHARE) -> Response:
    """Anterior flexion: an axial force so far in front of the body's centre, as a share of its depth; free plate.

    Raises:
        Refused: the force would act beyond the body's front or back.
        NotConverged: the solver did not reach its tolerance.
    """
    if not abs(ahead_share) <= 0.5:
        raise Refused(f"A force {ahead_share} of the depth from the centre misses the body: use -0.5 to 0.5.")
    depth = np.ptp(np.flatnonzero(specimen.treated_body().any(axis=(0, 2)))) + 1
    return free_plate(specimen).under_force(force_n, ahead_mm=ahead_share * float(depth) * specimen.spacing_mm)


def _centre_ij(specimen: Specimen) -> tuple[float, float]:
    """The middle of the treated body along i and j, in nodes."""
    where = np.argwhere(specimen.made_of(*TREATED_BODY))
    if not where.size:
        raise Refused("The specimen holds no vertebral body: nothing tells where the force acts.")
    _, j, i = where.mean(axis=0) + 0.5
    return float(i), float(j)
