"""Two cases side by side: as lines for a terminal and as one self-contained HTML page."""

from collections.abc import Iterator, Mapping
from importlib.resources import files
from itertools import groupby

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from vertebroplasty.__about__ import __version__
from vertebroplasty.documents.common import NOT_A_DEVICE, explain_nulls
from vertebroplasty.documents.compare import CompareDocument, RowEntry
from vertebroplasty.report.slices import data_uri

__all__ = ["MADE_BY", "comparison_lines", "comparison_page"]

MADE_BY = "vertebroplasty compare"  # in the head of every page, by which the command knows its own
MARK = "≠"
UNKNOWN = "unknown"
VOLUMES = "ml"
NUMBERED = "G"  # a gauge is a name: the thicker needle has the smaller number
PERCENT = ("plan.breach_probability",)  # shares that read better in percent
CAPTIONS = {"ap_after.png": "AP with needle and cement", "lateral_after.png": "Lateral with needle and cement"}


def comparison_lines(document: CompareDocument) -> Iterator[str]:
    """The table for a terminal: one line a quantity, ≠ before those that differ."""
    rows = document.rows
    labels = max(len(row.label) for row in rows)
    first = max(len(document.names.first), *(len(_shown(row, row.first)) for row in rows))
    second = max(len(document.names.second), *(len(_shown(row, row.second)) for row in rows))
    yield f"{document.level}: {document.differing} of {len(rows)} values differ ({MARK})"
    yield f"  {'':{labels}}  {document.names.first:{first}}  {document.names.second:{second}}"
    for group, members in groupby(rows, key=lambda row: row.group):
        yield group
        for row in members:
            cells = f"{_shown(row, row.first):{first}}  {_shown(row, row.second):{second}}"
            yield f"{MARK if row.differs else ' '} {row.label:{labels}}  {cells}  {_difference(row)}".rstrip()
    yield from _needles(document)
    yield from document.not_compared


def comparison_page(document: CompareDocument, pictures: tuple[Mapping[str, bytes], Mapping[str, bytes]]) -> str:
    """The page as HTML; all text is escaped, the X-rays of both sides are inside."""
    explain_nulls(document)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    folder = files("vertebroplasty.report") / "templates"
    template = environment.from_string((folder / "compare.html.j2").read_text(encoding="utf-8"))
    why = {entry.what: entry.why for entry in document.unknown}
    shown = [
        {
            "row": row,
            "first": _shown(row, row.first),
            "second": _shown(row, row.second),
            "difference": _difference(row),
            "first_why": why.get(f"rows[{n}].first", ""),
            "second_why": why.get(f"rows[{n}].second", ""),
        }
        for n, row in enumerate(document.rows)
    ]
    return template.render(
        document=document,
        groups=[(name, list(members)) for name, members in groupby(shown, key=_group)],
        needles=list(_needles(document)),
        pictures=[
            (CAPTIONS[name], [data_uri(side[name]) if name in side else None for side in pictures])
            for name in CAPTIONS
            if any(name in side for side in pictures)
        ],
        made_by=MADE_BY,
        mark=MARK,
        disclaimer=NOT_A_DEVICE,
        style=Markup((folder / "report.css").read_text(encoding="utf-8")),
        version=__version__,
    )


def _group(entry: Mapping[str, object]) -> str:
    row = entry["row"]
    return row.group if isinstance(row, RowEntry) else ""


def _needles(document: CompareDocument) -> Iterator[str]:
    apart = document.needles_apart
    if apart.tips_mm is not None and apart.entries_mm is not None and apart.angle_deg is not None:
        yield (
            f"The two needles: entries {apart.entries_mm:.1f} mm apart, tips {apart.tips_mm:.1f} mm apart, "
            f"{apart.angle_deg:.0f}° between them."
        )


def _shown(row: RowEntry, value: float | str | None) -> str:
    if value is None:
        return UNKNOWN
    if isinstance(value, str):
        return value
    if row.key in PERCENT:
        return f"{100 * value:.1f} %"
    if row.unit == "°":
        return f"{value:.1f}°"
    return f"{_number(row, value)} {row.unit}".rstrip()


def _number(row: RowEntry, value: float) -> str:
    if row.unit in ("", "G"):
        return f"{value:g}"
    if row.unit in ("N", "kPa", "s"):
        return f"{value:.0f}"
    return f"{value:.2f}" if row.unit in (VOLUMES, "×", "ml/s") else f"{value:.1f}"


def _difference(row: RowEntry) -> str:
    """The difference with its sign; empty where there is none to state."""
    if row.difference is None or not row.differs or row.unit == NUMBERED:
        return ""
    sign = "+" if row.difference > 0 else "−"
    return f"{sign}{_shown(row, abs(row.difference))}"
