"""How a specimen answers a load: its stiffness, how it deforms and where it stores energy."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64

from vertebroplasty.errors import Refused
from vertebroplasty.solvers.elasticity import nodal_forces, solve_elasticity, strain_energy_density
from vertebroplasty.strength.load_cases import LoadCase
from vertebroplasty.strength.specimen import Specimen

__all__ = ["Response", "respond"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Response:
    """The deformed specimen.

    `stiffness` is work per amount squared (N/mm under a displacement, N·mm per radian under a tilt), taken from the
    strain energy, whose error is of second order.  `displacement_mm` is component first (along i, j, k) on the nodes.
    """

    specimen: Specimen
    case: LoadCase
    stiffness: float
    displacement_mm: Float64[np.ndarray, "3 kn jn in"]
    energy_n_mm: float
    iterations: int
    relative_residual: float
    loose_voxels: int

    @property
    def reaction_n(self) -> float:
        """Magnitude of the force (N·mm under a tilt) with which the plate answers the prescribed amount."""
        return self.stiffness * self.case.amount

    def at_force(self, force_n: float) -> "Response":
        """The same specimen under another force, by proportion.

        Raises:
            Refused: a force that does not press.
        """
        if not force_n > 0:
            raise Refused(f"A force of {force_n} N does not press: give a positive one.")
        scale = force_n / self.reaction_n
        case = replace(self.case, prescribed_mm=scale * self.case.prescribed_mm, amount=scale * self.case.amount)
        return replace(
            self, case=case, displacement_mm=scale * self.displacement_mm, energy_n_mm=scale**2 * self.energy_n_mm
        )

    def energy_density_mpa(self) -> Float64[np.ndarray, "k j i"]:
        """Strain energy per volume of every voxel, in N·mm per mm³."""
        return strain_energy_density(
            self.specimen.modulus_mpa,
            self.specimen.spacing_mm,
            self.displacement_mm,
            element=self.specimen.unit_cube,
        )

    def effective_strain(self) -> Float64[np.ndarray, "k j i"]:
        """The strain that would store a voxel's energy in a bar, sqrt(2 U / E); 0 where there is nothing."""
        modulus = self.specimen.modulus_mpa.astype(np.float64)
        squared = np.divide(2 * self.energy_density_mpa(), modulus, out=np.zeros(modulus.shape), where=modulus > 0)
        return np.asarray(np.sqrt(np.maximum(squared, 0.0)))

    def forces_n(self) -> Float64[np.ndarray, "3 kn jn in"]:
        """Forces that hold the deformed specimen: the reactions on held nodes, zero on free ones."""
        return nodal_forces(
            self.specimen.modulus_mpa,
            self.specimen.spacing_mm,
            self.displacement_mm,
            element=self.specimen.unit_cube,
        )


def respond(specimen: Specimen, case: LoadCase) -> Response:
    """Load a specimen and see how it deforms (linear elasticity).

    Raises:
        Refused: impossible moduli, or nothing with stiffness is held.
        NotConverged: the solver did not reach its tolerance.
    """
    solution = solve_elasticity(
        specimen.modulus_mpa,
        specimen.spacing_mm,
        held=case.held,
        prescribed_mm=case.prescribed_mm,
        element=specimen.unit_cube,
    )
    return Response(
        specimen=specimen,
        case=case,
        stiffness=2 * solution.energy_n_mm / case.amount**2,
        displacement_mm=solution.displacement_mm,
        energy_n_mm=solution.energy_n_mm,
        iterations=solution.iterations,
        relative_residual=solution.relative_residual,
        loose_voxels=solution.loose_voxels,
    )
