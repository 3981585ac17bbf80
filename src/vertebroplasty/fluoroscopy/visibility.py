"""How much leaked cement it takes before one picture shows it: Rose's criterion with the picture's own texture.

A compact blob of cement is seen when its contrast exceeds five times the noise over its own area.  Noise is that of
the photons and that of the anatomy behind it, measured on the picture.  Motion, the observer's attention and cement
already in place make it worse: the volumes are lower bounds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Shaped
from scipy import ndimage

from vertebroplasty.anatomy.grid import VertebraGrid
from vertebroplasty.anatomy.sites import site_of
from vertebroplasty.fluoroscopy.attenuation import Dense
from vertebroplasty.fluoroscopy.beam import beam, transmission
from vertebroplasty.fluoroscopy.cement_shadow import CementMix
from vertebroplasty.fluoroscopy.image import XrayImage
from vertebroplasty.geometry.needle_path import NeedlePath

__all__ = ["SiteVisibility", "Texture", "added_attenuation_per_cm", "smallest_blob_ml", "texture", "visibility"]

ROSE_CNR = 5.0  # [Rose-secondary] contrast to noise at which an object is detected
PHOTONS_PER_MM2_NGY = 30.0  # [SpekPy] at the detector, 60 to 90 kVp
DQE = 0.65  # [choice] of the computed 0.65 to 0.79, the cautious end
KERMA_NGY = 30.0  # [choice] per frame at the detector; fluoroscopy uses 20 to 60
SCATTER_TO_PRIMARY = 4.0  # [choice] 20 cm of trunk without a grid
VOLUMES_ML = tuple(float(v) for v in np.geomspace(1e-4, 5.0, 95))  # [choice] steps of 12 %
PROBE_CM = 0.1  # [choice] thickness of cement at which its attenuation is evaluated
NEIGHBOURHOOD_MM = 10.0  # [choice] half side of the square whose texture counts
WIDTHS_PIXELS = (1, 3, 5, 9, 15, 25, 41, 69)  # [choice] blob widths at which the texture is measured, odd
IN_CANAL = ("epidural", "basivertebral-vein")
POINTS_PER_SITE = 24  # [choice] places tried in each site


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteVisibility:
    """The smallest ball of cement seen in the middling place of a site; None with the reason where not known."""

    site: str
    smallest_visible_ml: float | None
    why: str = ""


def blob_contrast(added_per_cm: float, volume_ml: float) -> tuple[float, float]:
    """Mean contrast of a ball of cement over its shadow, and the shadow's area in mm² in the object's plane."""
    radius_cm = (3.0 * volume_ml / (4.0 * np.pi)) ** (1.0 / 3.0)
    depth = 2.0 * radius_cm * added_per_cm
    # Mean of exp(-depth·sqrt(1 - s²)) over the disc, in closed form.
    passed = 2.0 * (1.0 - (1.0 + depth) * np.exp(-depth)) / depth**2
    return float(1.0 - passed), float(100.0 * np.pi * radius_cm**2)


def smallest_blob_ml(
    added_per_cm: float,
    *,
    magnification: float,
    kerma_ngy: float = KERMA_NGY,
    scatter_to_primary: float = SCATTER_TO_PRIMARY,
    texture_of: Sequence[float] | None = None,
) -> float | None:
    """The smallest ball of cement, in ml, that one frame shows; None if not even 5 ml can be seen.

    `texture_of` gives the standard deviation of the log signal of the anatomy at the size of each of `VOLUMES_ML`.
    """
    for position, volume in enumerate(VOLUMES_ML):
        contrast, area = blob_contrast(added_per_cm, volume)
        photons = kerma_ngy * PHOTONS_PER_MM2_NGY * area * magnification**2 * DQE
        noise = (1.0 + scatter_to_primary) / np.sqrt(photons)
        anatomy = 0.0 if texture_of is None else texture_of[position]
        if contrast >= ROSE_CNR * np.hypot(noise, anatomy):
            return volume
    return None


def added_attenuation_per_cm(image: XrayImage, pixel: tuple[int, int], mix: CementMix) -> float:
    """Attenuation per cm that cement adds in place of water on this ray, behind this patient."""
    shadow = image.shadow
    mass, share = PROBE_CM * mix.density_g_per_cm3, mix.opacifier_fraction
    areal = {
        "water": shadow.soft[pixel] - np.array([0.0, PROBE_CM]),
        "cortical-bone": np.full(2, shadow.bone[pixel]),
        "pmma": np.array([0.0, (1.0 - share) * mass]),
    }
    areal[mix.opacifier] = np.array([0.0, share * mass])
    if shadow.dense is not None and shadow.tissue.dense_material is Dense.METAL:
        areal[Dense.METAL.value] = np.full(2, shadow.dense[pixel])
    without, behind = transmission(areal, beam(image.kvp))
    return float(np.log(without / behind) / PROBE_CM)


@dataclass(frozen=True, eq=False, kw_only=True)
class Texture:
    """Standard deviation of the log signal around every pixel, for blobs of several widths in the object's plane."""

    widths_mm: Float[np.ndarray, "w"]
    deviation: Float[np.ndarray, "w rows columns"]

    def at(self, pixel: tuple[int, int]) -> list[float]:
        """The deviation at one pixel for each of `VOLUMES_ML`."""
        widths = [20.0 * (3.0 * volume / (4.0 * np.pi)) ** (1.0 / 3.0) for volume in VOLUMES_ML]
        values: list[float] = np.interp(widths, self.widths_mm, self.deviation[:, pixel[0], pixel[1]]).tolist()
        return values


def texture(image: XrayImage) -> Texture:
    """How uneven the anatomy itself is, at the size of a blob: what a blob must stand out from.

    Averages over the blob's width against averages over three times that width, for slower shading is no clutter;
    their deviation over ±10 mm.  Pixels where the CT is cut short are left out.
    """
    mask = image.complete.astype(float)
    logarithm = np.log(np.maximum(image.patient_only, np.finfo(np.float32).tiny)).astype(float)
    reach = 2 * max(1, round(NEIGHBOURHOOD_MM / image.object_pixel_mm)) + 1

    def mean(values: Float[np.ndarray, "rows columns"], pixels: int) -> Float[np.ndarray, "rows columns"]:
        weight = ndimage.uniform_filter(mask, pixels, mode="constant")
        summed = ndimage.uniform_filter(values * mask, pixels, mode="constant")
        return np.asarray(np.where(weight > 1e-9, summed / np.maximum(weight, 1e-9), 0.0))

    maps = []
    for pixels in WIDTHS_PIXELS:
        difference = mean(logarithm, pixels) - mean(logarithm, 3 * pixels)
        maps.append(np.sqrt(np.maximum(0.0, mean(difference**2, reach) - mean(difference, reach) ** 2)))
    return Texture(widths_mm=np.array(WIDTHS_PIXELS) * image.object_pixel_mm, deviation=np.array(maps))


def visibility(
    image: XrayImage, grid: VertebraGrid, mix: CementMix, needles: Sequence[NeedlePath] = ()
) -> tuple[SiteVisibility, ...]:
    """For every leak site, the smallest compact blob of cement that this picture shows.

    The median over places spread through the site: half of it hides more, behind bone edges above all.  Cement in the
    canal is as visible whether it came through a gap or the vein.  Needles in the picture are not background.
    """
    site, names = site_of(grid, needles)
    clutter, in_canal = texture(image), np.isin(site, [names.index(name) for name in IN_CANAL])
    return tuple(
        _of_site(image, grid, mix, clutter, name, np.argwhere(in_canal if name in IN_CANAL else site == at))
        for at, name in enumerate(names)
    )


def _of_site(
    image: XrayImage, grid: VertebraGrid, mix: CementMix, clutter: Texture, name: str, voxels: Shaped[np.ndarray, "n 3"]
) -> SiteVisibility:
    if not len(voxels):
        return SiteVisibility(site=name, smallest_visible_ml=None, why="This level's grid holds no such place.")
    chosen = voxels[np.unique(np.linspace(0, len(voxels) - 1, POINTS_PER_SITE).astype(int))]
    pixels = np.rint(image.detector.to_pixel(grid.affine.to_world(chosen[:, ::-1]))).astype(int)
    inside = np.all((pixels >= 0) & (pixels < image.detector.size), axis=1)
    seen = [(int(r), int(c)) for r, c in pixels[inside] if image.complete[r, c]]
    if not seen:
        why = "It lies outside the picture, or where the CT is cut short."
        return SiteVisibility(site=name, smallest_visible_ml=None, why=why)
    magnification = image.view.sid_mm / image.view.sod_mm
    smallest = []
    for pixel in seen:
        added = added_attenuation_per_cm(image, pixel, mix)
        found = smallest_blob_ml(added, magnification=magnification, texture_of=clutter.at(pixel))
        smallest.append(np.inf if found is None else found)
    middling = sorted(smallest)[len(smallest) // 2]
    if np.isinf(middling):
        why = "In half of it or more, not even 5 ml of this cement stands out from the anatomy."
        return SiteVisibility(site=name, smallest_visible_ml=None, why=why)
    return SiteVisibility(site=name, smallest_visible_ml=middling)
