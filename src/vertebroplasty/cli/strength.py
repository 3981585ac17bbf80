"""`vertebroplasty strength`: stiffness and failure load before and after cement."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from vertebroplasty.cli import options as o
from vertebroplasty.cli.calibration_options import GENERIC, CalibrationOptions
from vertebroplasty.cli.density_options import NO_DENSITY, DensityOptions
from vertebroplasty.cli.load_options import PRESSED, LoadOptions
from vertebroplasty.cli.output import answer, refuse_output
from vertebroplasty.cli.strength_lines import more_lines, newtons
from vertebroplasty.cli.strength_options import PLAIN, MoreOptions
from vertebroplasty.errors import WrongUsage

if TYPE_CHECKING:
    from vertebroplasty.documents.strength import RatioEntry, StrengthDocument, StrengthEntry
    from vertebroplasty.documents.strength_load import BalloonBoneEntry

__all__ = ["strength"]

OptionalLevel = Annotated[str | None, Parameter(name="--level", help="The level to work on, for example L3.")]
CementFolder = Annotated[Path | None, Parameter(name="--cement", help="Output folder of `inject` or `run`.")]
GRID_MM = 1.0  # [choice] finite elements of the size that published models of vertebrae use
HeightKept = Annotated[
    float,
    Parameter(name="--height-kept", help="With --cement: share of a balloon's height gain that is assumed to stay."),
]
Material = Annotated[str, Parameter(name="--material", help="Density–modulus law.")]


def strength(
    ct: Path | None = None,
    /,
    *,
    scan: o.OptionalScan = o.NO_SCAN,
    level: OptionalLevel = None,
    cement: CementFolder = None,
    height_kept: HeightKept = 0.0,
    load: LoadOptions = PRESSED,
    material: Material = "kopperdahl2002-power",
    density_line: CalibrationOptions = GENERIC,
    volume: DensityOptions = NO_DENSITY,
    grid_mm: o.GridMm = GRID_MM,
    more: MoreOptions = PLAIN,
    site: o.SiteFile = None,
    common: o.Common = o.COMMON,
) -> None:
    """Load the vertebra in a voxel finite-element model, without and with the cement of an injection.

    Args:
        ct: DICOM folder or NIfTI file; not with --density.
    """
    refuse_output("strength", common)
    from vertebroplasty.case.inputs import with_site
    from vertebroplasty.case.loading import strength_answer

    if volume.density is not None:
        _refuse_beside_density(
            ct, density_line, load, alone=scan == o.NO_SCAN and (level, cement, grid_mm) == (None, None, GRID_MM)
        )
        if height_kept:
            raise WrongUsage("--height-kept goes with --cement: leave it out of --density.")
        document = volume.answer(material, more.wishes(), more.energy_files(common))
    else:
        if ct is None or not scan.seg or level is None:
            raise WrongUsage("strength needs a CT with -s and --level, or --density with --parts.")
        if volume != NO_DENSITY:
            raise WrongUsage(
                "--parts, --body, --process, --cap and --displacement-mm go with --density, not with a CT."
            )
        calibration, request = density_line.request(), scan.of(ct)
        if calibration.asks_the_site:
            request = with_site(request, site)
        document = strength_answer(
            request,
            level,
            cement=cement,
            load=load.request(),
            material=material,
            calibration=calibration,
            grid_mm=grid_mm,
            wishes=more.wishes(),
            height_kept=height_kept,
            energy=more.energy_files(common),
        )
    answer(document, _lines(document), common)


def _refuse_beside_density(
    ct: Path | None, density_line: CalibrationOptions, load: LoadOptions, *, alone: bool
) -> None:
    """Refuse what a density volume has no use for; `alone` says that no option of a CT was given."""
    if ct is not None:
        raise WrongUsage("--density goes with --parts and without a CT.")
    if density_line != GENERIC:
        raise WrongUsage("--density is calibrated already: leave --calibration and its files out.")
    if load != PRESSED:
        raise WrongUsage("--density is pressed between its own caps: leave --case and its options out.")
    if not alone:
        raise WrongUsage("--density is its own grid: leave -s, --level, --cement, --grid-mm and what a CT needs out.")


def _lines(document: "StrengthDocument") -> Iterator[str]:
    for words, entry in (("before", document.before), ("with cement", document.after)):
        if entry is not None:
            yield f"{words:12s} {_entry(entry)}"
    if document.ratio.stiffness is not None:
        yield f"ratio        {_ratio(document.ratio)}"
    if document.balloons is not None:
        yield _balloons(document.balloons)
    yield from _under_force(document)
    yield from more_lines(document)
    yield f"{document.case}; material {document.material}; calibration {document.calibration}"


def _under_force(document: "StrengthDocument") -> Iterator[str]:
    for words, entry in (("before", document.before), ("with cement", document.after)):
        loaded = entry.under_force if entry is not None else None
        if loaded is not None:
            forward, right = loaded.tilt_forward_deg, loaded.tilt_right_deg
            tilt = f", tilt {forward:.2f}° forward, {right:.2f}° to the right" if forward or right else ""
            yield (
                f"{words:12s} under {loaded.force_n:.0f} N: body {loaded.body_shortening_mm:.3f} mm shorter{tilt}, "
                f"most loaded 5 % strained by {100 * loaded.most_loaded_strain:.2f} %"
            )
    for neighbour in document.neighbours:
        yield (
            f"{neighbour.side:12s} endplate peak × {neighbour.peak_ratio:.3f}, under the nucleus × "
            f"{neighbour.nucleus_pressure_ratio:.3f} at the same force"
        )


def _ratio(ratio: "RatioEntry") -> str:
    """After over before; said once where the rule makes stiffness and failure load one number."""
    if ratio.same_by_rule:
        same = "the failure load's is the same by the rule of shortening, no second finding"
        return f"stiffness × {ratio.stiffness:.2f}; {same}"
    load = f", failure load × {ratio.failure_load:.2f}" if ratio.failure_load is not None else ""
    return f"stiffness × {ratio.stiffness:.2f}{load}"


def _balloons(bone: "BalloonBoneEntry") -> str:
    return (
        f"balloon      {bone.cavity_ml:.1f} ml, bone compacted around it; {bone.height_gain_mm:.1f} mm gained while "
        f"inflated, {bone.kept_mm:.1f} mm assumed to stay: {bone.wedge_change_deg:.1f}° less wedged"
    )


def _entry(entry: "StrengthEntry") -> str:
    if entry.stiffness_n_per_mm is None or entry.failure_load_n is None:
        return f"newtons unknown ({entry.iterations} iterations)"
    stiffness = newtons(entry.stiffness_n_per_mm, entry.stiffness_interval, "N/mm")
    load = newtons(entry.failure_load_n, entry.failure_load_interval, "N")
    return f"stiffness {stiffness}, failure load {load}, {entry.iterations} iterations"
