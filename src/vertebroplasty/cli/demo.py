"""`vertebroplasty demo`: the whole walk on the built-in synthetic patient."""

from pathlib import Path

from vertebroplasty.cli import options as o
from vertebroplasty.cli.output import Progress, print_json, print_lines

__all__ = ["demo"]


def demo(*, common: o.Common = o.COMMON) -> None:
    """Show everything on a synthetic patient with an osteoporotic L2 fracture; writes demo/report.html."""
    from vertebroplasty.case.demonstration import demonstrate
    from vertebroplasty.case.walk import STAGES
    from vertebroplasty.documents.common import dump

    out = common.out or Path("demo")
    progress = Progress(len(STAGES) + 1)
    try:
        document = demonstrate(out, overwrite=common.overwrite, stage=progress.stage)
    finally:
        progress.close()
    if common.json:
        print_json(dump(document))
    else:
        print_lines([*document.summary, f"Report: {out / 'report.html'}"])
