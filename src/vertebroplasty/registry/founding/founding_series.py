"""The founding series by name: how each counts, what of it can only be quoted, and its synthetic records."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from vertebroplasty.anatomy.leak_sites import LeakSite
from vertebroplasty.errors import Refused
from vertebroplasty.registry.founding.metastases import metastases_records
from vertebroplasty.registry.founding.survey import survey_records
from vertebroplasty.registry.founding.synthetic import patient
from vertebroplasty.registry.literature.as_printed import counts_printed_as
from vertebroplasty.registry.records import Record
from vertebroplasty.registry.series.definition import SeriesDefinition
from vertebroplasty.registry.statistics.proportions import Denominator
from vertebroplasty.registry.store.series_record import Series, Statement
from vertebroplasty.registry.vocabulary import AdverseEventKind
from vertebroplasty.selection.claims import Claim, claim

__all__ = ["FOUNDING_SERIES", "FoundingSeries", "founding_definition", "founding_series", "unattainable"]

FOUNDING_SERIES = ("cementoplasty-1990-2002", "weill-1996", "radiologe-2006")
ALWAYS = (
    "Synthetic records: only their margins are those printed; they describe no real patient and say nothing on how "
    "findings go together."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundingSeries:
    """One founding series, ready to be stored.

    `procedures_stated` is False where the document gives no number of procedures, whatever the records hold.  `records`
    come in an order in which each may be stored: the series, its patients, their procedures, the follow-ups.
    """

    name: str
    title: str
    source: str
    procedures_stated: bool
    definition: SeriesDefinition
    as_printed: tuple[Statement, ...]
    notes: tuple[str, ...]
    records: tuple[Series | Record, ...]


def founding_series(name: str) -> FoundingSeries:
    """The series with its synthetic records; the same each time, without any chance in it.

    Raises:
        Refused: no founding series has this name.
    """
    table = _table(name)
    definition = founding_definition(name)
    return FoundingSeries(
        name=name,
        title=table["title"],
        source=table["source"],
        procedures_stated=definition.procedures_stated,
        definition=definition,
        as_printed=definition.as_printed,
        notes=definition.notes,
        records=(_series(definition), *_records(table)),
    )


@cache
def founding_definition(name: str) -> SeriesDefinition:
    """What the series states and what stands below the line of its percentages.

    Raises:
        Refused: no founding series has this name.
    """
    table = _table(name)
    findings = table.get("finding", ())
    told = {LeakSite(site) for finding in findings for site in finding.get("leaks", ())}
    counted = [row["event"] for row in (*findings, *table.get("absent", ())) if "event" in row]
    return SeriesDefinition(
        name=name,
        title=table["title"],
        synthetic=True,
        procedures_stated="procedures" in table,
        levels_stated="levels" in table,
        indications_stated="indication" in table,
        percent_indications=isinstance(table.get("indication"), list),
        intents_stated=table["intents_stated"],
        leak_sites=tuple(site for site in LeakSite if site in told),
        told_only_with_a_complication=tuple(LeakSite(site) for site in table["told_only_with_a_complication"]),
        looked_for_stated=table["looked_for_stated"],
        complications_of=Denominator(table["complications_of"]),
        always_counted=tuple(AdverseEventKind(kind) for kind in dict.fromkeys(counted)),
        as_printed=tuple(_quoted(row) for row in table["as_printed"]),
        notes=tuple(table["notes"]),
        warnings=(ALWAYS, *_warnings(table)),
    )


def unattainable(stated: Claim) -> str | None:
    """A warning where no count out of the printed denominator is printed as the printed percentage, else None."""
    n, percent = stated.denominator.n, stated.percent
    if n is None or percent is None or counts_printed_as(percent, n):
        return None
    below = max(k for k in range(n + 1) if 100 * k <= percent * n)
    nearest = " and ".join(f"{k} of {n} are {100 * k / n:.1f} %" for k in (below, below + 1) if k <= n)
    return (
        f"{percent:g} % is not attainable with n={n}: {nearest}. Fewer may have been evaluated, or the figure was cut "
        f"off; it stands as printed [{stated.source}]."
    )


def _warnings(table: Mapping[str, Any]) -> tuple[str, ...]:
    found = (unattainable(claim(row["claim"])) for row in table.get("share", ()))
    return tuple(sentence for sentence in found if sentence is not None)


def _quoted(row: Mapping[str, str]) -> Statement:
    if "claim" not in row:
        return Statement(statement=row["statement"], source=row["source"])
    stated = claim(row["claim"])
    return Statement(statement=stated.statement, source=stated.source)


def _series(definition: SeriesDefinition) -> Series:
    return Series(
        name=definition.name,
        title=definition.title,
        synthetic=True,
        procedures_stated=definition.procedures_stated,
        as_printed=definition.as_printed,
        notes=" ".join(definition.notes),
    )


def _records(table: Mapping[str, Any]) -> tuple[Record, ...]:
    if table["name"] == FOUNDING_SERIES[0]:
        return survey_records(table)
    if table["name"] == FOUNDING_SERIES[1]:
        return metastases_records(table)
    return tuple(patient(table["name"], number) for number in range(1, table["patients"] + 1))


@cache
def _table(name: str) -> Mapping[str, Any]:
    if name not in FOUNDING_SERIES:
        raise Refused(
            f"No founding series is called {name}: choose {', '.join(FOUNDING_SERIES[:-1])} or {FOUNDING_SERIES[-1]}.",
            where=name,
        )
    text = files("vertebroplasty.registry.founding").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
