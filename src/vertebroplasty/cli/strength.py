"""`vertebroplasty strength`: stiffness and failure load before and after cement."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from vertebroplasty.cli import options as o
from vertebroplasty.cli.output import answer, refuse_output
from vertebroplasty.errors import WrongUsage

if TYPE_CHECKING:
    from vertebroplasty.documents.strength import StrengthDocument, StrengthEntry

__all__ = ["strength"]

OptionalLevel = Annotated[str | None, Parameter(name="--level", help="The level to work on, for example L3.")]
CementFolder = Annotated[Path | None, Parameter(name="--cement", help="Output folder of `inject` or `run`.")]
Case = Annotated[str, Parameter(name="--case", help="Load case: compression.")]
Material = Annotated[str, Parameter(name="--material", help="Density–modulus law.")]
Calibration = Annotated[str, Parameter(name="--calibration", help="generic or none.")]
DensityFile = Annotated[Path | None, Parameter(name="--density", help="Calibrated density in mg/ml, instead of a CT.")]
PartsFile = Annotated[Path | None, Parameter(name="--parts", help="Part labels on the same grid as --density.")]
Ids = Annotated[str, Parameter(help="Label ids, comma-separated.")]
Displacement = Annotated[float, Parameter(name="--displacement-mm", help="Displacement of the upper plate.")]


def strength(
    ct: Path | None = None,
    /,
    *,
    scan: o.OptionalScan = o.NO_SCAN,
    level: OptionalLevel = None,
    cement: CementFolder = None,
    case: Case = "compression",
    material: Material = "kopperdahl2002-power",
    calibration: Calibration = "generic",
    density: DensityFile = None,
    parts: PartsFile = None,
    body: Ids = "1,2",
    process: Ids = "3,4",
    cap: Ids = "5,6",
    displacement_mm: Displacement = 0.2,
    grid_mm: o.GridMm = 1.0,
    common: o.Common = o.COMMON,
) -> None:
    """Compress the vertebra in a voxel finite-element model, without and with the cement of an injection.

    Args:
        ct: DICOM folder or NIfTI file; not with --density.
    """
    refuse_output("strength", common)
    from vertebroplasty.case.loading import density_answer, strength_answer

    if density is not None:
        if parts is None or ct is not None:
            raise WrongUsage("--density goes with --parts and without a CT.")
        ids = tuple(_ids(text, option) for text, option in ((body, "--body"), (process, "--process"), (cap, "--cap")))
        document = density_answer(
            density, parts, body=ids[0], process=ids[1], cap=ids[2], displacement_mm=displacement_mm
        )
    else:
        if ct is None or not scan.seg or level is None:
            raise WrongUsage("strength needs a CT with -s and --level, or --density with --parts.")

        request = scan.of(ct)
        document = strength_answer(
            request, level, cement=cement, case=case, material=material, calibration=calibration, grid_mm=grid_mm
        )
    answer(document, _lines(document), common)


def _ids(text: str, option: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise WrongUsage(f"{option} is {text!r}: give label ids such as 1,2.") from None


def _lines(document: "StrengthDocument") -> Iterator[str]:
    for words, entry in (("before", document.before), ("with cement", document.after)):
        if entry is not None:
            yield f"{words:12s} {_entry(entry)}"
    if document.ratio.stiffness is not None:
        yield f"ratio        stiffness × {document.ratio.stiffness:.2f}"
    yield f"{document.case}; material {document.material}; calibration {document.calibration}"


def _entry(entry: "StrengthEntry") -> str:
    if entry.stiffness_n_per_mm is None or entry.failure_load_n is None:
        return f"newtons unknown ({entry.iterations} iterations)"
    stiffness = _newtons(entry.stiffness_n_per_mm, entry.stiffness_interval, "N/mm")
    load = _newtons(entry.failure_load_n, entry.failure_load_interval, "N")
    return f"stiffness {stiffness}, failure load {load}, {entry.iterations} iterations"


def _newtons(value: float, interval: list[float] | None, unit: str) -> str:
    """No more digits than the calibration supports: two where it has an interval."""
    if interval is None:
        return f"{value:.1f} {unit}"
    middle, low, high = (f"{float(f'{number:.2g}'):.0f}" for number in (value, *interval))
    return f"{middle} {unit} ({low} to {high})"
