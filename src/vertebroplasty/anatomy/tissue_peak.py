"""The HU of a tissue as the peak of a histogram: robust against everything else that lies in the same region."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy import ndimage

__all__ = ["Peak", "tissue_peak"]

BIN_HU = 2.0  # [choice] width of a bin
SMOOTHING_BINS = 3.0  # [choice] the histogram is smoothed with this standard deviation
HALF_WINDOW_HU = 30.0  # [choice] around the peak: three times the noise that is left in blocks of 3 mm
LEAST_SHARE = 0.6  # [choice] of the candidates within the window around the peak; without a peak it is less
ROUNDS = 20  # [choice] the window settles in a few rounds
SETTLED_HU = 0.01  # [choice] when the window has settled
LEAST_BLOCKS = 20  # [choice] in a part of the region that has a mean of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """A tissue's mean HU, its standard error between parts of the region, and which blocks it was taken from."""

    hu: float
    plus_minus_hu: float
    where: Bool[np.ndarray, "k j i"]


def tissue_peak(
    hu: Float[np.ndarray, "k j i"],
    candidates: Bool[np.ndarray, "k j i"],
    parts: Int[np.ndarray, "k j i"],
    range_hu: tuple[float, float],
) -> Peak | str:
    """The highest peak of a region's histogram within a range, or a few words on why there is none.

    Blocks whose neighbours are also candidates within the range count, so that borders between tissues do not.  The
    mean is taken in a window that is centred on itself, which is unbiased for a symmetric peak.

    Args:
        hu: block means.
        candidates: the region.
        parts: numbers (from 0) of parts of the region, whose means show how uniform the tissue reads.
        range_hu: where the peak may lie.
    """
    low, high = range_hu
    inside = candidates & (hu >= low) & (hu <= high)
    whole = ndimage.binary_erosion(inside)
    values = hu[whole]
    if values.size < LEAST_BLOCKS:
        return "too little of it is in the scan"
    counts, edges = np.histogram(values, bins=round((high - low) / BIN_HU), range=range_hu)
    smooth = ndimage.gaussian_filter1d(counts.astype(float), SMOOTHING_BINS, mode="constant")
    centre = float(edges[int(smooth.argmax())]) + BIN_HU / 2
    for _ in range(ROUNDS):
        near = np.abs(values - centre) <= HALF_WINDOW_HU
        before, centre = centre, float(values[near].mean(dtype=float))
        if abs(centre - before) < SETTLED_HU:
            break
    if near.mean() < LEAST_SHARE:
        return "its HU show no clear peak"
    where = whole & (np.abs(hu - centre) <= HALF_WINDOW_HU)
    return Peak(hu=centre, plus_minus_hu=_plus_minus(hu[where], parts[where]), where=where)


def _plus_minus(hu: Float[np.ndarray, "n"], parts: Int[np.ndarray, "n"]) -> float:
    """Standard error of the mean: between the parts' own means where there are several, at least that of the blocks."""
    own = hu.std(ddof=1) / np.sqrt(hu.size)
    counts = np.bincount(parts)
    large = np.flatnonzero(counts >= LEAST_BLOCKS)
    if large.size < 2:
        return float(own)
    means = np.bincount(parts, weights=hu)[large] / counts[large]
    return float(max(own, means.std(ddof=1)))
