"""The calibration of density that a user asks for: its files read at once, its line found once the scan is open."""

from dataclasses import dataclass
from pathlib import Path

from vertebroplasty.anatomy.levels import Level
from vertebroplasty.anatomy.volume import InputFile
from vertebroplasty.case.json_files import read_text
from vertebroplasty.case.site import NO_SITE, Site
from vertebroplasty.documents.calibration_files import RodsDocument, parse_rods, parse_scanner_table
from vertebroplasty.errors import Refused
from vertebroplasty.files import sha256_of
from vertebroplasty.strength.calibration import METHODS, Calibration, calibration_named, without
from vertebroplasty.strength.calibration_phantom import LEAST_RODS, calibrate_with_rods
from vertebroplasty.strength.calibration_scanner import ScannerLine, calibrate_with_table
from vertebroplasty.strength.calibration_tissues import calibrate_with_tissues

__all__ = ["GENERIC_REQUEST", "CalibrationRequest", "calibrate", "calibrate_or_none", "calibration_request"]

WHERE = "--calibration"
PHANTOM, TABLE, TISSUES = "phantom", "scanner-table", "phantomless"


@dataclass(frozen=True, kw_only=True)
class CalibrationRequest:
    """Which calibration, with what its files say; `table` is None where the site's own table is meant."""

    method: str = "generic"
    rods: RodsDocument | None = None
    table: tuple[ScannerLine, ...] | None = None
    entry: str | None = None
    inputs: tuple[InputFile, ...] = ()

    @property
    def asks_the_site(self) -> bool:
        """Whether the line is one of the department's own file."""
        return self.method == TABLE and self.table is None

    @property
    def parameters(self) -> dict[str, object]:
        """The options as documents show them."""
        named: dict[str, object] = {} if self.entry is None else {"scanner": self.entry}
        return {"calibration": self.method, **named}


GENERIC_REQUEST = CalibrationRequest()


def calibration_request(
    method: str, *, rods: Path | None = None, scanner_table: Path | None = None, entry: str | None = None
) -> CalibrationRequest:
    """Read what a calibration needs beside the scan.

    Raises:
        Refused: an unknown method, a file that is missing, does not belong to the method, or says something wrong.
    """
    if method not in METHODS:
        raise Refused(f"The calibration {method} is not known: choose {', '.join(METHODS)}.", where=WHERE)
    if rods is not None and method != PHANTOM:
        raise Refused("--rods goes with --calibration phantom.", where="--rods")
    if (scanner_table is not None or entry is not None) and method != TABLE:
        raise Refused("--scanner-table and --scanner go with --calibration scanner-table.", where="--scanner-table")
    if method == PHANTOM:
        if rods is None:
            raise Refused("A phantom needs the places and densities of its rods: add --rods rods.json.", where="--rods")
        said = parse_rods(read_text(rods, remedy="give the rods of the phantom", where="--rods"), rods.name)
        if len(said.rods) < LEAST_RODS:
            raise Refused(f"{len(said.rods)} rods were given: a phantom needs {LEAST_RODS}.", where="--rods")
        return CalibrationRequest(method=method, rods=said, inputs=(_input("rods", rods),))
    if scanner_table is not None:
        text = read_text(scanner_table, remedy="give a table of scanners", where="--scanner-table")
        table = parse_scanner_table(text, scanner_table.name)
        return CalibrationRequest(
            method=method, table=table, entry=entry, inputs=(_input("scanner-table", scanner_table),)
        )
    return CalibrationRequest(method=method, entry=entry)


def calibrate(request: CalibrationRequest, level: Level, site: Site = NO_SITE) -> Calibration:
    """The line from HU to density for one level's scan.

    Raises:
        Refused: the scan does not give the calibration that was asked for.
    """
    if request.method == TABLE:
        table = site.document.scanner_lines() if request.table is None else request.table
        if not table:
            raise Refused(
                "There is no scanner table: add --scanner-table, or [[scanner]] to the site file.", where=WHERE
            )
        return calibrate_with_table(level.ct, table, entry=request.entry)
    if request.method == TISSUES:
        return calibrate_with_tissues(level)
    if request.rods is not None:
        rods = tuple(entry.rod() for entry in request.rods.rods)
        return calibrate_with_rods(level.ct, rods, mineral=request.rods.mineral)
    return calibration_named(request.method)


def calibrate_or_none(request: CalibrationRequest, level: Level, site: Site = NO_SITE) -> Calibration:
    """The same for a walk that must reach its report: a scan without its calibration gives ratios and the reason."""
    try:
        return calibrate(request, level, site)
    except Refused as refused:
        return without(refused.message)


def _input(role: str, file: Path) -> InputFile:
    return InputFile(role=role, name=file.name, sha256=sha256_of(file))
