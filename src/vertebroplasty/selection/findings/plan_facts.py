"""Findings on what is planned: how many levels, how much cement, which anaesthesia, at which region of the spine."""

from collections.abc import Callable, Mapping

from vertebroplasty.selection.coded_values import Anaesthesia
from vertebroplasty.selection.findings.flags import level_flag
from vertebroplasty.selection.kleene import Answer, of_bool
from vertebroplasty.selection.situation import Fact, Situation, stated

__all__ = ["PLAN_FACTS"]

LEAST_ML_PER_LEVEL = 1.5  # [S0] usually enough in metastasis
MOST_ML_PER_LEVEL = 6.5  # [S0] largest volume of the series of 868
MOST_LEVELS_UNDER_LOCAL = 1  # [S1] beyond one level it describes general anaesthesia
MANY_LEVELS = 3  # [JOSR2021-PCE] from here cement embolism was found more often
MOST_ML_IN_ALL = 7.0  # [Hsieh2019] above this symptomatic cement embolism was most frequent
DORSOLUMBAR = ("T11", "T12", "T13", "L1")
CERVICAL_OR_LUMBAR = ("C", "L")
LEVELS, VOLUME = "planned.levels", "planned.volume_ml_per_level"


def _count(number: int) -> str:
    return f"{number or 'no'} level{'s are' if number > 1 else ' is'} planned"


def _levels_beyond(least: int) -> Callable[[Situation], Fact]:
    def fact(s: Situation) -> Fact:
        levels = s.patient.planned.levels
        if levels is None:
            return Fact(Answer.UNKNOWN, "the planned levels are not stated", (LEVELS,))
        number = len(set(levels))
        return Fact(of_bool(number >= least), _count(number))

    return fact


def _volume_outside_published(s: Situation) -> Fact:
    volume = s.patient.planned.volume_ml_per_level
    if volume is None:
        return Fact(Answer.UNKNOWN, "the planned volume is not stated", (VOLUME,))
    outside = not LEAST_ML_PER_LEVEL <= volume <= MOST_ML_PER_LEVEL
    return Fact(of_bool(outside), f"{volume:g} ml for each level are planned")


def _much_cement_in_all(s: Situation) -> Fact:
    """At least one level is treated, so one level's volume alone may already be too much."""
    levels, volume = s.patient.planned.levels, s.patient.planned.volume_ml_per_level
    if volume is not None and volume > MOST_ML_IN_ALL:
        return Fact(Answer.YES, f"{volume:g} ml for each level are planned")
    missing = tuple(path for path, value in ((LEVELS, levels), (VOLUME, volume)) if value is None)
    if levels is None or volume is None:
        return Fact(Answer.UNKNOWN, "the planned volume of all levels together is not stated", missing)
    total = len(set(levels)) * volume
    return Fact(of_bool(total > MOST_ML_IN_ALL), f"{total:g} ml are planned in all")


def _local_anaesthesia(s: Situation) -> Fact:
    kind = s.patient.planned.anaesthesia
    return stated(
        None if kind is None else kind is Anaesthesia.LOCAL,
        "planned.anaesthesia",
        yes="local anaesthesia is planned",
        no="general anaesthesia is planned",
        name="the planned anaesthesia",
    )


def _surgical_backup(s: Situation) -> Fact:
    return stated(
        s.patient.planned.surgical_backup,
        "planned.surgical_backup",
        yes="surgical back-up is arranged",
        no="no surgical back-up is arranged",
        name="surgical back-up",
    )


def _hypervascular(s: Situation) -> Fact:
    region = f"; {s.level} lies in the dorsolumbar region, where this matters most" if s.level in DORSOLUMBAR else ""
    return stated(
        s.findings.hypervascular,
        s.path("hypervascular"),
        yes=f"the lesion is hypervascular{region}",
        no="the lesion is not hypervascular",
        name="whether the lesion is hypervascular",
    )


def _cervical_or_lumbar(s: Situation) -> Fact:
    inside = s.level.startswith(CERVICAL_OR_LUMBAR)
    region = {"C": "cervical", "T": "thoracic", "L": "lumbar", "S": "sacral"}[s.level[0]]
    return Fact(of_bool(inside), f"{s.level} is a {region} level")


PLAN_FACTS: Mapping[str, Callable[[Situation], Fact]] = {
    "several_levels_planned": _levels_beyond(MOST_LEVELS_UNDER_LOCAL + 1),
    "many_levels_planned": _levels_beyond(MANY_LEVELS),
    "volume_outside_published": _volume_outside_published,
    "much_cement_in_all": _much_cement_in_all,
    "local_anaesthesia": _local_anaesthesia,
    "surgical_backup": _surgical_backup,
    "hypervascular": _hypervascular,
    "phlebogram_in_two_views": level_flag(
        "phlebogram_ap_and_lateral",
        yes="a phlebogram in two views was done",
        no="no phlebogram in two views was done",
        name="a phlebogram in two views",
    ),
    "cervical_or_lumbar": _cervical_or_lumbar,
    "near_foramen": level_flag(
        "near_foramen",
        yes="the lesion or a fracture line comes close to a neural foramen",
        no="neither lesion nor fracture line comes close to a neural foramen",
        name="closeness to a neural foramen",
    ),
}
