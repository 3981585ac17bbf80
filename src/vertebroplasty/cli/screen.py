"""`vertebroplasty screen`: should this patient's level be treated, who says so, and what is still to find out."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from vertebroplasty.cli import options as o
from vertebroplasty.cli.output import answer, print_json, refuse_output
from vertebroplasty.errors import WrongUsage

if TYPE_CHECKING:
    from vertebroplasty.documents.screen import ScreenDocument

__all__ = ["screen"]

Template = Annotated[bool, Parameter(name="--template", negative="", help="Print an empty patient.json and stop.")]
CtOption = Annotated[Path | None, Parameter(name="--ct", help="CT to measure canal and posterior wall on.")]
OverrideRules = Annotated[
    list[str] | None,
    Parameter(name="--override", negative="", help="A rule to set aside (A07 or an R rule); needs --because."),
]
Guidelines = Annotated[
    list[str] | None,
    Parameter(name="--guidelines", negative="", help="A further rule set beside the founding documents."),
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
    document = screen_answer(patient, request, o.split_levels(level), overrides, guidelines or [])
    answer(document, _lines(document), common)


def _overrides(rules: list[str], reasons: list[str]) -> tuple[tuple[str, str], ...]:
    if len(rules) != len(reasons):
        raise WrongUsage("Each --override needs its own --because with the reason.")
    return tuple(zip(rules, reasons, strict=True))


def _lines(document: "ScreenDocument") -> Iterator[str]:
    for level in document.levels:
        yield f"{level.level}: {level.first_line}"
        if document.verdict_after_overrides:
            yield f"  after overrides: {document.verdict_after_overrides}"
        for rule in level.rules:
            if rule.answer != "no":
                sources = " ".join(rule.sources) + ("" if rule.verified else " (not read)")
                yield f"  {rule.id} {rule.answer:7s} {rule.sentence} {rule.because} [{sources}]"
        for n, missing in enumerate(level.missing, start=1):
            yield f"  {n}. {missing.question}"
    for item in document.evidence:
        yield f"Evidence: {item.statement} [{item.source}]"
