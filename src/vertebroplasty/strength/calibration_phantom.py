"""Calibration by a phantom scanned with the patient: rods of known density, measured where the user says they lie."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from vertebroplasty.anatomy.volume import OUTSIDE_HU, CtVolume
from vertebroplasty.errors import Refused
from vertebroplasty.strength.calibration import Calibration, Reference
from vertebroplasty.strength.calibration_fit import LineFit, fit_residuals

__all__ = ["MINERALS", "Rod", "calibrate_with_rods"]

INNER_SHARE = 0.7  # [choice] of a rod's radius: further out the wall blurs in
CENTRE_SHARE = 0.4  # [choice] of its radius, compared with what lies between it and the inner share
LEAST_RODS = 3  # [exact] two always lie on a line; a third tells whether the line is right
LEAST_VOXELS = 50  # [choice] in a rod
LARGEST_STEP_HU = 20.0  # [choice] between parts of a rod: more, and it is not where it was said
MEDIAN_STEP = 0.9539  # [exact] median of the step between two values of Gaussian noise, in standard deviations
LARGEST_RESIDUAL = 8.4  # [AAPM2026-abstract] mg/ml: the error without any phantom; a worse phantom helps nobody
SLOPES = (0.4, 1.6)  # [choice] mg/ml per HU that a tube between 60 and 150 kVp may give
SEGMENTS = 4  # [choice] parts along a rod whose means show how steady it reads
MINERALS = {"hydroxyapatite": "hydroxyapatite", "potassium-phosphate": "dipotassium hydrogen phosphate"}
PHOSPHATE_NOTE = (
    "The phantom holds dipotassium hydrogen phosphate: densities against hydroxyapatite differ by a few to 10 %, "
    "which the intervals do not hold."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rod:
    """One rod: a cylinder about `centre_lps_mm` along `axis_lps`, with its nominal density.

    `length_mm` is how much of it is measured, half to either side of the centre.
    """

    name: str
    centre_lps_mm: tuple[float, float, float]
    diameter_mm: float
    density_mg_per_ml: float
    length_mm: float = 20.0
    axis_lps: tuple[float, float, float] = (0.0, 0.0, 1.0)


def calibrate_with_rods(ct: CtVolume, rods: tuple[Rod, ...], *, mineral: str = "hydroxyapatite") -> Calibration:
    """The line through a phantom's rods in this scan.

    Every rod's HU is the mean over the voxels within 70 % of its radius.  The HU are fitted as a straight line in the
    nominal densities by least squares; the scatter about it gives the intervals (Student's t).

    Args:
        ct: the scan that shows the phantom.
        rods: at least three, of at least two densities.
        mineral: what the rods hold, a key of `MINERALS`.

    Raises:
        Refused: fewer than three rods, a rod outside the scan or not where it was said, or rods that do not lie on a
            rising line.
    """
    if mineral not in MINERALS:
        raise Refused(f"The mineral {mineral} is not known: use one of {', '.join(MINERALS)}.", where="--rods")
    if len(rods) < LEAST_RODS:
        raise Refused(f"{len(rods)} rods were given: a calibration needs at least {LEAST_RODS}.", where="--rods")
    if len({rod.density_mg_per_ml for rod in rods}) < 2:
        raise Refused("All rods have the same density: a line needs rods of different densities.", where="--rods")
    measured = tuple(_measured(ct, rod) for rod in rods)
    hu, density, error = (
        np.array([getattr(rod, key) for rod in measured]) for key in ("hu", "density_mg_per_ml", "plus_minus_hu")
    )
    fit = fit_residuals(hu, density, error)
    _refuse_bad(fit)
    low, high = fit.lowest_and_highest()
    return Calibration(
        name="phantom",
        slope_mg_per_ml_per_hu=fit.line.slope_mg_per_ml_per_hu,
        slope_interval=fit.slope_interval,
        intercept_mg_per_ml=fit.line.intercept_mg_per_ml,
        intercept_interval=fit.intercept_interval,
        low_line=low,
        high_line=high,
        mineral=MINERALS[mineral],
        references=measured,
        residual_mg_per_ml=fit.residual_mg_per_ml,
        notes=(PHOSPHATE_NOTE,) if mineral == "potassium-phosphate" else (),
    )


def _refuse_bad(fit: LineFit) -> None:
    """Stop at a line that no phantom gives."""
    slope = fit.line.slope_mg_per_ml_per_hu
    if not SLOPES[0] <= slope <= SLOPES[1]:
        raise Refused(
            f"The rods give {slope:.2f} mg/ml per HU, which no scan has: check their places and densities.",
            where="--rods",
        )
    if fit.residual_mg_per_ml is not None and fit.residual_mg_per_ml > LARGEST_RESIDUAL:
        raise Refused(
            f"The rods lie {fit.residual_mg_per_ml:.1f} mg/ml off a straight line, more than {LARGEST_RESIDUAL:g}: "
            "check their places and densities.",
            where="--rods",
        )


def _measured(ct: CtVolume, rod: Rod) -> Reference:
    """The rod's mean HU, from the voxels whose centres lie in its inner part."""
    axis = np.asarray(rod.axis_lps, float)
    if not np.linalg.norm(axis) > 0:
        raise Refused(f"The axis of rod {rod.name} has no direction: give three numbers, not all 0.", where="--rods")
    axis = axis / np.linalg.norm(axis)
    hu, along, off = _voxels(ct, rod, axis)
    radius = 0.5 * rod.diameter_mm
    inner = (np.abs(along) <= 0.5 * rod.length_mm) & (off <= INNER_SHARE * radius)
    if np.count_nonzero(inner) < LEAST_VOXELS:
        raise Refused(
            f"Only {np.count_nonzero(inner)} voxels lie inside rod {rod.name}: measure a longer part of it.",
            where="--rods",
        )
    values, height = hu[inner].astype(float), along[inner] / rod.length_mm + 0.5
    if values.min() <= OUTSIDE_HU:
        raise _outside(rod)
    across = (off[inner] > CENTRE_SHARE * radius).astype(int)
    lengthwise = np.clip((height * SEGMENTS).astype(int), 0, SEGMENTS - 1)
    step = max(_unexplained_step(values, parts) for parts in (across, lengthwise))
    if step > LARGEST_STEP_HU:
        raise Refused(
            f"Rod {rod.name} reads differently in its parts, by {step:.0f} HU: check its place and its diameter.",
            where="--rods",
        )
    return Reference(
        name=rod.name,
        hu=float(values.mean()),
        plus_minus_hu=_standard_error(values, lengthwise),
        voxels=values.size,
        density_mg_per_ml=rod.density_mg_per_ml,
    )


def _voxels(ct: CtVolume, rod: Rod, axis: Float[np.ndarray, "3"]) -> tuple[Float[np.ndarray, "n"], ...]:
    """HU of the voxels around a rod, how far along it and how far off its axis they lie (mm)."""
    centre, half = np.asarray(rod.centre_lps_mm, float), 0.5 * rod.length_mm
    reach = np.abs(axis) * half + 0.5 * rod.diameter_mm * INNER_SHARE * np.sqrt(np.maximum(0.0, 1.0 - axis**2))
    corners = centre + reach * np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
    index = ct.affine.to_index(corners)
    limit = np.array(ct.hu.shape[::-1])
    ends = ct.affine.to_index(centre + np.outer([-half, half], axis))
    if (ends < -0.5).any() or (ends > limit - 0.5).any():
        raise _outside(rod)
    start = np.clip(np.floor(index.min(axis=0)), 0, limit - 1).astype(int)
    stop = np.clip(np.ceil(index.max(axis=0)) + 1, start + 1, limit).astype(int)
    window = tuple(slice(a, b) for a, b in zip(start[::-1], stop[::-1], strict=True))
    k, j, i = np.meshgrid(*(np.arange(part.start, part.stop) for part in window), indexing="ij")
    from_centre = ct.affine.to_world(np.stack([i, j, k], axis=-1).astype(float)) - centre
    along = from_centre @ axis
    return ct.hu[window], along, np.linalg.norm(from_centre - along[..., None] * axis, axis=-1)


def _outside(rod: Rod) -> Refused:
    return Refused(f"Rod {rod.name} lies outside the scan, at least in part: check its centre.", where="--rods")


def _part_means(hu: Float[np.ndarray, "n"], parts: Int[np.ndarray, "n"]) -> tuple[Float[np.ndarray, "m"], ...]:
    """Mean HU of every part that has voxels, and their numbers."""
    counts = np.bincount(parts)
    used = counts > 0
    return np.bincount(parts, weights=hu)[used] / counts[used], counts[used].astype(float)


def _unexplained_step(hu: Float[np.ndarray, "n"], parts: Int[np.ndarray, "n"]) -> float:
    """Largest difference between parts of a rod, less twice what noise makes of it."""
    means, counts = _part_means(hu, parts)
    steps = np.abs(np.diff(hu[np.argsort(parts, kind="stable")]))
    noise = float(np.median(steps)) / MEDIAN_STEP
    return float(np.ptp(means)) - 2.0 * noise * float(np.sqrt(2.0 / counts.min()))


def _standard_error(hu: Float[np.ndarray, "n"], parts: Int[np.ndarray, "n"]) -> float:
    """Of a rod's mean: from the means of its parts along the axis, at least that of independent voxels."""
    own = float(hu.std(ddof=1) / np.sqrt(hu.size))
    means, _ = _part_means(hu, parts)
    return max(own, float(means.std(ddof=1) / np.sqrt(means.size))) if means.size > 1 else own
