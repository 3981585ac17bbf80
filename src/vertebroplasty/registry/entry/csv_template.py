"""A mapping to start from: every column of a table's header, with the field of the same name where there is one."""

import json
from collections.abc import Iterator, Sequence

from vertebroplasty.documents.patient_problems import nearest
from vertebroplasty.errors import Refused
from vertebroplasty.registry.entry.csv_places import ROWS
from vertebroplasty.registry.entry.field_tree import RECORD_CLASSES, leaves

__all__ = ["mapping_template"]

LIKE = 0.75  # [choice] similarity, 0 to 1, from which a field is named beside a column

HEAD = """\
# Which column of the table goes into which field.  "" leaves a column out; every column has to be named.
# A column may also be {{ field = "patient.sex", words = {{ f = "female", m = "male" }} }}.

[table]
rows = "{rows}"             # what a row is: {kinds}
# encoding = "utf-8"        # utf-8, utf-16 (both told by the file's own mark), cp1252, iso-8859-1
# delimiter = ";"           # where it is not clear
# decimal = ","             # 2,8 instead of 2.8
# day = "%d.%m.%Y"          # days that are not written 2026-11-20
# moment = "%d.%m.%Y %H:%M" # moments that are not written 2026-11-20T09:30:00+01:00
# zone = "Europe/Paris"     # of moments that carry none
# unknown = ["NA", "?"]     # what stands for not known, beside an empty cell
# separator = "|"           # between the entries of a list in one cell

[columns]
"""


def mapping_template(header: Sequence[str], rows: str = "procedure") -> str:
    """The text of a mapping file for a table with this header; fields are filled in only where the names are equal.

    Args:
        header: the table's first row.
        rows: what a row is: patient, procedure, level or follow-up.

    Raises:
        Refused: rows are not of that kind.
    """
    if rows not in ROWS:
        raise Refused(f"{rows!r} is not what a row may be: it is one of {', '.join(ROWS)}.", where="--rows")
    paths = list(_paths(rows))
    by_name: dict[str, list[str]] = {}
    for path in paths:
        by_name.setdefault(path.rpartition(".")[2], []).append(path)
        by_name.setdefault(path.partition(".")[2].replace("[0]", "").replace("[]", "").replace(".", "_"), []).append(
            path
        )
    lines: list[str] = []
    taken: set[str] = set()
    for column in dict.fromkeys(cell.strip() for cell in header):
        same = dict.fromkeys([*by_name.get(column, ()), *(path for path in paths if path == column)])
        if len(same) == 1 and not taken.intersection(same):
            (path,) = same
            taken.add(path)
            lines.append(f'{json.dumps(column, ensure_ascii=False)} = "{path}"')
            continue
        near = nearest(column, by_name, alike=LIKE)
        hint = f"  # perhaps {by_name[near][0]}" if near else ""
        lines.append(f'{json.dumps(column, ensure_ascii=False)} = ""{hint}')
    known = "\n".join(f"#   {path}" for path in paths)
    constants = '\n\n[constants]\n# "procedure.centre" = "A"   # the same for every row\n'
    return f"{HEAD.format(rows=rows, kinds=', '.join(ROWS))}{chr(10).join(lines)}{constants}\n# The fields:\n{known}\n"


def _paths(rows: str) -> Iterator[str]:
    """Every field that a column may fill, the first entry of each list."""
    for kind in ROWS[rows]:
        for path, _ in leaves(RECORD_CLASSES[kind]):
            numbered = path.replace("[]", "[0]")
            yield f"{kind}.{numbered.replace('levels[0]', 'levels[]', 1) if rows == 'level' else numbered}"
