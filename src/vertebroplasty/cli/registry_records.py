"""`vertebroplasty registry init|add|list|show|amend|sign|lock`: single records."""

import json as json_module
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from vertebroplasty.cli import options as o
from vertebroplasty.cli import registry_options as r
from vertebroplasty.cli.output import answer, print_json
from vertebroplasty.errors import WrongUsage

if TYPE_CHECKING:
    from vertebroplasty.registry.store.registry import Registry

__all__ = ["add", "amend", "init", "list_", "lock", "show", "sign"]

Kind = Literal["patient", "procedure", "follow-up"]
Listed = Literal["patient", "procedure", "follow-up", "rehearsal"]
Template = Annotated[
    Kind | None, Parameter(name="--template", help="Print an empty record of this kind, every key null.")
]
NotADuplicate = Annotated[
    str | None,
    Parameter(name="--not-a-duplicate", help="Why a procedure that looks like one already kept is another."),
]
Settings = Annotated[
    list[str] | None,
    Parameter(name="--set", help="PATH=VALUE, as levels[0].cement.total_ml=3.1 or remark=null; may be repeated."),
]
WithFile = Annotated[Path | None, Parameter(name="--with", help="A JSON file with the whole new record.")]
Limit = Annotated[int, Parameter(name="--limit", help="How many at most.")]
After = Annotated[str | None, Parameter(name="--after", help="Begin after this id.")]
Series = Annotated[str | None, Parameter(name="--series", help="Only this series; own is the department's.")]
Reason = Annotated[str, Parameter(name="--why", help="The reason; the journal keeps it.")]
Meaning = Annotated[str, Parameter(name="--meaning", help='What the signature says, as "checked".')]
Open = Annotated[bool, Parameter(name="--open", negative="", help="Open a locked record instead.")]
MOST_LISTED = 10000  # [choice] records of one page


def init(*, db: r.Database = None, common: o.Common = o.COMMON) -> None:
    """Make a new, empty registry: one SQLite file, or the tables in a PostgreSQL database."""
    begin = time.perf_counter()
    from vertebroplasty.registry.store.opening import open_registry

    with open_registry(r.database(db), create=True) as registry:
        r.written("init", registry, registry.name, {}, begin=begin, common=common, lines=[f"{registry.name} is ready."])


def add(
    *files: Path,
    db: r.Database = None,
    by: r.Author = None,
    why: r.Because = None,
    template: Template = None,
    not_a_duplicate: NotADuplicate = None,
    common: o.Common = o.COMMON,
) -> None:
    """Enter records, each a JSON file; all of them are kept, or none.

    Args:
        files: JSON files, each one patient, procedure or follow-up.
    """
    begin = time.perf_counter()
    if template is not None:
        from vertebroplasty.registry.entry.empty_record import template_of

        print_json(json_module.dumps(template_of(template), indent=2, ensure_ascii=False))
        return
    if not files:
        raise WrongUsage("Name the JSON files to enter, or print an empty one with --template procedure.")
    from vertebroplasty.registry.entry.entering import enter
    from vertebroplasty.registry.entry.reading import read_record

    records = [read_record(file) for file in files]
    with r.opened(db) as registry:
        found = enter(
            registry,
            records,
            by=r.author(by),
            why=why,
            today=r.day(None),
            not_a_duplicate_because=not_a_duplicate,
        )
        counts = Counter(record.kind for record in records)
        r.written(
            "add",
            registry,
            registry.name,
            dict(counts),
            begin=begin,
            common=common,
            warnings=[f"{one.path}: {one.sentence}" for one in found],
            lines=[f"Entered: {', '.join(f'{record.kind} {record.record_id}' for record in records)}."],
        )


def list_(
    kind: Listed = "procedure",
    /,
    *,
    db: r.Database = None,
    series: Series = None,
    limit: Limit = 100,
    after: After = None,
    common: o.Common = o.COMMON,
) -> None:
    """List records in the order of their ids; rehearsals without the operator, whom `rehearsals` asks for.

    Args:
        kind: patient, procedure, follow-up or rehearsal.
    """
    begin = time.perf_counter()
    if not 0 < limit <= MOST_LISTED:
        raise WrongUsage(f"--limit is {limit}: give 1 to {MOST_LISTED}.", where="--limit")
    from vertebroplasty.documents.registry import ListDocument
    from vertebroplasty.registry.describing import list_entry, list_line

    with r.opened(db) as registry:
        entries = registry.find(kind, series=series, limit=limit, after=after)
        name = registry.name
    document = ListDocument(
        **r.provenance(begin, kind=kind, series=series, limit=limit, after=after).head(
            "registry-list", sources=(), warnings=(), not_modelled=(), unknown=()
        ),
        registry=name,
        records=[list_entry(entry) for entry in entries],
        next_after=entries[-1].record.record_id if len(entries) == limit else None,
    )
    lines = [list_line(entry) for entry in document.records] or [f"No {kind} here."]
    if document.next_after:
        lines.append(f"More: --after {document.next_after}")
    answer(document, lines, common)


def show(
    kind: Listed,
    record_id: str,
    /,
    *,
    db: r.Database = None,
    common: o.Common = o.COMMON,
) -> None:
    """Show a record as it stands, what belongs to it, and everything that happened to it.

    Args:
        kind: patient, procedure, follow-up or rehearsal.
        record_id: id of the record.
    """
    begin = time.perf_counter()
    from vertebroplasty.documents.registry import RecordDocument
    from vertebroplasty.registry.describing import history_entry, list_entry, record_lines, state_entry
    from vertebroplasty.registry.entry.reading import record_json

    with r.opened(db) as registry:
        entry = registry.get(kind, record_id)
        page = registry.patient_page(record_id) if kind == "patient" else None
        history = registry.history(kind, record_id)
        name = registry.name
    document = RecordDocument(
        **r.provenance(begin, kind=kind, id=record_id).head(
            "registry-show", sources=(), warnings=(), not_modelled=(), unknown=()
        ),
        registry=name,
        record=record_json(entry.record),
        state=state_entry(entry),
        belonging=[list_entry(one) for one in (*page.procedures, *page.follow_ups)] if page else [],
        history=[history_entry(row) for row in history],
    )
    answer(document, record_lines(document), common)


def amend(
    kind: Kind,
    record_id: str,
    /,
    *,
    why: Reason,
    settings: Settings = None,
    with_file: WithFile = None,
    db: r.Database = None,
    by: r.Author = None,
    common: o.Common = o.COMMON,
) -> None:
    """Amend a record: a new version, checked like a new record; the old one stays in the journal.

    Args:
        kind: patient, procedure or follow-up.
        record_id: id of the record.
    """
    begin = time.perf_counter()
    if (settings is None) == (with_file is None):
        raise WrongUsage("Say what changes: --set PATH=VALUE, or --with FILE for the whole record.")
    from vertebroplasty.registry.entry.amending import amended
    from vertebroplasty.registry.entry.entering import recheck
    from vertebroplasty.registry.entry.reading import read_record

    with r.opened(db) as registry:
        if with_file is not None:
            new = read_record(with_file, kind=kind)
        else:
            new = amended(registry.get(kind, record_id).record, [_setting(one) for one in settings or ()])
        found = recheck(registry, new, today=r.day(None))
        registry.amend(kind, record_id, new, by=r.author(by), why=why)
        _changed("amend", registry, kind, record_id, begin, common, found=[f"{x.path}: {x.sentence}" for x in found])


def sign(
    kind: Kind,
    record_id: str,
    /,
    *,
    meaning: Meaning,
    db: r.Database = None,
    by: r.Author = None,
    common: o.Common = o.COMMON,
) -> None:
    """Sign the present version of a record; an amendment ends the signature.

    Args:
        kind: patient, procedure or follow-up.
        record_id: id of the record.
    """
    begin = time.perf_counter()
    with r.opened(db) as registry:
        registry.sign(kind, record_id, by=r.author(by), meaning=meaning)
        _changed("sign", registry, kind, record_id, begin, common)


def lock(
    kind: Kind,
    record_id: str,
    /,
    *,
    why: Reason,
    open_: Open = False,
    db: r.Database = None,
    by: r.Author = None,
    common: o.Common = o.COMMON,
) -> None:
    """Close a record to amendments, or open it again; both are in the journal with their reason.

    Args:
        kind: patient, procedure or follow-up.
        record_id: id of the record.
    """
    begin = time.perf_counter()
    with r.opened(db) as registry:
        change = registry.unlock if open_ else registry.lock
        change(kind, record_id, by=r.author(by), why=why)
        _changed("lock", registry, kind, record_id, begin, common)


def _changed(
    command: str,
    registry: "Registry",
    kind: str,
    record_id: str,
    begin: float,
    common: o.Common,
    found: list[str] | None = None,
) -> None:
    from vertebroplasty.registry.describing import state_line

    lines = [f"{kind} {record_id}: {state_line(registry.get(kind, record_id))}"]
    r.written(
        command, registry, registry.name, {kind: 1}, begin=begin, common=common, lines=lines, warnings=found or ()
    )


def _setting(text: str) -> tuple[str, Any]:
    """Path and value of `PATH=VALUE`; the value is JSON, or text where it is not."""
    path, sign_, value = text.partition("=")
    if not sign_ or not path.strip():
        raise WrongUsage(f"--set {text!r} sets nothing: write PATH=VALUE.", where="--set")
    try:
        return path.strip(), json_module.loads(value)
    except json_module.JSONDecodeError:
        return path.strip(), value
