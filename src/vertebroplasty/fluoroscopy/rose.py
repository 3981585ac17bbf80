"""Rose's criterion: the smallest ball of cement that stands out from the noise of one frame."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

__all__ = ["BLOB_VOLUMES_ML", "blob_contrast", "blob_width_mm", "cnr", "smallest_blob_ml"]

ROSE_CNR = 5.0  # [Rose-secondary] contrast to noise at which an object is detected
BLOB_VOLUMES_ML = tuple(float(v) for v in np.geomspace(1e-5, 5.0, 115))  # [choice] steps of 12 %
MM2_PER_CM2 = 100.0  # [exact] areas
MM_PER_CM = 10.0  # [exact] lengths

Volumes = Float[np.ndarray, "*v"]


def _radius_cm(volume_ml: Volumes | float) -> Volumes:
    return np.asarray(np.cbrt(3.0 * np.asarray(volume_ml) / (4.0 * np.pi)))


def blob_width_mm(volume_ml: Volumes | float) -> Volumes:
    """Diameter of a ball of cement."""
    return 2.0 * MM_PER_CM * _radius_cm(volume_ml)


def blob_contrast(added_per_cm: float, volume_ml: Volumes | float) -> tuple[Volumes, Volumes]:
    """Mean contrast of a ball of cement over its shadow, and the shadow's area in mm² in the object's plane.

    The mean of `1 - exp(-depth·sqrt(1 - s²))` over the disc, in closed form.
    """
    radius_cm = _radius_cm(volume_ml)
    depth = 2.0 * radius_cm * added_per_cm
    passed = 2.0 * (1.0 - (1.0 + depth) * np.exp(-depth)) / depth**2
    return np.asarray(1.0 - passed), np.asarray(MM2_PER_CM2 * np.pi * radius_cm**2)


def cnr(
    contrast: Volumes | float,
    area_mm2: Volumes | float,
    *,
    quanta_per_mm2: float,
    primary_share: float,
    clutter: Volumes | float = 0.0,
) -> Volumes:
    """Contrast to noise of a blob averaged over its own shadow.

    `area_mm2` and `quanta_per_mm2` (noise-equivalent, primary and scattered) belong to one plane.  Scatter dilutes the
    contrast to the `primary_share` of the signal; `clutter`, the standard deviation of the anatomy's log signal at the
    blob's size, is diluted with it.
    """
    noise = 1.0 / (primary_share * np.sqrt(quanta_per_mm2 * np.asarray(area_mm2)))
    return np.asarray(contrast / np.hypot(noise, clutter))


def smallest_blob_ml(
    added_per_cm: float,
    *,
    quanta_per_mm2: float,
    magnification: float,
    primary_share: float,
    clutter: Sequence[float] | Float[np.ndarray, "v"] | None = None,
) -> float | None:
    """The smallest ball of cement, in ml, whose contrast to noise reaches 5; None if not even 5 ml can be seen.

    `added_per_cm` is what cement attenuates more than what it replaces; `quanta_per_mm2` counts on the detector.
    `clutter` gives the standard deviation of the anatomy's log signal at the size of each of `BLOB_VOLUMES_ML`.
    """
    if added_per_cm <= 0.0:
        return None
    contrast, area = blob_contrast(added_per_cm, np.array(BLOB_VOLUMES_ML))
    uneven = np.zeros(len(BLOB_VOLUMES_ML)) if clutter is None else np.asarray(clutter)
    on_detector = area * magnification**2
    reached = cnr(contrast, on_detector, quanta_per_mm2=quanta_per_mm2, primary_share=primary_share, clutter=uneven)
    seen = np.flatnonzero(reached >= ROSE_CNR)
    if not len(seen):
        return None
    first = int(seen[0])
    if first == 0:
        return BLOB_VOLUMES_ML[0]
    # Between two volumes 12 % apart the contrast to noise is a power of the volume.
    below, above = np.log(reached[first - 1 : first + 1] / ROSE_CNR)
    step = np.log(BLOB_VOLUMES_ML[first] / BLOB_VOLUMES_ML[first - 1])
    return float(BLOB_VOLUMES_ML[first - 1] * np.exp(step * below / (below - above)))
