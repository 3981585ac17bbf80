"""The calibration's part of the `strength` document: the line from HU to density, and what it was measured on."""

from pydantic import Field

from vertebroplasty.documents.common import Number, Part, rounded
from vertebroplasty.strength.calibration import GIVEN, Calibration, Interval

__all__ = ["CalibrationEntry", "ReferenceEntry", "calibration_entry"]


class ReferenceEntry(Part):
    """One reference of known density: a rod of a phantom, or a tissue of the patient."""

    name: str = Field(description="The rod's name, or air, fat or muscle.")
    hu: float = Field(description="Its mean HU in the scan.")
    plus_minus_hu: float = Field(description="One standard error of that mean.")
    voxels: int = Field(description="Voxels it was taken from.")
    density_mg_per_ml: float = Field(description="The density it stands for.")


class CalibrationEntry(Part):
    """density = intercept + slope · HU, with 95 % intervals of both."""

    slope_mg_per_ml_per_hu: float = Field(description="Density per HU.")
    slope_interval: list[float] | None = Field(description="Its 95 % interval, or the span of cited slopes.")
    intercept_mg_per_ml: float = Field(description="Density at 0 HU.")
    intercept_interval: list[float] | None = Field(description="Its 95 % interval; null where it is not known.")
    mineral: str = Field(description="What the density is equivalent to.")
    residual_mg_per_ml: Number = Field(description="Standard deviation of a phantom's rods about the line, else null.")
    references: list[ReferenceEntry] = Field(
        description="What was measured in the scan; empty for a line from outside."
    )


def calibration_entry(line: Calibration | None) -> CalibrationEntry | None:
    """The entry; None where no line from HU to density was used or its newtons are not known."""
    if line is None or line.name == GIVEN.name or not line.newtons_known:
        return None
    return CalibrationEntry(
        slope_mg_per_ml_per_hu=_number(line.slope_mg_per_ml_per_hu),
        slope_interval=_interval(line.slope_interval),
        intercept_mg_per_ml=_number(line.intercept_mg_per_ml),
        intercept_interval=_interval(line.intercept_interval),
        mineral=line.mineral,
        residual_mg_per_ml=rounded(line.residual_mg_per_ml),
        references=[
            ReferenceEntry(
                name=found.name,
                hu=_number(found.hu),
                plus_minus_hu=_number(found.plus_minus_hu),
                voxels=found.voxels,
                density_mg_per_ml=_number(found.density_mg_per_ml),
            )
            for found in line.references
        ],
    )


def _number(value: float) -> float:
    return rounded(value) or 0.0


def _interval(ends: Interval | None) -> list[float] | None:
    return None if ends is None else [_number(end) for end in ends]
