"""`vertebroplasty measure`: heights, wedge, pedicles, canal and density of the labelled levels."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from vertebroplasty.cli import options as o
from vertebroplasty.cli.output import answer, refuse_output

if TYPE_CHECKING:
    from vertebroplasty.documents.measure import LevelEntry, MeasureDocument

__all__ = ["measure"]


def measure(
    ct: Path,
    /,
    *,
    scan: o.Scan,
    level: o.LevelsOption = None,
    common: o.Common = o.COMMON,
) -> None:
    """Measure vertebrae: heights, wedge, pedicles, canal, posterior wall, Genant, density, each with its ±.

    Args:
        ct: DICOM folder or NIfTI file.
    """
    refuse_output("measure", common)
    from vertebroplasty.case.answers import measure_answer

    request = scan.of(ct)
    document = measure_answer(request, o.split_levels(level))
    answer(document, _lines(document), common)


def _lines(document: "MeasureDocument") -> Iterator[str]:
    for entry in document.levels:
        yield from _level(entry)


def _level(m: "LevelEntry") -> Iterator[str]:
    yield f"{m.level}  {'complete' if m.complete else 'cut: ' + ', '.join(m.missing_sides)}"
    evidence = m.level_evidence
    yield f"  level counted from {evidence.counted_from}; neighbours {', '.join(evidence.neighbours) or 'none'}"
    heights = zip(
        ("anterior", "middle", "posterior"),
        (m.anterior_height_mm, m.middle_height_mm, m.posterior_height_mm),
        strict=True,
    )
    yield "  height        " + ", ".join(f"{where} {_mm(value)}" for where, value in heights)
    yield f"  wedge         {_number(m.wedge_angle_deg, '°')}"
    volume = _number(m.body_volume_ml, " ml")
    yield f"  body          {_mm(m.body_depth_mm)} deep, {_mm(m.body_width_mm)} wide, {volume}"
    yield f"  core          {_number(m.trabecular_hu.mean, ' HU')}, sd {_number(m.trabecular_hu.sd, ' HU')}"
    for side, pedicle in m.pedicle.items():
        yield f"  pedicle {side:5s} {_mm(pedicle.width_mm)} wide, {_mm(pedicle.height_mm)} high"
    canal = m.canal
    yield f"  canal         AP {_mm(canal.ap_mm)}, compromise {_number(canal.compromise_percent, ' %')}"
    yield f"  Genant        {'unknown' if m.genant.grade is None else f'{m.genant.grade} {m.genant.shape or str()}'}"
    yield f"  retropulsion  {_mm(m.posterior_wall.retropulsion_mm)}"
    seen = f"{len(m.cortex.breaches)} seen" if m.cortex.breaches_can_be_seen else "not assessed: spacing too coarse"
    yield f"  cortical gaps {seen}"


def _mm(value: float | None) -> str:
    return _number(value, " mm")


def _number(value: float | None, unit: str) -> str:
    return "unknown" if value is None else f"{value:.1f}{unit}"
