"""Places within the body that hold no spongy bone: clefts with gas or fluid, lytic holes.

Gas is unmistakable.  Fluid and tumour differ from spongy bone by their HU only, so they are called only where the
bone around them is clearly denser than soft tissue; in severe osteoporosis they look alike and none is called.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from scipy import ndimage

from vertebroplasty.anatomy.body_core import body_depth_mm, foreign_on_crop, ground_mm, hu_on_crop, remembered
from vertebroplasty.anatomy.density import core_mask
from vertebroplasty.anatomy.measurement import Spot
from vertebroplasty.anatomy.vertebra import Vertebra

__all__ = ["FoundSpot", "find_clefts", "find_lytic_holes", "found_clefts", "found_holes"]

GAS_HU = -200.0  # [choice] below: gas, far under fat and under the noise of an osteoporotic body
GAS_ML = 0.05  # [choice] least volume of a gas cleft
HOLE_ML = 0.2  # [choice] least volume of a hole filled with fluid or soft tissue
FILTER_MM = 2.0  # [choice] smoothing before holes are looked for: brings a noise of 93 HU below 10 HU
OUTLINE_MM = 1.0  # [choice] smoothing before a found hole is outlined: shrinks a ball of 6 mm radius by 0.2 mm
MARGIN_MM = 2.0  # [choice] cortex and its partial volume, never part of a hole
LEAST_CONTRAST_HU = 80.0  # [choice] a hole lies at least so far below the body's spongy bone …
LEAST_CONTRAST_SPREADS = 3.0  # [choice] … and so many times the spread of the smoothed bone
MUSCLE_HU = 40.0  # [choice] soft tissue; in dense bone a hole lies at least half of the way to it
REFERENCE_QUANTILES = (0.7, 0.9)  # [choice] the intact bone, read above the hole's own share of the body
NORMAL_GAP = 0.757  # [exact] distance of these two quantiles of a standard normal distribution
SOFT_HU = (-10.0, 90.0)  # [choice] what fills a lytic hole; below lies fatty marrow
FLUID_HU = 30.0  # [choice] fluid lies within ± this of water
FILLING_QUANTILE = 0.2  # [choice] of a region's smoothed HU: its filling, below the partial volume of its rim
FLATNESS = 2.0  # [choice] a cleft is at least so many times longer than thick
WITHIN_DEG = 45.0  # [choice] a cleft's thin direction lies so close to the vertebra's axis
EVERY = np.ones((3, 3, 3), bool)


class FoundSpot(NamedTuple):
    """One place and its voxels on the vertebra's crop."""

    spot: Spot
    mask: Bool[np.ndarray, "k j i"]


def find_clefts(vertebra: Vertebra) -> tuple[Spot, ...]:
    """Clefts within the body, the largest first: gas (below −200 HU, from 0.05 ml), and fluid where it can be told.

    A fluid cleft is a flat, level region within ±30 HU in clearly denser bone, from 0.2 ml.
    """
    return tuple(found.spot for found in found_clefts(vertebra))


def find_lytic_holes(vertebra: Vertebra) -> tuple[Spot, ...]:
    """Holes in the body's core that hold soft tissue, the largest first, from 0.2 ml.

    They lie at least 80 HU and three spreads below the smoothed intact bone; where the bone itself is hardly denser
    than soft tissue none can be called.
    """
    return tuple(found.spot for found in found_holes(vertebra))


def found_clefts(vertebra: Vertebra) -> tuple[FoundSpot, ...]:
    """The clefts with their voxels on the crop."""
    fluid = [found for found in _dark(vertebra) if found.spot.content == "fluid"]
    return _largest_first([*_gas(vertebra), *fluid])


def found_holes(vertebra: Vertebra) -> tuple[FoundSpot, ...]:
    """The lytic holes with their voxels on the crop."""
    return _largest_first([found for found in _dark(vertebra) if found.spot.content is None])


def _dark(vertebra: Vertebra) -> list[FoundSpot]:
    return remembered(vertebra.level, "dark-regions", lambda: _dark_regions(vertebra))


def _largest_first(found: list[FoundSpot]) -> tuple[FoundSpot, ...]:
    return tuple(sorted(found, key=lambda each: -(each.spot.volume_ml or 0.0)))


def _spot(vertebra: Vertebra, mask: Bool[np.ndarray, "k j i"], content: str | None) -> Spot:
    points = vertebra.distance_affine.to_world(np.argwhere(mask)[:, ::-1])
    volume = float(np.count_nonzero(mask) * vertebra.distance_affine.voxel_ml)
    return Spot(centre_lps_mm=points.mean(axis=0), volume_ml=volume, content=content)


def _gas(vertebra: Vertebra) -> list[FoundSpot]:
    """Connected gas below the endplates; gas of the disc that only blurs into the body stays out."""
    half_voxel = float(vertebra.distance_affine.spacing_mm.max()) / 2
    gas = (hu_on_crop(vertebra) < GAS_HU) & vertebra.body_mask() & (body_depth_mm(vertebra) > half_voxel)
    regions, count = ndimage.label(gas, structure=EVERY)
    masks = [regions == number for number in range(1, count + 1)]
    found = [FoundSpot(_spot(vertebra, mask, "gas"), mask) for mask in masks]
    return [each for each in found if (each.spot.volume_ml or 0.0) >= GAS_ML]


def _smoothed(vertebra: Vertebra, domain: Bool[np.ndarray, "k j i"], sigma_mm: float) -> Float[np.ndarray, "k j i"]:
    """HU averaged over a ball of the domain only, so that cortex and soft tissue do not leak in."""
    sigma = sigma_mm / vertebra.distance_affine.spacing_mm[::-1]
    weight = ndimage.gaussian_filter(domain.astype(np.float32), sigma)
    hu = ndimage.gaussian_filter(np.where(domain, hu_on_crop(vertebra), 0.0).astype(np.float32), sigma)
    return np.where(domain, hu / np.maximum(weight, np.finfo(np.float32).eps), np.float32(np.inf))


def _domain(vertebra: Vertebra) -> Bool[np.ndarray, "k j i"]:
    """Where spongy bone, fluid and tumour can be told by their HU: below the cortex, off gas, cement and metal."""
    hu = hu_on_crop(vertebra)
    gas = ndimage.binary_dilation(hu < GAS_HU, structure=EVERY, iterations=2)
    below = vertebra.body_mask() & (body_depth_mm(vertebra) > MARGIN_MM) & np.isfinite(hu)
    return np.asarray(below & ~foreign_on_crop(vertebra) & ~gas)


def _dark_regions(vertebra: Vertebra) -> list[FoundSpot]:
    """Regions of soft-tissue HU well below the intact spongy bone, grown to half of their own contrast."""
    domain = _domain(vertebra)
    core = core_mask(vertebra)[0] & domain
    if not core.any():
        return []
    smooth = _smoothed(vertebra, domain, FILTER_MM)
    intact, upper = np.quantile(smooth[core], REFERENCE_QUANTILES)
    contrast = max(
        LEAST_CONTRAST_HU,
        LEAST_CONTRAST_SPREADS * float(upper - intact) / NORMAL_GAP,
        (float(intact) - MUSCLE_HU) / 2,
    )
    seeds, count = ndimage.label((smooth < intact - contrast) & core, structure=EVERY)
    found: list[FoundSpot] = []
    taken = np.zeros_like(core)
    outline = _smoothed(vertebra, domain, OUTLINE_MM) if count else smooth
    for number in range(1, count + 1):
        seed = seeds == number
        if (seed & taken).any():
            continue
        filling = float(np.quantile(outline[seed], FILLING_QUANTILE))
        half_way = outline < (intact + filling) / 2
        grown = ndimage.binary_propagation(seed & half_way, structure=EVERY, mask=half_way)
        taken |= grown
        if not grown.any():
            continue
        content = "fluid" if abs(filling) <= FLUID_HU and _is_flat(vertebra, grown) else None
        spot = _spot(vertebra, grown, content)
        if (spot.volume_ml or 0.0) >= HOLE_ML and (content or SOFT_HU[0] <= filling < SOFT_HU[1]):
            found.append(FoundSpot(spot, grown))
    return found


def _is_flat(vertebra: Vertebra, mask: Bool[np.ndarray, "k j i"]) -> bool:
    """Whether a region is flat and lies level, as a cleft between fragments does."""
    values, axes = np.linalg.eigh(np.cov(ground_mm(vertebra)[mask].T))
    level = abs(axes[2, 0]) >= np.cos(np.radians(WITHIN_DEG))
    return bool(level and values[2] >= FLATNESS**2 * values[0])
