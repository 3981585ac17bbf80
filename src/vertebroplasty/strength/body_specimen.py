"""A vertebral body as a specimen: cut from its upright grid and embedded in caps."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, UInt8

from vertebroplasty.anatomy.grid import Tissue, VertebraGrid
from vertebroplasty.errors import Refused
from vertebroplasty.strength.caps import Caps, add_caps
from vertebroplasty.strength.material import CAP_MPA, CEMENT_MPA, BoneLaw, with_cement
from vertebroplasty.strength.specimen import Matter, Specimen

__all__ = ["Matters", "body_specimen"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Matters:
    """What bone and cement are on a vertebra's grid: modulus in MPa, kind, density and fill of every voxel.

    Voxels that are no bone hold values all the same; `capped` keeps those that belong to the specimen.
    """

    grid: VertebraGrid
    modulus_mpa: Float[np.ndarray, "k j i"]
    matter: UInt8[np.ndarray, "k j i"]
    density_mg_per_ml: Float[np.ndarray, "k j i"]
    fill: Float[np.ndarray, "k j i"] | None

    @classmethod
    def of(
        cls,
        grid: VertebraGrid,
        density_mg_per_ml: Float[np.ndarray, "k j i"],
        *,
        law: BoneLaw,
        fill: Float[np.ndarray, "k j i"] | None = None,
        cement_mpa: float = CEMENT_MPA,
    ) -> "Matters":
        """Bone by its density, with new cement in its pores; earlier cement counts as set.

        Raises:
            Refused: impossible fill, or shapes that differ.
        """
        if fill is not None and fill.shape != grid.hu.shape:
            raise Refused(f"The fill {fill.shape} does not lie on the vertebra's grid {grid.hu.shape}.")
        modulus, matter = law.modulus_mpa(density_mg_per_ml), np.full(grid.hu.shape, Matter.BONE, np.uint8)
        if fill is not None:
            modulus = with_cement(modulus, fill, cement_mpa)
            matter[fill > 0] = Matter.CEMENT_BONE
        old = grid.is_tissue(Tissue.OLD_CEMENT)
        matter[old] = Matter.OLD_CEMENT
        return cls(
            grid=grid,
            modulus_mpa=np.where(old, CEMENT_MPA, modulus),
            matter=matter,
            density_mg_per_ml=density_mg_per_ml,
            fill=fill,
        )

    def with_matter(self, where: Bool[np.ndarray, "k j i"], kind: Matter, modulus_mpa: float | None) -> "Matters":
        """The same with some voxels of another kind, and of another modulus unless that is None."""
        modulus = self.modulus_mpa if modulus_mpa is None else np.where(where, modulus_mpa, self.modulus_mpa)
        matter = np.where(where, np.uint8(kind), self.matter)
        return Matters(
            grid=self.grid,
            modulus_mpa=modulus,
            matter=matter,
            density_mg_per_ml=self.density_mg_per_ml,
            fill=self.fill,
        )

    def capped(self, caps: Caps, height_mm: float) -> Specimen:
        """The specimen of the voxels that the caps embed."""
        return Specimen(
            modulus_mpa=(caps.place(self.modulus_mpa) + np.where(caps.cap, CAP_MPA, 0.0)).astype(np.float32),
            matter=(caps.place(self.matter) + np.where(caps.cap, Matter.CAP, 0)).astype(np.uint8),
            fill=None if self.fill is None else caps.place(self.fill).astype(np.float32),
            density_mg_per_ml=caps.place(self.density_mg_per_ml).astype(np.float32),
            spacing_mm=self.grid.spacing_mm,
            height_mm=height_mm,
            first_kji=caps.first_kji,
        )


def body_specimen(
    grid: VertebraGrid,
    density_mg_per_ml: Float[np.ndarray, "k j i"],
    *,
    law: BoneLaw,
    fill: Float[np.ndarray, "k j i"] | None = None,
    cement_mpa: float = CEMENT_MPA,
) -> Specimen:
    """The body alone between acrylic caps: arch and processes are left out.

    Args:
        grid: the vertebra on its upright grid; cement from an earlier treatment counts as set cement.
        density_mg_per_ml: calibrated density of every voxel of the grid.
        law: how stiff bone of a density is.
        fill: volume fraction of each voxel that is new cement (0..1); cement outside the body bears nothing.
        cement_mpa: modulus of the new cement, as far as it has set.

    Raises:
        Refused: impossible fill, shapes that differ, or no body on the grid.
    """
    caps = add_caps(grid.body(), grid.spacing_mm)
    return Matters.of(grid, density_mg_per_ml, law=law, fill=fill, cement_mpa=cement_mpa).capped(caps, caps.height_mm)
