"""`vertebroplasty screen`: should this patient's level be treated, who says so, and what is still to find out."""

import sys
from pathlib import Path
from shutil import get_terminal_size
from typing import Annotated

from cyclopts import Parameter

from vertebroplasty.cli import options as o
from vertebroplasty.cli.output import answer, print_json, refuse_output
from vertebroplasty.errors import WrongUsage

__all__ = ["screen"]

WIDEST = 100  # [choice] characters a line: longer ones are hard to read

Template = Annotated[bool, Parameter(name="--template", negative="", help="Print an empty patient.json and stop.")]
CtOption = Annotated[Path | None, Parameter(name="--ct", help="CT to measure canal and posterior wall on.")]
OverrideRules = Annotated[
    list[str] | None,
    Parameter(name="--override", negative="", help="A rule to set aside (A07 or an R rule); needs --because."),
]
Guidelines = Annotated[
    list[str] | None,
    Parameter(name="--guidelines", negative="", help="Further rule sets beside the founding documents."),
]
Because = Annotated[
    list[str] | None, Parameter(name="--because", negative="", help="The reason for the override before it.")
]


def screen(
    patient: Path | None = None,
    /,
    *,
    template: Template = False,
    ct: CtOption = None,
    scan: o.OptionalScan = o.NO_SCAN,
    level: o.LevelsOption = None,
    override: OverrideRules = None,
    because: Because = None,
    guidelines: Guidelines = None,
    common: o.Common = o.COMMON,
) -> None:
    """Screen a patient: every rule answers yes, no or unknown, with its reason and source.

    Args:
        patient: patient.json; `--template` prints an empty one.
    """
    if template:
        from vertebroplasty.documents.patient import template_text

        refuse_output("patient", common)
        if common.out is None:
            print_json(template_text())
        else:
            from vertebroplasty.files import write_whole_text

            write_whole_text(common.out, template_text() + "\n")
        return
    if patient is None:
        raise WrongUsage("No patient.json was given: `vertebroplasty screen --template` prints an empty one.")
    refuse_output("screen", common)
    from vertebroplasty.case.answers import screen_answer

    request = None
    if ct is not None:
        request = scan.of(ct)
    overrides = _overrides(override or [], because or [])
    named = [name for text in guidelines or () for name in text.split(",")]
    document = screen_answer(patient, request, o.split_levels(level), overrides, named)
    from vertebroplasty.report.screen_text import screen_lines

    width = min(get_terminal_size().columns, WIDEST) if sys.stdout.isatty() else WIDEST
    answer(document, screen_lines(document, width), common)


def _overrides(rules: list[str], reasons: list[str]) -> tuple[tuple[str, str], ...]:
    if len(rules) != len(reasons):
        raise WrongUsage("Each --override needs its own --because with the reason.")
    return tuple(zip(rules, reasons, strict=True))
