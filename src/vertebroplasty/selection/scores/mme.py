"""Opioids of one day as morphine milligram equivalents, and by how much they fell.

A measure for audit and outcome, never for converting one opioid to another or for prescribing.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from vertebroplasty.errors import Refused
from vertebroplasty.selection.scores.as_written import as_written
from vertebroplasty.selection.scores.mme_table import DoseUnit, Factor, MmeTable, mme_table
from vertebroplasty.selection.scores.score import Origin, Score, ScoreItem

__all__ = ["NOT_FOR_PRESCRIBING", "DailyMme", "OpioidDose", "daily_mme", "mme_reduction_percent", "mme_score"]

HIGHEST_MME_PER_DAY = 10_000.0  # [choice] more than this from one drug is taken for a slip of the unit
NOT_FOR_PRESCRIBING = "Not for converting one opioid to another, and not for prescribing."
PERCENT = 100  # [exact] per hundred


@dataclass(frozen=True, slots=True, kw_only=True)
class OpioidDose:
    """One opioid as taken on a day: its name and its dose, milligrams a day or, from a patch, micrograms an hour.

    Doses taken as needed count as their mean a day over the days looked at.
    """

    drug: str
    dose: float
    unit: DoseUnit = DoseUnit.MG_PER_DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyMme:
    """All opioids of a day with the factor each was counted with; no opioid at all is zero."""

    table_version: str
    table_source: str
    verified: bool
    doses: tuple[tuple[OpioidDose, Factor], ...]

    @property
    def exactly(self) -> Fraction:
        """Morphine milligram equivalents a day, as the decimals are written."""
        return sum((_equivalents(dose, factor) for dose, factor in self.doses), Fraction(0))

    @property
    def mme_per_day(self) -> float:
        """Morphine milligram equivalents a day."""
        return float(self.exactly)


def daily_mme(doses: Sequence[OpioidDose], table: MmeTable | None = None) -> DailyMme:
    """The opioids of one day in morphine milligram equivalents: each dose times the factor of one table, summed.

    Source: the factors of the CDC guideline of 2022, ten opioids; range: 0 and upwards, linear, no boundary.
    The same drug may stand twice, for example long-acting and as needed.  An empty list is a day without opioids.

    Raises:
        Refused: a drug the table does not hold, a dose in the wrong unit, or one that is negative, not a number or
            absurdly high.
    """
    table = table or mme_table()
    counted = tuple((dose, _checked(dose, table.factor(dose.drug))) for dose in doses)
    return DailyMme(table_version=table.version, table_source=table.source, verified=table.verified, doses=counted)


def mme_reduction_percent(before: DailyMme, after: DailyMme) -> float | None:
    """By how many percent the daily equivalents fell, negative where they rose; None where there was nothing before.

    Raises:
        Refused: the two days were counted with different versions of the table.
    """
    if before.table_version != after.table_version:
        raise Refused(
            f"One day is counted with table {before.table_version} and the other with {after.table_version}: "
            "count both doses anew with one table.",
            where="mme",
        )
    if before.exactly == 0:
        return None
    return float(PERCENT * (before.exactly - after.exactly) / before.exactly)


def mme_score(day: DailyMme) -> Score:
    """The daily equivalents with every drug listed, its factor, and the table's version.

    Source, range and boundaries as in `daily_mme`; no class is formed, since thresholds of prescribing do not belong
    to an outcome.
    """
    items = tuple(
        ScoreItem(
            name=factor.name,
            value=f"{dose.dose:g} {factor.unit} × {factor.factor:g}",
            points=float(_equivalents(dose, factor)),
            origin=Origin.ENTERED,
        )
        for dose, factor in day.doses
    )
    total = day.mme_per_day
    return Score(
        name="Morphine milligram equivalents a day",
        version=day.table_version,
        items=items,
        total=total,
        lowest=total,
        highest=total,
        sentence=f"{total:g} morphine milligram equivalents a day by table {day.table_version}. {NOT_FOR_PRESCRIBING}",
        notes=(
            "A reduction in percent holds within one version of the table; other tables give other factors.",
            "Doses taken as needed count as their mean a day over the days looked at.",
            *_caution(day),
        ),
        sources=tuple(dict.fromkeys((day.table_source, *(factor.source for _, factor in day.doses)))),
        verified=day.verified,
    )


def _equivalents(dose: OpioidDose, factor: Factor) -> Fraction:
    """One drug's share."""
    return as_written(dose.dose) * as_written(factor.factor)


def _checked(dose: OpioidDose, factor: Factor) -> Factor:
    """The factor, where unit and size of the dose are possible."""
    if dose.unit != factor.unit:
        raise Refused(f"{factor.name} is counted in {factor.unit}, not {dose.unit}: enter that dose.", where="opioid")
    what = f"The dose of {factor.name}"
    if not isinstance(dose.dose, int | float) or isinstance(dose.dose, bool) or not 0 <= dose.dose < math.inf:
        raise Refused(f"{what} is {dose.dose}: enter it in {factor.unit}, zero or more.", where="opioid")
    if _equivalents(dose, factor) > HIGHEST_MME_PER_DAY:
        raise Refused(f"{what}, {dose.dose:g} {factor.unit}, is impossibly high: check its unit.", where="opioid")
    return factor


def _caution(day: DailyMme) -> tuple[str, ...]:
    """What the table's authors warn of for the drugs of this day."""
    names = {factor.name for _, factor in day.doses}
    told = []
    if "methadone" in names:
        told.append("Methadone: its half-life is long and varies, so one factor fits it least.")
    if "fentanyl-transdermal" in names:
        told.append("Fentanyl patch: counted from micrograms an hour of the patch, not from milligrams a day.")
    return tuple(told)
