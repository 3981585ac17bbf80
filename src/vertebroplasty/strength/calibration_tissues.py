"""Calibration without a phantom: the patient's own air, fat and muscle stand for what a phantom would show.

The densities are those that phantoms gave for these tissues in other patients [Szyszko2024], so a line through them
carries the spread between people; the same three tissues served for whole-bone strength before [Eggermont2019].
Textbook densities [tissue-densities] read some 25 mg/ml higher: the standard deviation is chosen so that the interval
holds them, and exceeds the error published for scans without a phantom, a mean of 8.4 mg/ml [AAPM2026-abstract].  Air
fixes the scale of HU but hardly the slope: what it is equivalent to depends on the tube voltage.
"""

from dataclasses import dataclass

import numpy as np

from vertebroplasty.anatomy.density import contrast_suspected
from vertebroplasty.anatomy.find import find_vertebra
from vertebroplasty.anatomy.levels import Level
from vertebroplasty.anatomy.reference_tissues import ReferenceTissue, reference_tissues
from vertebroplasty.errors import Refused
from vertebroplasty.strength.calibration import Calibration, Reference
from vertebroplasty.strength.calibration_fit import LineFit, fit_known_errors

__all__ = ["TISSUES", "TissueDensity", "calibrate_with_tissues", "line_through_tissues"]

AIR_MG_PER_ML = -797.0  # [Szyszko2024] air against hydroxyapatite
FAT_MG_PER_ML = -95.0  # [Szyszko2024] fat
MUSCLE_MG_PER_ML = 38.0  # [Szyszko2024] muscle
AIR_SD = 90.0  # [choice] mg/ml: half the span that 1000 HU mean between an effective 60 and 80 keV, over the root of 3
SOFT_SD = 14.0  # [choice] mg/ml, fat and muscle: the interval then holds what textbook densities would give
FURTHEST_SD = 3.0  # [choice] a tissue this far off the others' line is not what it was taken for
SLOPES = (0.4, 1.6)  # [choice] mg/ml per HU that a tube between 60 and 150 kVp may give
NEEDED = ("fat", "muscle")
REMEDY = "use --calibration generic, or a phantom's rods"
CONTRAST_UNKNOWN = "Whether contrast medium was given could not be told: it would raise muscle and bone."


@dataclass(frozen=True, slots=True, kw_only=True)
class TissueDensity:
    """What a tissue is equivalent to (mg/ml of hydroxyapatite), with the standard deviation between people."""

    mg_per_ml: float
    sd_mg_per_ml: float


TISSUES = {
    "air": TissueDensity(mg_per_ml=AIR_MG_PER_ML, sd_mg_per_ml=AIR_SD),
    "fat": TissueDensity(mg_per_ml=FAT_MG_PER_ML, sd_mg_per_ml=SOFT_SD),
    "muscle": TissueDensity(mg_per_ml=MUSCLE_MG_PER_ML, sd_mg_per_ml=SOFT_SD),
}


def calibrate_with_tissues(level: Level) -> Calibration:
    """The line through air, fat and muscle as they are found around a level.

    Raises:
        Refused: fat or muscle is not found, contrast medium is suspected, or the tissues do not lie on one line.
    """
    enhanced = contrast_suspected(find_vertebra(level))
    if enhanced:
        raise Refused(
            "Contrast medium is suspected, which raises muscle, blood and bone: the patient's tissues give no "
            f"calibration; {REMEDY}.",
            where="--calibration",
        )
    notes = (CONTRAST_UNKNOWN,) if enhanced is None else ()
    return line_through_tissues(reference_tissues(level), notes=notes)


def line_through_tissues(tissues: dict[str, ReferenceTissue], *, notes: tuple[str, ...] = ()) -> Calibration:
    """The weighted line through the tissues that were found; fat and muscle must be among them.

    Raises:
        Refused: fat or muscle is missing, or the tissues do not lie on one rising line.
    """
    missing = [f"{name}: {tissues[name].why}" for name in NEEDED if tissues[name].hu is None]
    if missing:
        raise Refused(
            f"The patient's tissues give no calibration ({'; '.join(missing)}): {REMEDY}.", where="--calibration"
        )
    found = tuple(_reference(tissue) for tissue in tissues.values() if tissue.hu is not None)
    hu, density, hu_error = (
        np.array([getattr(item, key) for item in found]) for key in ("hu", "density_mg_per_ml", "plus_minus_hu")
    )
    error = np.array([TISSUES[item.name].sd_mg_per_ml for item in found])
    fit = fit_known_errors(hu, density, error, hu_error)
    _refuse_bad(fit, found)
    low, high = fit.lowest_and_highest()
    return Calibration(
        name="phantomless",
        slope_mg_per_ml_per_hu=fit.line.slope_mg_per_ml_per_hu,
        slope_interval=fit.slope_interval,
        intercept_mg_per_ml=fit.line.intercept_mg_per_ml,
        intercept_interval=fit.intercept_interval,
        low_line=low,
        high_line=high,
        references=found,
        notes=notes,
        sources=("Szyszko2024", "Eggermont2019", "tissue-densities", "AAPM2026-abstract"),
    )


def _reference(tissue: ReferenceTissue) -> Reference:
    return Reference(
        name=tissue.name,
        hu=tissue.hu or 0.0,
        plus_minus_hu=tissue.plus_minus_hu or 0.0,
        voxels=tissue.voxels,
        density_mg_per_ml=TISSUES[tissue.name].mg_per_ml,
    )


def _refuse_bad(fit: LineFit, found: tuple[Reference, ...]) -> None:
    """Stop at references that contradict each other."""
    slope = fit.line.slope_mg_per_ml_per_hu
    off = [
        abs(item.density_mg_per_ml - float(fit.line.density_mg_per_ml(np.array(item.hu))))
        / TISSUES[item.name].sd_mg_per_ml
        for item in found
    ]
    if max(off) > FURTHEST_SD or not SLOPES[0] <= slope <= SLOPES[1]:
        read = ", ".join(f"{item.name} {item.hu:.0f} HU" for item in found)
        raise Refused(
            f"The patient's tissues do not lie on one line ({read}): they give no calibration; {REMEDY}.",
            where="--calibration",
        )
