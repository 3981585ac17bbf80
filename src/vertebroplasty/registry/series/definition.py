"""What a series means by its counts: which it states at all, and what stands below the line of each percentage."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from vertebroplasty.anatomy.leak_sites import LeakSite
from vertebroplasty.errors import Refused
from vertebroplasty.registry.records import OWN_SERIES
from vertebroplasty.registry.statistics.proportions import Denominator
from vertebroplasty.registry.store.series_record import Statement
from vertebroplasty.registry.vocabulary import AdverseEventKind

__all__ = ["OWN_DEFINITION", "SeriesDefinition", "definition_statement"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesDefinition:
    """How one series counts.

    `procedures_stated` and `levels_stated` are False where a series does not give the number, which is then null and
    never that of the records holding its data.  `leak_sites` are those it counts, `told_only_with_a_complication` those
    of them it mentions only beside one, so that their count is a lower bound.  `always_counted` are complications whose
    zero is stated too.  `percent_indications` says that indications were calculated from printed percentages.
    """

    name: str
    title: str
    synthetic: bool
    procedures_stated: bool
    levels_stated: bool
    indications_stated: bool
    percent_indications: bool
    intents_stated: bool
    leak_sites: tuple[LeakSite, ...]
    told_only_with_a_complication: tuple[LeakSite, ...]
    looked_for_stated: bool
    complications_of: Denominator
    always_counted: tuple[AdverseEventKind, ...]
    as_printed: tuple[Statement, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


OWN_DEFINITION = SeriesDefinition(
    name=OWN_SERIES,
    title="The department's own patients",
    synthetic=False,
    procedures_stated=True,
    levels_stated=True,
    indications_stated=True,
    percent_indications=False,
    intents_stated=True,
    leak_sites=tuple(LeakSite),
    told_only_with_a_complication=(),
    looked_for_stated=True,
    complications_of=Denominator.PROCEDURE,
    always_counted=(
        AdverseEventKind.RADICULOPATHY,
        AdverseEventKind.CORD_COMPRESSION,
        AdverseEventKind.PULMONARY_CEMENT_EMBOLISM,
        AdverseEventKind.INFECTION,
        AdverseEventKind.DEATH,
    ),
    as_printed=(),
    notes=(),
    warnings=(),
)


@cache
def _statements() -> dict[str, str]:
    text = files("vertebroplasty.registry.series").joinpath("definitions.toml").read_text(encoding="utf-8")
    return {row["id"]: row["statement"] for row in tomllib.loads(text)["definition"]}


def definition_statement(id: str) -> str:
    """What a definition means, in one sentence.

    Raises:
        Refused: no definition has this id.
    """
    try:
        return _statements()[id]
    except KeyError:
        raise Refused(f"No definition has the id {id}: there are {', '.join(_statements())}.", where=id) from None
