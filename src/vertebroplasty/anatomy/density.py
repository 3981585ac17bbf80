"""How dense the body's core is, and what would falsify that figure: contrast medium, cement, metal."""

import numpy as np
from jaxtyping import Bool, Float
from scipy import ndimage

from vertebroplasty.anatomy.body_core import (
    body_depth_mm,
    dense_matter,
    foreign_on_crop,
    hu_on_crop,
)
from vertebroplasty.anatomy.levels import Level
from vertebroplasty.anatomy.measurement import Density
from vertebroplasty.anatomy.resampling import measured_hu, onto
from vertebroplasty.anatomy.vertebra import Vertebra
from vertebroplasty.geometry.frame import Affine

__all__ = ["contrast_suspected", "core_mask", "metal_or_cement", "trabecular_density"]

LEAST_DEPTH_MM = 3.5  # [choice] the core lies at least so deep below the surface
DEPTH_OFFSET_MM = 0.5  # [choice] the core's depth on coarse grids: offset …
DEPTH_PER_SPACING = 1.2  # [choice] … and share of the largest voxel spacing
LEAST_VOXELS = 500  # [choice] a thinner core is replaced by the deepest part of the body
DEEPEST_SHARE = 0.55  # [choice] that part

VESSEL_HU = (130.0, 500.0)  # [choice] enhanced blood: above any unenhanced soft tissue, below bone cortex and metal
VESSEL_RADIUS_MM = 4.0  # [choice] a ball of this radius fits into an aorta, a caval vein or an iliac artery
VESSEL_ML = 1.0  # [choice] least volume of an enhanced vessel beside one level
FRONT_DEPTH_MM = 45.0  # [choice] how far in front of the body vessels are looked for
FRONT_HALF_WIDTH_MM = 40.0  # [choice] and how far to each side
FRONT_STEP_MM = 1.5  # [choice] sampling of that region
FRONT_LEAST_ML = 10.0  # [choice] with less measured soft tissue in front nothing can be said
OFF_BONE_MM = 4.0  # [choice] osteophytes and partial volume next to any label
SMOOTHING_MM = 1.5  # [choice] noise of thin slices must not break a vessel up
BESIDE_MM = 5.0  # [choice] metal further away belongs to a neighbour or to no vertebra
TISSUE_HU = -200.0  # [choice] below: gas, not tissue


def core_mask(vertebra: Vertebra) -> tuple[Bool[np.ndarray, "k j i"], str]:
    """Voxels of the body's core on the crop, and a sentence where the usual depth could not be kept."""
    depth = body_depth_mm(vertebra)
    spacing = max(vertebra.level.ct.largest_spacing_mm, float(vertebra.distance_affine.spacing_mm.max()))
    least = max(LEAST_DEPTH_MM, DEPTH_OFFSET_MM + DEPTH_PER_SPACING * spacing)
    usable = vertebra.body_mask() & np.isfinite(hu_on_crop(vertebra)) & ~foreign_on_crop(vertebra)
    core = usable & (depth >= least)
    if np.count_nonzero(core) >= LEAST_VOXELS or not usable.any():
        return core, ""
    deepest = float(np.quantile(depth[usable], 1.0 - DEEPEST_SHARE))
    why = (
        f"Fewer than {LEAST_VOXELS} voxels lie {least:.1f} mm below the surface: "
        f"the deepest {DEEPEST_SHARE * 100:.0f} % of the body are averaged instead, which may hold cortex."
    )
    return usable & (depth >= deepest), why


def trabecular_density(vertebra: Vertebra) -> Density:
    """HU of the spongy bone: mean and spread over the body's core.

    The core lies deeper than max(3.5 mm, 0.5 mm + 1.2 × largest spacing) below the body's surface; old cement, metal
    with their surroundings, and voxels outside the scan are left out.  Without any voxel the mean is None.
    """
    core, why = core_mask(vertebra)
    hu = hu_on_crop(vertebra)[core]
    if not hu.size:
        why = "The body holds no voxel free of cement, metal and padding: no density can be given."
        return Density(mean_hu=None, sd_hu=None, n_voxels=0, why=why)
    return Density(
        mean_hu=float(np.mean(hu, dtype=float)), sd_hu=float(np.std(hu, dtype=float)), n_voxels=hu.size, why=why
    )


def contrast_suspected(vertebra: Vertebra) -> bool | None:
    """Whether the scan looks enhanced by contrast medium, which raises every HU of bone.

    True if the image header says so, or if soft tissue in front of the body holds a connected region of 130-500 HU
    at least as thick as a great vessel.  None where the field of view has too little tissue in front of the body to
    tell.  Oral contrast medium in the bowel also counts as suspicion; an enhancement weaker than 130 HU is missed.
    """
    if vertebra.level.ct.contrast_agent_stated:
        return True
    hu, tissue = _tissue_in_front(vertebra)
    voxel_ml = FRONT_STEP_MM**3 / 1000.0
    if np.count_nonzero(tissue) * voxel_ml < FRONT_LEAST_ML:
        return None
    bright = tissue & (hu > VESSEL_HU[0]) & (hu < VESSEL_HU[1])
    thick = ndimage.distance_transform_edt(np.pad(bright, 1), sampling=FRONT_STEP_MM)[1:-1, 1:-1, 1:-1]
    cores = thick >= VESSEL_RADIUS_MM
    regions, count = ndimage.label(bright)
    volumes = np.bincount(regions.ravel(), minlength=count + 1) * voxel_ml
    return bool(np.any(cores & (volumes[regions] >= VESSEL_ML)))


def _tissue_in_front(vertebra: Vertebra) -> tuple[Float[np.ndarray, "k j i"], Bool[np.ndarray, "k j i"]]:
    """HU, smoothed, on a box in front of the body, and where it is measured soft tissue away from every label."""
    front = float(vertebra.anterior_wall.anterior_at((vertebra.upper_mm + vertebra.lower_mm) / 2))
    middle = (vertebra.left_mm + vertebra.right_mm) / 2
    low = np.array([middle - FRONT_HALF_WIDTH_MM, front, vertebra.lower_mm])
    size = np.array([2 * FRONT_HALF_WIDTH_MM, FRONT_DEPTH_MM, vertebra.upper_mm - vertebra.lower_mm])
    shape = tuple(int(n) for n in np.ceil(size / FRONT_STEP_MM)[::-1])
    frame = vertebra.frame
    box = Affine.from_parts(frame.to_world(low), frame.axes.T, np.full(3, FRONT_STEP_MM))
    hu = measured_hu(vertebra.level.ct, box, shape)
    measured = np.isfinite(hu)
    spine = vertebra.level.spine
    labelled = onto(spine.labels, spine.affine, box, shape, beyond=0.0, first=lambda crop: crop > 0) > 0
    tissue = measured & ~labelled & (hu > TISSUE_HU)
    if labelled.any():
        tissue &= ndimage.distance_transform_edt(~labelled, sampling=FRONT_STEP_MM) > OFF_BONE_MM
    sigma = SMOOTHING_MM / FRONT_STEP_MM
    weight = ndimage.gaussian_filter(tissue.astype(np.float32), sigma)
    smooth = ndimage.gaussian_filter(np.where(tissue, hu, 0.0).astype(np.float32), sigma)
    return smooth / np.maximum(weight, np.finfo(np.float32).eps), tissue


def metal_or_cement(level: Level) -> bool:
    """Whether old cement or metal lies in the vertebra or within 5 mm of it: groups of voxels above 2000 HU."""
    dense = dense_matter(level)
    if not dense.n_groups:
        return False
    spine, own = level.spine, level.value
    shape = dense.groups.shape
    bone = onto(
        spine.labels, spine.affine, dense.affine, shape, beyond=0.0, nearest=True, first=lambda crop: crop == own
    )
    away = ndimage.distance_transform_edt(bone == 0, sampling=dense.affine.spacing_mm[::-1])
    return bool(np.any((dense.groups > 0) & (away <= BESIDE_MM)))
