"""The survey of 868 cementoplasties as records: 663 patients with one or two levels, and the findings it counts."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from vertebroplasty.anatomy.leak_sites import LeakSite
from vertebroplasty.errors import Refused
from vertebroplasty.registry.founding.synthetic import LEVEL_NAMES, patient, procedure_id, pseudonym
from vertebroplasty.registry.procedure_parts import AdverseEvent, Cement, Leak, TreatedLevel
from vertebroplasty.registry.records import Procedure, Record
from vertebroplasty.registry.vocabulary import AdverseEventKind, Indication, LeakSeen
from vertebroplasty.selection.claims import claim

__all__ = ["indication_counts", "survey_records", "volumes_ml"]

PERCENT = 100  # [exact] per cent
TENTHS = 10  # [exact] tenths of a millilitre, the digits printed
HOLDER = "Synthetic; a technical procedure that holds the levels of one patient: procedures are not stated."


def indication_counts(table: Mapping[str, Any]) -> dict[Indication, int]:
    """Levels of each indication, calculated from the printed percentages; together they are all levels.

    Raises:
        Refused: the percentages do not add up to the number of levels.
    """
    levels = table["levels"]
    counts = {Indication(row["name"]): round(levels * row["percent"] / PERCENT) for row in table["indication"]}
    if sum(counts.values()) != levels:
        raise Refused(f"The indications add up to {sum(counts.values())} of {levels} levels: correct the percentages.")
    return counts


def volumes_ml(mean: float, smallest: float, largest: float, n: int) -> tuple[float, ...]:
    """The plainest volumes with this mean, smallest and largest: one each at the ends, all others next to the mean.

    No standard deviation is printed, so none is imitated: the others differ by no more than the printed tenth.

    Raises:
        Refused: no such volumes exist in tenths of a millilitre.
    """
    total, low, high = (round(TENTHS * value) for value in (mean * n, smallest, largest))
    others = n - 2
    base, more = divmod(total - low - high, others)
    if others < 1 or not low <= base <= base + (more > 0) <= high:
        raise Refused(f"{n} volumes from {smallest:g} to {largest:g} ml cannot have the mean {mean:g} ml.")
    tenths = (low, *[base + 1] * more, *[base] * (others - more), high)
    return tuple(tenth / TENTHS for tenth in tenths)


def survey_records(table: Mapping[str, Any]) -> tuple[Record, ...]:
    """Every patient with the technical procedure that holds the levels; the first and the last patient have an age."""
    name, patients = table["name"], table["patients"]
    holders = _with_findings(list(_holders(table)), table["finding"])
    ages = {1: float(table["youngest_years"]), patients: float(table["oldest_years"])}
    people = [patient(name, number) for number in range(1, patients + 1)]
    dated = [replace(holder, age_years=ages.get(number)) for number, holder in enumerate(holders, start=1)]
    return (*people, *dated)


def _holders(table: Mapping[str, Any]) -> Iterator[Procedure]:
    """One procedure for each patient, without any finding yet."""
    stated = claim(table["volume_claim"])
    if stated.value is None or stated.low is None or stated.high is None:
        raise Refused(f"The claim {stated.id} has no mean and range of the volume.", where=stated.id)
    volumes = iter(volumes_ml(stated.value, stated.low, stated.high, table["levels"]))
    number = 0
    for row in table["indication"]:
        indication = Indication(row["name"])
        two = row["patients_with_two"]
        one = indication_counts(table)[indication] - 2 * two
        for levels in (*[2] * two, *[1] * one):
            number += 1
            yield Procedure(
                procedure_id=procedure_id(table["name"], number),
                patient=pseudonym(table["name"], number),
                levels=tuple(
                    TreatedLevel(level=level, indication=indication, cement=Cement(total_ml=next(volumes)))
                    for level in LEVEL_NAMES[:levels]
                ),
                remark=HOLDER,
            )


def _with_findings(holders: list[Procedure], findings: list[dict[str, Any]]) -> list[Procedure]:
    """Each finding on a patient of its own with one level, in the order of the patients."""
    free = [place for place, holder in enumerate(holders) if len(holder.levels) == 1]
    for finding in findings:
        for _ in range(_count(finding)):
            place = next(p for p in free if _fits(holders[p], finding))
            free.remove(place)
            holders[place] = _found(holders[place], finding)
    return holders


def _count(finding: Mapping[str, Any]) -> int:
    """How many the claim counts, less those of another claim that are told apart."""
    less = claim(finding["less_claim"]).count if "less_claim" in finding else 0
    return (claim(finding["claim"]).count or 0) - (less or 0)


def _fits(holder: Procedure, finding: Mapping[str, Any]) -> bool:
    return "indication" not in finding or holder.levels[0].indication == finding["indication"]


def _found(holder: Procedure, finding: Mapping[str, Any]) -> Procedure:
    """The procedure with one finding at its only level."""
    level = holder.levels[0]
    seen = LeakSeen.IMMEDIATELY_AFTER if "action" in finding else None  # seen once the needle was out
    leaks = tuple(
        Leak(site=LeakSite(site), symptomatic=finding.get("symptomatic"), action=finding.get("action"), seen=seen)
        for site in finding["leaks"]
    )
    cement = level.cement
    if cement is not None and "stylet_reinserted" in finding:
        cement = replace(cement, stylet_reinserted=finding["stylet_reinserted"])
    event = AdverseEvent(
        kind=AdverseEventKind(finding.get("event", AdverseEventKind.OTHER)),
        level=level.level,
        procedure_related=True,
    )
    return replace(
        holder,
        remark=f"{HOLDER} {finding['remark']}" if "remark" in finding else HOLDER,
        levels=(replace(level, leaks=leaks, cement=cement, hypervascular=finding.get("hypervascular")),),
        adverse_events=(event,) if "event" in finding else (),
    )
