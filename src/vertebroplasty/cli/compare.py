"""`vertebroplasty compare`: two plans, products or volumes side by side in one table and one page."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from vertebroplasty.cli import options as o
from vertebroplasty.cli.output import print_json, print_lines, warn
from vertebroplasty.errors import WrongUsage

__all__ = ["compare"]

OtherCt = Annotated[
    bool, Parameter(name="--other-ct", negative="", help="Compare although the two were made on different CTs.")
]


def compare(
    first: Path,
    second: Path,
    /,
    *,
    other_ct: OtherCt = False,
    common: o.Common = o.COMMON,
) -> None:
    """Put two finished cases side by side: leaks, needle, cement and strength, differences marked.

    Args:
        first: folder of `run` or `inject`, or a plan.json.
        second: the same of the other case.
    """
    out = common.out
    if out is not None:
        if out.suffix.lower() != ".html":
            raise WrongUsage("-o must name the page to write, ending in .html.", where="-o")
        from vertebroplasty.files import refuse_foreign_file
        from vertebroplasty.report.compare import MADE_BY

        refuse_foreign_file(out, f'content="{MADE_BY}"', overwrite=common.overwrite)
    from vertebroplasty.case.comparing import compare_answer, pictures_of
    from vertebroplasty.documents.common import NOT_A_DEVICE, dump
    from vertebroplasty.files import write_whole_text
    from vertebroplasty.report.compare import comparison_lines, comparison_page

    document = compare_answer(first, second, other_ct=other_ct)
    if out is not None:
        write_whole_text(out, comparison_page(document, (pictures_of(first), pictures_of(second))))
    if common.json:
        warn(document.warnings)
        print_json(dump(document))
        return
    warn([] if document.same_ct else document.warnings[:1])
    print_lines([*comparison_lines(document), *([] if out is None else [f"Page: {out}"]), NOT_A_DEVICE])
