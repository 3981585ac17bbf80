"""`vertebroplasty rehearse`: practise an injection action by action, and be scored."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from vertebroplasty.cli import options as o
from vertebroplasty.cli.output import print_json, print_lines, warn
from vertebroplasty.errors import WrongUsage

if TYPE_CHECKING:
    from vertebroplasty.documents.rehearse import RehearseDocument, RehearseListDocument

__all__ = ["rehearse"]

LOG = ".jsonl"
TOLD_FROM_ML = 0.01  # [choice] a cannula drawn over its stylet drives less than this
Auto = Annotated[bool, Parameter(name="--auto", negative="", help="Let a scripted operator do it by the plan.")]
Replay = Annotated[Path | None, Parameter(name="--replay", help="Do what a log tells, one JSON object a line.")]
ListCases = Annotated[bool, Parameter(name="--list", negative="", help="List the built-in cases with their verdict.")]
Level = Annotated[str | None, Parameter(name="--level", help="The level of the CT, for example L3.")]
PatientFile = Annotated[Path | None, Parameter(name="--patient", help="Screen this patient.json first.")]
VolumeMl = Annotated[float | None, Parameter(name="--volume-ml", help="Millilitres the scripted operator aims for.")]
GridMm = Annotated[
    float | None, Parameter(name="--grid-mm", help="Spacing of the vertebra's own grid in mm; the log's, or 1.5.")
]


def rehearse(
    case: str | None = None,
    /,
    *,
    scan: o.OptionalScan = o.NO_SCAN,
    level: Level = None,
    patient: PatientFile = None,
    auto: Auto = False,
    replay: Replay = None,
    list_cases: ListCases = False,
    product: o.ChosenProduct = None,
    gauge: o.OwnGauge = None,
    volume_ml: VolumeMl = None,
    grid_mm: GridMm = None,
    common: o.Common = o.COMMON,
) -> None:
    """Practise an injection: a scripted operator or a recorded log, scored by five elements.

    -o writes the log, which --replay reads; --seed draws how this bone and this cement really are.

    Args:
        case: a built-in case (--list), or the DICOM folder or NIfTI file of a CT; the case easy if not given.
    """
    if auto + (replay is not None) + list_cases != 1:
        raise WrongUsage("Say what to rehearse: one of --auto, --replay and --list.")
    if common.out is not None and (list_cases or common.out.suffix != LOG):
        raise WrongUsage("-o writes the log of a rehearsal: end its name in .jsonl, and leave --list out.", where="-o")
    from vertebroplasty.case.rehearsal_cases import BUILT_IN
    from vertebroplasty.case.rehearsing import RehearseRequest, cases_answer, rehearse_answer

    if list_cases:
        _list(cases_answer(), json=common.json)
        return
    built_in = case if case in BUILT_IN and not scan.seg else None
    own = None if case is None or built_in else Path(case)
    if own is None and (scan.seg or level or patient):
        raise WrongUsage("--seg, --level and --patient belong to a CT: name it first.")
    if own is not None and level is None:
        raise WrongUsage(f"{own.name} needs --level; the built-in cases are {', '.join(BUILT_IN)}.")
    request = RehearseRequest(
        built_in=built_in,
        scan=None if own is None else scan.of(own),
        level=level,
        patient=patient,
        replay=replay,
        seed=common.seed or None,
        product=_known_product(product),
        gauge=gauge,
        volume_ml=volume_ml,
        grid_mm=grid_mm,
    )
    _show(rehearse_answer(request, common.out, overwrite=common.overwrite), json=common.json)


def _known_product(product: str | None) -> str | None:
    """The cement's key; a file of the user's own is read first."""
    from vertebroplasty.case.own_cement import chosen_product

    return chosen_product(product)


def _list(document: "RehearseListDocument", *, json: bool) -> None:
    from vertebroplasty.documents.common import dump

    if json:
        print_json(dump(document))
        return
    print_lines(f"{case.name:8s} {case.level:4s} {case.verdict:12s} {case.sentence}" for case in document.cases)
    print_lines([document.disclaimer])


def _show(document: "RehearseDocument", *, json: bool) -> None:
    from vertebroplasty.documents.common import dump

    warn(document.warnings)
    if json:
        print_json(dump(document))
    else:
        print_lines(_lines(document))


def _lines(document: "RehearseDocument") -> Iterator[str]:
    """The score for people, each item with its moment."""
    yield f"{document.case}, {document.level}: screening {document.verdict}"
    yield f"injected {document.injected_ml:.2f} ml, in the bone {document.in_body_ml:.2f} ml"
    if document.failure_load_ratio is not None:
        yield f"failure load {document.failure_load_ratio:.2f} times that before"
    for leak in document.leaks:
        yield f"  leak {leak.site}: {leak.volume_ml:.3f} ml"
    if document.not_assessed:
        yield f"  not assessed: {', '.join(document.not_assessed)}"
    if document.stop_delay_s is not None:
        yield f"  stopped {document.stop_delay_s:.1f} s after the first leak that asks for it"
    if document.stylet_after_ml >= TOLD_FROM_ML:
        told = f"{document.stylet_after_ml:.2f} ml after that leak"
        yield f"  the stylet drove in {told}: draw the cannula over it instead"
    for name in ("selection", "placement", "timing", "fluoroscopy", "outcome"):
        element = getattr(document.score, name)
        yield f"{name:12s} " + ("not judged" if element.value is None else f"{element.value:.2f}")
        for item in element.items:
            when = "    —" if item.t_s is None else f"{item.t_s:5.0f}"
            share = "  told" if item.effect is None else f"  {item.effect:.2f}"
            yield f"  {when} s{share}  {item.what}"
    yield f"state {document.state_sha256}"
    yield document.disclaimer
