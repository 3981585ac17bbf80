"""The department's own C-arm, syringe, cannula and cement in a TOML file: defaults, checked like any input."""

import math
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from vertebroplasty.cement.product import products
from vertebroplasty.documents.calibration_files import ScannerEntry
from vertebroplasty.documents.common import Part
from vertebroplasty.documents.input_problems import nearest, parsed_toml, refusal
from vertebroplasty.documents.patient_problems import harmless
from vertebroplasty.geometry.c_arm_view import SID_MM, SOD_MM
from vertebroplasty.geometry.gauges import GAUGES
from vertebroplasty.strength.calibration_scanner import ScannerLine

__all__ = ["SITE_TEMPLATE", "SiteDocument", "parse_site"]

SITE_TEMPLATE = """\
# The department's own equipment: defaults for fluoro, plan, inject and run.
# Use it with --site site.toml, or set VERTEBROPLASTY_SITE to its path; no file is picked up by itself.
# An option on the command line stands above this file.  Every key may be left out.

[c_arm]
sid_mm = 1100.0      # source to detector, mm
sod_mm = 700.0       # source to isocentre, mm; below sid_mm
pixel_mm = 0.37      # pixel on the detector, mm; without it the picture spans 120 mm at the isocentre
planes = "mono"      # mono or biplane; biplane takes AP and lateral where no --view is given

[syringe]
volume_ml = 1.0      # one filling, ml
bore_mm = 4.7        # inner diameter of the barrel, mm

[cannula]
gauge = 11           # 8 to 15

[cement]
product = "pmma-medium"   # `vertebroplasty info cements` lists them

[patient]
position = "prone"   # the position on the table; prone is the one that is modelled

# [[scanner]]                        # one for each scanner, voltage and kernel; for --calibration scanner-table
# name = "our CT at 120 kVp"
# scanner_model = "as the image header names it"
# kvp = 120.0                        # any if left out
# kernel = "as the image header names it"    # any if left out
# slope_mg_per_ml_per_hu = 0.80      # density per HU ...
# slope_plus_minus = 0.02            # ... and half of its 95 % interval
# intercept_mg_per_ml = -3.0         # density at 0 HU
# intercept_plus_minus = 4.0
# source = "phantom of our department, day and serial number"
"""


class CArmEntry(Part):
    """The C-arm."""

    sid_mm: Annotated[float, Field(ge=500.0, le=1500.0)] | None = Field(
        default=None, description="Source to detector, mm."
    )
    sod_mm: Annotated[float, Field(ge=300.0, le=1300.0)] | None = Field(
        default=None, description="Source to isocentre, mm."
    )
    pixel_mm: Annotated[float, Field(ge=0.05, le=1.0)] | None = Field(
        default=None, description="Pixel on the detector, mm."
    )
    planes: Literal["mono", "biplane"] | None = Field(default=None, description="mono or biplane.")

    @model_validator(mode="after")
    def _source_before_detector(self) -> "CArmEntry":
        sid_mm, sod_mm = self.sid_mm or SID_MM, self.sod_mm or SOD_MM
        if sod_mm >= sid_mm:
            raise ValueError(
                f"c_arm.sod_mm is {sod_mm:g}: the isocentre lies before the detector, so it is below sid_mm "
                f"({sid_mm:g})."
            )
        return self


class SyringeEntry(Part):
    """The syringe that pushes the cement."""

    volume_ml: Annotated[float, Field(ge=0.5, le=60.0)] | None = Field(default=None, description="One filling, ml.")
    bore_mm: Annotated[float, Field(ge=2.0, le=40.0)] | None = Field(
        default=None, description="Inner diameter of its barrel, mm."
    )


class CannulaEntry(Part):
    """The cannula."""

    gauge: int | None = Field(default=None, description="Gauge number.")

    @field_validator("gauge")
    @classmethod
    def _in_the_table(cls, value: int | None) -> int | None:
        if value is not None and value not in GAUGES:
            raise ValueError(f"cannula.gauge is {value}: it is one of {', '.join(map(str, sorted(GAUGES)))}.")
        return value


class CementEntry(Part):
    """The cement."""

    product: str | None = Field(default=None, description="Name of a built-in product.")

    @field_validator("product")
    @classmethod
    def _built_in(cls, value: str | None) -> str | None:
        known = products()
        if value is not None and value not in known:
            near = nearest(value, known)
            meant = f"did you mean {near}?" if near else f"it is one of {', '.join(known)}."
            raise ValueError(f"cement.product is {harmless(value)!r}: {meant}")
        return value


class PatientEntry(Part):
    """How the patient lies."""

    position: Literal["prone"] | None = Field(
        default=None, description="Position on the table; prone is the one that is modelled."
    )


class SiteDocument(Part):
    """A department's defaults; what is not stated keeps the built-in default."""

    c_arm: CArmEntry = Field(default_factory=CArmEntry, description="The C-arm, for fluoro and run.")
    syringe: SyringeEntry = Field(default_factory=SyringeEntry, description="The syringe, for inject and run.")
    cannula: CannulaEntry = Field(default_factory=CannulaEntry, description="The cannula, for plan, inject and run.")
    cement: CementEntry = Field(default_factory=CementEntry, description="The cement, for inject and run.")
    patient: PatientEntry = Field(default_factory=PatientEntry, description="The patient's position.")
    scanner: list[ScannerEntry] = Field(default=[], description="Calibration lines of the scanners, for strength.")

    def scanner_lines(self) -> tuple[ScannerLine, ...]:
        """The department's calibration lines."""
        return tuple(entry.line() for entry in self.scanner)

    def stated(self) -> dict[str, Any]:
        """What the file states, by table; empty tables left out."""
        return {name: table for name, table in self.model_dump(exclude_none=True).items() if table}

    def of_syringe(self, volume_ml: float | None, peak_kpa: float | None) -> tuple[str, ...]:
        """What an injection asks of the department's syringe, in sentences: fillings and force on the plunger."""
        said = []
        if self.syringe.volume_ml is not None and volume_ml:
            fillings = math.ceil(round(volume_ml / self.syringe.volume_ml, 6))
            said.append(
                f"{volume_ml:.1f} ml take {fillings} filling{'s' * (fillings > 1)} of the department's "
                f"{self.syringe.volume_ml:g} ml syringe; changing it is not modelled."
            )
        if self.syringe.bore_mm is not None and peak_kpa:
            force_n = peak_kpa * math.pi / 4 * self.syringe.bore_mm**2 / 1000.0
            said.append(
                f"The peak pressure is {force_n:.0f} N on the plunger of a syringe of {self.syringe.bore_mm:g} mm bore."
            )
        return tuple(said)


def parse_site(text: str, name: str = "site.toml") -> SiteDocument:
    """A department's file as defaults.

    Raises:
        Refused: not TOML, or with a sentence for each: an unknown key (the nearest is named), a wrong kind, a value out
            of range, an unknown gauge or product.
    """
    name = harmless(name)
    values = parsed_toml(text, name, remedy="start from `info site`")
    try:
        return SiteDocument.model_validate(values, strict=True)
    except ValidationError as error:
        raise refusal(name, error, SiteDocument) from None
