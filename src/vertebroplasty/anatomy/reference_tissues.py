"""Air, fat under the skin and muscle beside the spine: tissues of known density, found around one level in its CT."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int
from scipy import ndimage

from vertebroplasty.anatomy.coarse_ct import CoarseCt, coarse_ct
from vertebroplasty.anatomy.find import find_vertebra
from vertebroplasty.anatomy.levels import Level
from vertebroplasty.anatomy.tissue_peak import tissue_peak

__all__ = ["ReferenceTissue", "reference_tissues"]

AIR_RANGE_HU = (-1200.0, -850.0)  # [choice] room air, scanners with a shifted scale included; lung lies mostly above
FAT_RANGE_HU = (-160.0, -40.0)  # [choice] fat at any tube voltage, clear of muscle and skin
MUSCLE_RANGE_HU = (0.0, 110.0)  # [choice] muscle with and without some fat in it
BEHIND_MM = 10.0  # [choice] room air lies this far behind the hindmost bone; lung and bowel do not
LEAST_AIR_ML = 50.0  # [choice] of room air in the scan
LEAST_ML = 3.0  # [choice] of fat or muscle that counts
SKIN_MM = 3.0  # [choice] depth at which the skin ends
FAT_DEPTH_MM = 40.0  # [choice] fat deeper than this is not counted as fat under the skin
TISSUE_HU = -500.0  # [choice] below: gas, foam or air
OFF_BONE_MM = 6.0  # [choice] from any label, for partial volume
BESIDE_MM = (12.0, 65.0)  # [choice] muscle beside the spine: how far from the middle
BEHIND_WALL_MM = (0.0, 60.0)  # [choice] and how far behind the posterior wall
ABOVE_MM = 15.0  # [choice] and how far above and below the endplates


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceTissue:
    """A tissue's HU in this scan: `hu` with its standard error, and the number of CT voxels it was taken from.

    `hu` is None where the tissue was not found, and then `why` is half a sentence.
    """

    name: str  # air | fat | muscle
    hu: float | None
    plus_minus_hu: float | None
    voxels: int
    why: str = ""


def reference_tissues(level: Level) -> dict[str, ReferenceTissue]:
    """Room air, fat under the skin and muscle beside the spine, by name; each found or with the reason why not.

    Air is what lies outside the body and reaches behind it: padding, lung and bowel gas do not count.  Fat is the
    histogram's peak between 3 and 40 mm below the skin, so it needs the skin in the field of view.  Muscle is the peak
    behind the posterior wall and beside the arch at the level's own height.
    """
    coarse = coarse_ct(find_vertebra(level))
    tissue = coarse.measured & (coarse.hu > TISSUE_HU)
    outside = _room_air(coarse, tissue)
    if outside is None:
        why = "the scan shows no air outside the body: its field of view is cropped"
        air, fat = _missing("air", why), _missing("fat", why)
    else:
        air = _reference("air", coarse, outside, AIR_RANGE_HU)
        fat = _reference("fat", coarse, _under_the_skin(coarse, tissue, outside), FAT_RANGE_HU)
    muscle = _reference("muscle", coarse, _beside_the_spine(coarse, tissue), MUSCLE_RANGE_HU)
    return {found.name: found for found in (air, fat, muscle)}


def _room_air(coarse: CoarseCt, tissue: Bool[np.ndarray, "k j i"]) -> Bool[np.ndarray, "k j i"] | None:
    """Air outside the body: connected gas that reaches behind the hindmost labelled bone; None if there is none."""
    gas = coarse.measured & ~tissue & (coarse.hu < AIR_RANGE_HU[1])
    bone = coarse.labelled()
    if not bone.any():
        return None
    behind = coarse.local_mm[..., 1] < coarse.local_mm[..., 1][bone].min() - BEHIND_MM
    regions, count = ndimage.label(gas)
    behind_ml = np.bincount(regions[behind], minlength=count + 1) * coarse.affine.voxel_ml
    total_ml = np.bincount(regions.ravel(), minlength=count + 1) * coarse.affine.voxel_ml
    room = (behind_ml >= LEAST_ML) & (total_ml >= LEAST_AIR_ML)
    room[0] = False
    return np.asarray(room[regions]) if room.any() else None


def _under_the_skin(
    coarse: CoarseCt, tissue: Bool[np.ndarray, "k j i"], outside: Bool[np.ndarray, "k j i"]
) -> Bool[np.ndarray, "k j i"]:
    """Blocks of the body that holds the spine, from below the skin to 40 mm deep."""
    regions, _ = ndimage.label(ndimage.binary_opening(tissue))
    own = np.bincount(regions[coarse.labelled()])
    own[:1] = 0
    body = regions == own.argmax() if own.any() else np.zeros_like(tissue)
    depth = ndimage.distance_transform_edt(~outside, sampling=coarse.spacing_kji_mm)
    return np.asarray(body & (depth > SKIN_MM) & (depth <= FAT_DEPTH_MM))


def _beside_the_spine(coarse: CoarseCt, tissue: Bool[np.ndarray, "k j i"]) -> Bool[np.ndarray, "k j i"]:
    """Blocks where the muscles of the back lie, away from bone."""
    vertebra = coarse.vertebra
    right, anterior, superior = np.moveaxis(coarse.local_mm, -1, 0)
    middle = (vertebra.left_mm + vertebra.right_mm) / 2
    aside, behind = np.abs(right - middle), vertebra.posterior_wall.anterior_at(superior) - anterior
    region = tissue & (aside >= BESIDE_MM[0]) & (aside <= BESIDE_MM[1])
    region &= (behind >= BEHIND_WALL_MM[0]) & (behind <= BEHIND_WALL_MM[1])
    region &= (superior >= vertebra.lower_mm - ABOVE_MM) & (superior <= vertebra.upper_mm + ABOVE_MM)
    away = ndimage.distance_transform_edt(~coarse.labelled(), sampling=coarse.spacing_kji_mm)
    return np.asarray(region & (away > OFF_BONE_MM))


def _reference(
    name: str, coarse: CoarseCt, region: Bool[np.ndarray, "k j i"], range_hu: tuple[float, float]
) -> ReferenceTissue:
    """The tissue's peak in a region of blocks."""
    peak = tissue_peak(coarse.hu, region, _octants(coarse), range_hu)
    if isinstance(peak, str):
        return _missing(name, peak)
    found_ml = float(peak.where.sum() * coarse.affine.voxel_ml)
    if found_ml < LEAST_ML:
        return _missing(name, f"only {found_ml:.1f} ml of it are in the scan")
    voxels = round(found_ml / coarse.vertebra.level.ct.affine.voxel_ml)
    return ReferenceTissue(name=name, hu=peak.hu, plus_minus_hu=peak.plus_minus_hu, voxels=voxels)


def _missing(name: str, why: str) -> ReferenceTissue:
    return ReferenceTissue(name=name, hu=None, plus_minus_hu=None, voxels=0, why=why)


def _octants(coarse: CoarseCt) -> Int[np.ndarray, "k j i"]:
    """Which eighth of the surroundings a block lies in, about the vertebra's axes: 0 to 7."""
    upper = coarse.local_mm > 0
    return np.asarray(upper[..., 0] + 2 * upper[..., 1] + 4 * upper[..., 2], int)
