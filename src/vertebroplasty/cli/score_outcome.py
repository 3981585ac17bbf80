"""The scores of outcome and complications that `score` answers: opiates, pain, complications, leaks."""

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from vertebroplasty.anatomy.leak_sites import LeakSite
from vertebroplasty.cli import options as o
from vertebroplasty.cli.output import refuse_output
from vertebroplasty.cli.score_output import given_options, show_score
from vertebroplasty.errors import WrongUsage
from vertebroplasty.selection.scores.complication_grade import Sequelae
from vertebroplasty.selection.scores.leak_type import LeakRoute, Modality
from vertebroplasty.selection.scores.mme_table import DoseUnit
from vertebroplasty.selection.scores.pain_scale import PainScale

if TYPE_CHECKING:
    from vertebroplasty.selection.scores.mme import OpioidDose

__all__ = ["complication", "leak", "mme", "pain", "relief"]

YesNo = bool | None
PATCH_UNIT = "ug/h"
DOSE_HELP = "A drug and its dose: `morphine=30` in mg a day, or a patch as `fentanyl-transdermal=25ug/h`; repeat it."
Doses = Annotated[list[str] | None, Parameter(negative="", help=DOSE_HELP)]


def leak(
    site: LeakSite, /, *, route: LeakRoute | None = None, modality: Modality | None = None, common: o.Common = o.COMMON
) -> None:
    """Yeom's type of a leak: B, S or C, and D for the disc.

    Args:
        site: where the cement lies, for example epidural.
        route: the way a reader saw it take.
        modality: how it was found.
    """
    refuse_output("score", common)
    from vertebroplasty.selection.scores.leak_type import leak_type

    given = given_options(site=site, route=route, modality=modality)
    show_score(leak_type(site, route=route, modality=modality), {"score": "leak", **given}, common)


def complication(
    *,
    solved_in_procedure: YesNo = None,
    unplanned_stay_h: float | None = None,
    further_therapy: YesNo = None,
    sequelae: Sequelae | None = None,
    death: YesNo = None,
    common: o.Common = o.COMMON,
) -> None:
    """CIRSE 2017 grade of a complication, 1 to 6.

    Args:
        solved_in_procedure: dealt with before the patient left the table.
        unplanned_stay_h: hours of observation or stay beyond the plan, 0 for none.
        further_therapy: therapy after the procedure was needed.
        sequelae: none, mild or severe.
        death: the patient died of it.
    """
    refuse_output("score", common)
    from vertebroplasty.selection.scores.complication_grade import Consequence, complication_grade

    given = given_options(
        solved_in_procedure=solved_in_procedure,
        unplanned_stay_h=unplanned_stay_h,
        further_therapy=further_therapy,
        sequelae=sequelae,
        death=death,
    )
    show_score(complication_grade(Consequence(**given)), {"score": "complication", **given}, common)  # type: ignore[arg-type]


def mme(
    *, dose: Doses = None, none: Annotated[bool, Parameter(negative="")] = False, common: o.Common = o.COMMON
) -> None:
    """Opioids of one day in morphine milligram equivalents; not for converting or prescribing.

    Args:
        none: no opioid was taken.
    """
    refuse_output("score", common)
    from vertebroplasty.selection.scores.mme import daily_mme, mme_score

    if bool(dose) == none:
        raise WrongUsage("Give each opioid with --dose, or --none where none was taken.", where="--dose")
    show_score(mme_score(daily_mme(_doses(dose or []))), {"score": "mme", "dose": dose or []}, common)


def relief(
    *,
    before: Doses = None,
    after: Doses = None,
    stopped: Annotated[bool, Parameter(negative="")] = False,
    reduction_percent: Annotated[float | None, Parameter(allow_leading_hyphen=True)] = None,
    common: o.Common = o.COMMON,
) -> None:
    """The survey's class of opiate relief, 1 to 4, from doses before and after or from a reduction in percent.

    Args:
        stopped: no opioid is taken after.
        reduction_percent: a reduction already reckoned; negative where doses rose.
    """
    refuse_output("score", common)
    from vertebroplasty.selection.scores.mme import daily_mme
    from vertebroplasty.selection.scores.opiate_relief import opiate_relief, opiate_relief_of_percent

    if reduction_percent is not None:
        if before or after or stopped:
            raise WrongUsage("Give --reduction-percent or the doses, not both.", where="--reduction-percent")
        show_score(
            opiate_relief_of_percent(reduction_percent),
            {"score": "relief", "reduction_percent": reduction_percent},
            common,
        )
        return
    if stopped and after:
        raise WrongUsage("--stopped says that no opioid is taken after: leave --after out.", where="--stopped")
    first = daily_mme(_doses(before)) if before else None
    second = daily_mme(_doses(after or [])) if after or stopped else None
    given = {"score": "relief", "before": before or [], "after": after or [], "stopped": stopped}
    show_score(opiate_relief(first, second), given, common)


def pain(
    *, before: float | None = None, after: float | None = None, scale: PainScale, common: o.Common = o.COMMON
) -> None:
    """Change of pain on one scale, beside every published idea of how much matters.

    Args:
        before: pain before, on the scale.
        after: pain after, on the same scale.
        scale: nrs (0 to 10) or vas-mm (0 to 100 mm); never one made into the other.
    """
    refuse_output("score", common)
    from vertebroplasty.selection.scores.pain_scale import Pain, pain_change

    first, second = (None if value is None else Pain(scale=scale, value=value) for value in (before, after))
    given = given_options(before=before, after=after, scale=scale)
    show_score(pain_change(first, second), {"score": "pain", **given}, common)


def _doses(given: list[str]) -> list["OpioidDose"]:
    """Each `drug=dose`, in mg a day unless it ends in ug/h."""
    from vertebroplasty.selection.scores.mme import OpioidDose

    doses = []
    for text in given:
        drug, _, amount = text.partition("=")
        patch = amount.lower().replace("µ", "u").endswith(PATCH_UNIT)
        number = amount[: -len(PATCH_UNIT)] if patch else amount.removesuffix("mg/day").removesuffix("mg")
        try:
            value = float(number)
        except ValueError:
            raise WrongUsage(f"{text} is not a dose: write it like morphine=30.", where="--dose") from None
        doses.append(OpioidDose(drug=drug, dose=value, unit=DoseUnit.UG_PER_H if patch else DoseUnit.MG_PER_DAY))
    return doses
