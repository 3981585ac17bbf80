"""How density is calibrated, for `strength` and `run`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

if TYPE_CHECKING:
    from vertebroplasty.case.calibrating import CalibrationRequest

__all__ = ["GENERIC", "CalibrationOptions"]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class CalibrationOptions:
    """Which calibration, and what it needs."""

    calibration: Annotated[
        str,
        Parameter(name="--calibration", help="HU to density: phantom, scanner-table, phantomless, generic or none."),
    ] = "generic"
    rods: Annotated[Path | None, Parameter(name="--rods", help="The phantom's rods in a JSON file.")] = None
    scanner_table: Annotated[
        Path | None, Parameter(name="--scanner-table", help="Lines of the department's scanners in a TOML file.")
    ] = None
    scanner: Annotated[
        str | None, Parameter(name="--scanner", help="Entry of the scanner table, where the image does not name it.")
    ] = None

    def request(self) -> "CalibrationRequest":
        """What the case calibrates with."""
        from vertebroplasty.case.calibrating import calibration_request

        return calibration_request(
            self.calibration, rods=self.rods, scanner_table=self.scanner_table, entry=self.scanner
        )


GENERIC = CalibrationOptions()
