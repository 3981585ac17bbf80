"""Calibration by a table of the department's scanners: the line once measured for a model, voltage and kernel."""

from dataclasses import dataclass

from vertebroplasty.anatomy.volume import CtVolume
from vertebroplasty.errors import Refused
from vertebroplasty.strength.calibration import Calibration, Line

__all__ = ["ScannerLine", "calibrate_with_table"]

WHERE = "--calibration"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannerLine:
    """One entry of the table: which scans it is for, and its line with half the width of each 95 % interval.

    `kvp` and `kernel` are None where the entry holds for all of them; `source` says where the line was measured.
    """

    name: str
    scanner_model: str
    slope_mg_per_ml_per_hu: float
    slope_plus_minus: float
    intercept_mg_per_ml: float
    intercept_plus_minus: float
    source: str
    kvp: float | None = None
    kernel: str | None = None
    mineral: str = "hydroxyapatite"

    def contradicts(self, ct: CtVolume) -> bool:
        """Whether the image header names another model, voltage or kernel; what it leaves out contradicts nothing."""
        model, kernel = (text.strip().casefold() for text in (ct.scanner_model, ct.kernel))
        return (
            bool(model and model != self.scanner_model.strip().casefold())
            or bool(kernel and self.kernel is not None and kernel != self.kernel.strip().casefold())
            or bool(ct.kvp and self.kvp is not None and ct.kvp != self.kvp)
        )

    def fits(self, ct: CtVolume) -> bool:
        """Whether the image header states all that the entry asks for, and the same."""
        stated = ct.scanner_model and (self.kvp is None or ct.kvp) and (self.kernel is None or ct.kernel)
        return bool(stated) and not self.contradicts(ct)


def calibrate_with_table(ct: CtVolume, table: tuple[ScannerLine, ...], *, entry: str | None = None) -> Calibration:
    """The line of the table's entry that fits the image header, or of the one that is named.

    Raises:
        Refused: no or several entries fit, the named one is not in the table, or the header contradicts it.
    """
    names = ", ".join(line.name for line in table) or "none"
    if entry is not None:
        chosen = next((line for line in table if line.name == entry), None)
        if chosen is None:
            raise Refused(f"The scanner table has no entry {entry}: it has {names}.", where="--scanner")
        if chosen.contradicts(ct):
            raise Refused(
                f"The entry {entry} is for another scan: the image says {_header(ct)}; name the entry that fits.",
                where="--scanner",
            )
        return _calibration(chosen)
    fitting = [line for line in table if line.fits(ct)]
    if len(fitting) != 1:
        found = "more than one entry" if fitting else "no entry"
        raise Refused(
            f"The image says {_header(ct)}, and {found} of the scanner table fits: name one with --scanner ({names}).",
            where=WHERE,
        )
    return _calibration(fitting[0])


def _header(ct: CtVolume) -> str:
    kvp = f"{ct.kvp:g} kVp" if ct.kvp else "no tube voltage"
    return f"{ct.scanner_model or 'no scanner model'}, {kvp}, {ct.kernel or 'no kernel'}"


def _calibration(line: ScannerLine) -> Calibration:
    slope, intercept = line.slope_mg_per_ml_per_hu, line.intercept_mg_per_ml
    slopes = (slope - line.slope_plus_minus, slope + line.slope_plus_minus)
    intercepts = (intercept - line.intercept_plus_minus, intercept + line.intercept_plus_minus)
    low, high = (Line(slope_mg_per_ml_per_hu=s, intercept_mg_per_ml=i) for s, i in zip(slopes, intercepts, strict=True))
    return Calibration(
        name="scanner-table",
        slope_mg_per_ml_per_hu=slope,
        slope_interval=slopes,
        intercept_mg_per_ml=intercept,
        intercept_interval=intercepts,
        low_line=low,
        high_line=high,
        mineral=line.mineral,
        notes=(f"The calibration is the scanner table's entry {line.name} ({line.source}).",),
    )
