"""`vertebroplasty registry import|import-series|export`: tables in and out."""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from vertebroplasty.cli import options as o
from vertebroplasty.cli import registry_options as r
from vertebroplasty.cli.output import counted, print_lines
from vertebroplasty.errors import Refused, WrongUsage

if TYPE_CHECKING:
    from vertebroplasty.registry.entry.csv_import import ImportReport
    from vertebroplasty.registry.store.registry import Registry

__all__ = ["export", "import_", "import_series"]

Mapping = Annotated[Path | None, Parameter(name="--mapping", help="TOML file that maps columns to fields.")]
Template = Annotated[
    Literal["patient", "procedure", "level", "follow-up"] | None,
    Parameter(name="--template", help="Print a mapping for this table to begin with; a row is one of these."),
]
DryRun = Annotated[bool, Parameter(name="--dry-run", negative="", help="Check every row and write nothing.")]
Partial = Annotated[
    bool, Parameter(name="--partial", negative="", help="Write the rows that pass, the others to --rejects.")
]
Rejects = Annotated[Path | None, Parameter(name="--rejects", help="File for the rows that do not pass, with reasons.")]
NotADuplicate = Annotated[
    str | None,
    Parameter(name="--not-a-duplicate", help="Why procedures that look like some already kept are others."),
]
Form = Annotated[
    Literal["csv", "jsonl", "journal"],
    Parameter(name="--form", help="csv: tidy tables with a data dictionary; jsonl: records; journal: the audit."),
]
Deidentified = Annotated[
    bool,
    Parameter(name="--deidentified", negative="", help="New ids, shifted days, no free text, ages above 89 grouped."),
]
Series = Annotated[str | None, Parameter(name="--series", help="Only this series.")]


def import_(
    table: Path,
    /,
    *,
    mapping: Mapping = None,
    template: Template = None,
    dry_run: DryRun = False,
    partial: Partial = False,
    rejects: Rejects = None,
    not_a_duplicate: NotADuplicate = None,
    db: r.Database = None,
    by: r.Author = None,
    why: r.Because = None,
    common: o.Common = o.COMMON,
) -> None:
    """Import a CSV table; nothing is written unless every row passes, or --partial is given.

    Args:
        table: the table, with a header in its first row.
    """
    begin = time.perf_counter()
    if template is not None:
        _print_template(table, template)
        return
    if mapping is None:
        raise WrongUsage("Say which column goes where: --mapping FILE; --template procedure prints one to begin with.")
    from vertebroplasty.registry.entry.csv_import import import_table
    from vertebroplasty.registry.entry.csv_mapping import read_mapping

    columns = read_mapping(mapping)
    with r.opened(db) as registry:
        found = import_table(
            registry,
            table,
            columns,
            by=r.author(by),
            why=why,
            today=r.day(None),
            dry_run=dry_run,
            partial=partial,
            rejects=rejects,
            not_a_duplicate_because=not_a_duplicate,
        )
        if found.error_count and not partial:
            raise _refused(table.name, found)
        _answer_import(registry, table.name, found, rejects, begin=begin, common=common, dry_run=dry_run)


def _print_template(table: Path, rows: str) -> None:
    from vertebroplasty.registry.entry.csv_template import mapping_template
    from vertebroplasty.registry.entry.csv_text import header_of

    print_lines(mapping_template(header_of(table), rows).splitlines())


def _answer_import(
    registry: "Registry",
    name: str,
    found: "ImportReport",
    rejects: Path | None,
    *,
    begin: float,
    common: o.Common,
    dry_run: bool,
) -> None:
    r.written(
        "import",
        registry,
        registry.name,
        dict(found.records),
        begin=begin,
        common=common,
        dry_run=dry_run,
        rows_read=found.rows_read,
        rows_refused=found.rejected_rows,
        files=[rejects.name] if rejects is not None and found.rejected_rows else [],
        warnings=[str(problem) for problem in found.warnings],
        lines=_import_lines(name, found, rejects, dry_run=dry_run),
    )


def _refused(name: str, found: "ImportReport") -> Refused:
    """Everything wrong with a table, row by row."""
    problems = [str(problem) for problem in found.errors]
    wrong = f"{counted(found.error_count, 'problem')} in {counted(found.rejected_rows, 'row')}"
    head = f"{name}: {wrong}, so nothing was written:"
    return Refused("\n".join([head, *problems]), where=name, problems=tuple(problems))


def _import_lines(name: str, found: "ImportReport", rejects: Path | None, *, dry_run: bool) -> Iterator[str]:
    records = ", ".join(f"{count} {kind}" for kind, count in found.records.items() if count) or "no record"
    yield f"{name}: {counted(found.rows_read, 'row')}, {records}{' would be written' if dry_run else ' written'}."
    if found.rejected_rows and rejects is not None:
        yield f"Not passed: {counted(found.rejected_rows, 'row')}, in {rejects.name} with the reasons."


def import_series(
    name: str,
    /,
    *,
    db: r.Database = None,
    by: r.Author = None,
    common: o.Common = o.COMMON,
) -> None:
    """Build clearly SYNTHETIC records whose marginals equal the printed ones; a missing file is made into a registry.

    Args:
        name: cementoplasty-1990-2002, weill-1996 or radiologe-2006.
    """
    begin = time.perf_counter()
    from vertebroplasty.registry.founding.founding_series import founding_series
    from vertebroplasty.registry.store.opening import open_registry

    series = founding_series(name)
    address = r.database(db)
    with open_registry(address, create=r.is_new_file(address)) as registry:
        count = registry.add_many(series.records, by=r.author(by), why=f"synthetic records of {name}")
        r.written(
            "import-series",
            registry,
            registry.name,
            dict(Counter(record.kind for record in series.records)),
            begin=begin,
            common=common,
            warnings=[f"The records of {name} are SYNTHETIC: built to match printed figures, nobody's data."],
            lines=[f"{counted(count, 'record')} of {name}."],
        )


def export(
    out: Path,
    /,
    *,
    form: Form = "csv",
    deidentified: Deidentified = False,
    series: Series = None,
    db: r.Database = None,
    common: o.Common = o.COMMON,
) -> None:
    """Export the registry: tidy tables with a data dictionary, JSON lines, or the journal.

    Args:
        out: folder for csv and de-identified exports, file for jsonl and journal.
    """
    begin = time.perf_counter()
    if deidentified and form != "csv":
        raise WrongUsage("--deidentified writes a folder with tables and JSON lines: leave --form out.", where="--form")
    r.spare_registry(out)
    from vertebroplasty.registry.export import tables as exports
    from vertebroplasty.registry.export.deidentify import export_deidentified
    from vertebroplasty.registry.records import OWN_SERIES

    warnings: tuple[str, ...] = ()
    with r.opened(db) as registry:
        if deidentified:
            made = export_deidentified(registry, out, series=series or OWN_SERIES, overwrite=common.overwrite)
            counts, warnings = made.rows, made.warnings
        elif form == "csv":
            counts = exports.export_csv(registry, out, series=series, overwrite=common.overwrite)
        elif form == "jsonl":
            counts = {"record": exports.export_json_lines(registry, out, series=series, overwrite=common.overwrite)}
        else:
            counts = {"journal": exports.export_journal(registry, out, overwrite=common.overwrite)}
        r.written(
            "export",
            registry,
            registry.name,
            counts,
            begin=begin,
            common=common,
            warnings=warnings,
            files=[out.name],
            lines=[f"{out.name}: {', '.join(f'{count} {name}' for name, count in counts.items() if count)}."],
        )
