"""The files that calibrate density: a phantom's rods in JSON, and a table of scanners in TOML."""

from typing import Annotated, Literal

from pydantic import Field, ValidationError, field_validator

from vertebroplasty.documents.common import Part
from vertebroplasty.documents.input_problems import parsed_json, parsed_toml, refusal
from vertebroplasty.documents.patient_problems import harmless
from vertebroplasty.strength.calibration_phantom import Rod
from vertebroplasty.strength.calibration_scanner import ScannerLine

__all__ = ["RodEntry", "RodsDocument", "ScannerEntry", "ScannerTable", "parse_rods", "parse_scanner_table"]

Name = Annotated[str, Field(min_length=1, max_length=80)]
Coordinate = Annotated[float, Field(ge=-10000.0, le=10000.0)]
Mineral = Literal["hydroxyapatite", "potassium-phosphate"]


class RodEntry(Part):
    """One rod of the phantom."""

    name: Name = Field(description="What it is called.")
    centre_lps_mm: Annotated[list[Coordinate], Field(min_length=3, max_length=3)] = Field(
        description="A point on its axis: the middle of the part that is measured, LPS mm."
    )
    diameter_mm: Annotated[float, Field(ge=4.0, le=80.0)] = Field(description="Its diameter.")
    density_mg_per_ml: Annotated[float, Field(ge=-300.0, le=2000.0)] = Field(description="Its nominal density.")
    length_mm: Annotated[float, Field(ge=1.0, le=400.0)] = Field(
        default=20.0, description="How much of it is measured."
    )
    axis_lps: Annotated[list[Coordinate], Field(min_length=3, max_length=3)] = Field(
        default=[0.0, 0.0, 1.0], description="Its direction; along the table if left out."
    )

    @field_validator("axis_lps")
    @classmethod
    def _has_a_direction(cls, value: list[float]) -> list[float]:
        if not any(value):
            raise ValueError("axis_lps has no direction: give three numbers, not all 0.")
        return value

    def rod(self) -> Rod:
        """The rod as strength measures it."""
        (x, y, z), (along_x, along_y, along_z) = self.centre_lps_mm, self.axis_lps
        return Rod(
            name=harmless(self.name),
            centre_lps_mm=(x, y, z),
            diameter_mm=self.diameter_mm,
            density_mg_per_ml=self.density_mg_per_ml,
            length_mm=self.length_mm,
            axis_lps=(along_x, along_y, along_z),
        )


class RodsDocument(Part):
    """A phantom's rods and what they are made of."""

    mineral: Mineral = Field(description="hydroxyapatite or potassium-phosphate (dipotassium hydrogen phosphate).")
    rods: list[RodEntry] = Field(description="At least three rods.")


class ScannerEntry(Part):
    """The line of one scanner, voltage and kernel."""

    name: Name = Field(description="What the entry is called, for --scanner.")
    scanner_model: Name = Field(description="ManufacturerModelName of the image header.")
    kvp: Annotated[float, Field(ge=40.0, le=200.0)] | None = Field(
        default=None, description="Tube voltage; any if left out."
    )
    kernel: Name | None = Field(default=None, description="ConvolutionKernel of the image header; any if left out.")
    slope_mg_per_ml_per_hu: Annotated[float, Field(ge=0.4, le=1.6)] = Field(description="Density per HU.")
    slope_plus_minus: Annotated[float, Field(ge=0.0, le=0.4)] = Field(description="Half of its 95 % interval.")
    intercept_mg_per_ml: Annotated[float, Field(ge=-100.0, le=100.0)] = Field(description="Density at 0 HU.")
    intercept_plus_minus: Annotated[float, Field(ge=0.0, le=100.0)] = Field(description="Half of its 95 % interval.")
    mineral: Mineral = Field(default="hydroxyapatite", description="What the density is equivalent to.")
    source: Name = Field(description="Where and when the line was measured.")

    def line(self) -> ScannerLine:
        """The entry as strength uses it."""
        stated = self.model_dump()
        return ScannerLine(**stated | {key: harmless(stated[key]) for key in ("name", "scanner_model", "source")})


class ScannerTable(Part):
    """The department's scanners."""

    scanner: list[ScannerEntry] = Field(description="One entry for each model, voltage and kernel.")


def parse_rods(text: str, name: str) -> RodsDocument:
    """A rods file.

    Raises:
        Refused: not JSON, or a sentence for each thing that is wrong.
    """
    name = harmless(name)
    try:
        return RodsDocument.model_validate(parsed_json(text, name), strict=True)
    except ValidationError as error:
        raise refusal(name, error, RodsDocument) from None


def parse_scanner_table(text: str, name: str) -> tuple[ScannerLine, ...]:
    """A scanner table.

    Raises:
        Refused: not TOML, or a sentence for each thing that is wrong.
    """
    name = harmless(name)
    values = parsed_toml(text, name, remedy="write one [[scanner]] for each entry")
    try:
        table = ScannerTable.model_validate(values, strict=True)
    except ValidationError as error:
        raise refusal(name, error, ScannerTable) from None
    return tuple(entry.line() for entry in table.scanner)
