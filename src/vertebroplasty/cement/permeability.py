"""The bone as a porous bed: which voxels take cement, how much, and how easily fluid passes.

Bone mineral fills part of each voxel and marrow the rest.  The mean permeability is a measured one; porosity only
distributes it (Kozeny–Carman), averaged over 3 mm because a permeability belongs to many trabeculae, not to a voxel.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float
from scipy import ndimage

from vertebroplasty.anatomy.fracture_line import FractureLine
from vertebroplasty.anatomy.grid import Tissue, VertebraGrid

__all__ = ["BedParameters", "PorousBed", "porosity_of_hu", "porous_bed"]

CORTICAL_HU = 1558.0  # [xraylib] HU of compact bone at 70 keV
COMPACT_FRACTION = 0.95  # [choice] mineralised volume of a voxel of solid bone, within 0.9 to 1.0
LEAST_POROSITY, MOST_POROSITY = 0.05, 0.98  # [choice] bounds of the pore fraction in bone
AXIAL_PERMEABILITY = 1e-8  # [choice] m² along the spine, within 1e-9 to 5e-8 (Baroud2004, Baroud2003perm, Nauman1999)
TRANSVERSE_FACTOR = 0.78  # [Baroud2004] permeability across the spine relative to along it
LEAST_PERMEABILITY, MOST_PERMEABILITY = 1e-9, 5e-8  # [choice] m², bounds of the relative law
CLEFT_PERMEABILITY = 1e-6  # [choice] m², an open cavity; the contrast stays solvable
LESION_PERMEABILITY = 5e-8  # [choice] m², a lytic hole holds no trabeculae: as the loosest bone
BASIVERTEBRAL_RADIUS_MM = 2.0  # [choice] bore of the basivertebral vein, between 1 mm at its end and 3 by 2 mm
SEGMENTAL_RADIUS_MM = 1.0  # [choice] bore of a segmental vein
OUTSIDE_PERMEABILITY = 1e-6  # [choice] m², tissue outside gives way like an open cavity
GAP_PERMEABILITY = 8.3e-8  # [exact] m², width squared over twelve of an open gap of 1 mm
MARROW_PA_S = 0.1  # [Davis2011] human yellow marrow, 44 to 142 mPa·s
DRAIN_LENGTH_MM = 10.0  # [choice] distance over which venous sinusoids drain displaced marrow
OUTSIDE_DRAIN_SHARE = 0.5  # [choice] of that distance, in tissue and veins outside the bone
AVERAGED_MM = 3.0  # [choice] width of the box over which porosity is averaged for permeability
MM_PER_M = 1000.0  # [exact] mm in a metre
PLATES = 12.0  # [exact] permeability of a gap between plates is its width squared over twelve
POISEUILLE = 8.0  # [exact] permeability of a tube is radius squared over eight

INSIDE = (Tissue.TRABECULAR, Tissue.CLEFT, Tissue.LESION)
VEINS = (Tissue.BASIVERTEBRAL_VEIN, Tissue.SEGMENTAL_VEIN)
AROUND = (
    Tissue.SOFT, Tissue.AIR, Tissue.CANAL, Tissue.DISC_ABOVE, Tissue.DISC_BELOW,
    Tissue.FORAMEN_LEFT, Tissue.FORAMEN_RIGHT,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class BedParameters:
    """What is uncertain: permeability along the spine (a factor of 5 either way), marrow, cement, the discs."""

    axial_permeability_m2: float = AXIAL_PERMEABILITY
    transverse_factor: float = TRANSVERSE_FACTOR
    marrow_pa_s: float = MARROW_PA_S
    drain_length_mm: float = DRAIN_LENGTH_MM
    consistency_factor: float = 1.0
    disc_pa: float = 0.0  # pressure in the discs above that in the veins; a disc under a broken endplate is vented


@dataclass(frozen=True, eq=False, kw_only=True)
class PorousBed:
    """Where cement can go on the grid.

    `inside` are conducting voxels of the bone, `outside` those it can leak into; `porosity` is the share of a voxel
    that cement can fill and `permeability_m2` the permeability along the spine (across it: `axis_factors`).
    """

    permeability_m2: Float[np.ndarray, "k j i"]
    porosity: Float[np.ndarray, "k j i"]
    inside: Bool[np.ndarray, "k j i"]
    outside: Bool[np.ndarray, "k j i"]
    parameters: BedParameters
    spacing_mm: float
    axis_factors: tuple[float, float, float]  # relative permeability along right, anterior, superior

    @cached_property
    def drain_per_pa_s(self) -> Float[np.ndarray, "k j i"]:
        """Marrow or blood that veins take up per volume, second and pascal, as long as no cement fills the voxel.

        In bone it depends on the mean permeability, outside on the tissue's own, over half the length.
        """
        length_m = self.parameters.drain_length_mm / MM_PER_M
        inside = self.parameters.axial_permeability_m2 / length_m**2
        outside = self.permeability_m2 / (OUTSIDE_DRAIN_SHARE * length_m) ** 2
        return np.where(self.inside, inside, outside) / self.parameters.marrow_pa_s


def porosity_of_hu(hu: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    """Pore fraction of bone from Hounsfield units."""
    mineral = np.maximum(np.asarray(hu, float), 0.0) / CORTICAL_HU
    return np.clip(1.0 - mineral / COMPACT_FRACTION, LEAST_POROSITY, MOST_POROSITY)


def _relative_permeability(porosity: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    """Kozeny–Carman without its length: porosity³ over (1 − porosity)²."""
    return porosity**3 / (1.0 - porosity) ** 2


def _averaged(values: Float[np.ndarray, "k j i"], mask: Bool[np.ndarray, "k j i"], spacing_mm: float) -> np.ndarray:
    """Mean over a box around each voxel, of the voxels in the mask alone."""
    half = int(0.5 * AVERAGED_MM / spacing_mm)
    size = 2 * half + 1
    weight = ndimage.uniform_filter(mask.astype(float), size, mode="constant")
    total = ndimage.uniform_filter(np.where(mask, values, 0.0), size, mode="constant")
    return np.divide(total, weight, out=np.asarray(values, float).copy(), where=mask & (weight > 0))


def _crack(
    permeability: Float[np.ndarray, "k j i"], line: FractureLine, grid: VertebraGrid, solid: Bool[np.ndarray, "k j i"]
) -> None:
    """Let the bone about a crack pass what the crack passes, spread over the layer of voxels that stands for it.

    A gap between plates passes its width cubed over twelve, whatever the spacing of the grid (the cubic law).
    """
    layer, here = line.layer_mm(grid.affine), line.crossed(grid.affine, grid.tissue.shape) & solid
    gap = (line.opening_mm / MM_PER_M) ** 2 / PLATES * line.opening_mm / layer
    permeability[here] = np.minimum(np.maximum(permeability[here], gap), CLEFT_PERMEABILITY)


def porous_bed(
    grid: VertebraGrid,
    parameters: BedParameters | None = None,
) -> PorousBed:
    """The bed of one vertebra's grid: loose bone passes more than dense bone; clefts, lytic holes and veins most.

    Fracture lines that a reader stated are cracks in spongy bone; gaps through the shell are found by `leak.with_gaps`.
    Cortex, neighbouring vertebrae, old cement, metal and what was not scanned conduct nothing; neither does the
    outermost layer of the grid.
    """
    given = parameters or BedParameters()
    bone = grid.part > 0
    marrow = grid.is_tissue(*INSIDE)
    veins = grid.is_tissue(*VEINS)
    inside = marrow | (veins & bone)
    outside = (grid.is_tissue(*AROUND) | veins) & ~bone
    interior = np.zeros_like(inside)
    interior[1:-1, 1:-1, 1:-1] = True
    inside &= interior
    outside &= interior
    porosity = np.where(marrow, porosity_of_hu(grid.hu), 1.0)
    solid = grid.tissue == Tissue.TRABECULAR
    smooth = np.clip(_averaged(porosity, solid, grid.spacing_mm), LEAST_POROSITY, MOST_POROSITY)
    mean = np.asarray(smooth[solid].mean() if solid.any() else MOST_POROSITY)
    scale = given.axial_permeability_m2 / AXIAL_PERMEABILITY
    relative = given.axial_permeability_m2 * _relative_permeability(smooth) / _relative_permeability(mean)
    permeability = np.clip(relative, LEAST_PERMEABILITY * scale, MOST_PERMEABILITY * scale)
    permeability[outside] = OUTSIDE_PERMEABILITY
    for vein, radius_mm in zip(VEINS, (BASIVERTEBRAL_RADIUS_MM, SEGMENTAL_RADIUS_MM), strict=True):
        permeability[grid.tissue == vein] = (radius_mm / MM_PER_M) ** 2 / POISEUILLE
    for line in grid.fracture_lines:
        _crack(permeability, line, grid, solid)
    permeability[grid.tissue == Tissue.LESION] = LESION_PERMEABILITY
    permeability[grid.tissue == Tissue.CLEFT] = CLEFT_PERMEABILITY
    porosity[grid.tissue == Tissue.CLEFT] = 1.0
    open_ = inside | outside
    return PorousBed(
        permeability_m2=np.where(open_, permeability, 0.0),
        porosity=np.where(open_, porosity, 0.0),
        inside=inside,
        outside=outside,
        parameters=given,
        spacing_mm=grid.spacing_mm,
        axis_factors=(given.transverse_factor, given.transverse_factor, 1.0),
    )
