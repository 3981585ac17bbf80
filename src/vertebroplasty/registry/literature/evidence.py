"""The evidence table: what published studies of vertebral augmentation found, each figure as it was printed."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from vertebroplasty.errors import Refused
from vertebroplasty.registry.literature.effects import Arm, Control, Effect, Measure, Sign, Study
from vertebroplasty.selection.claims import Claim, Denominator, DenominatorType, claim

__all__ = ["effect", "effects", "studies", "study"]


@cache
def studies() -> tuple[Study, ...]:
    """Every study of the table, in its order."""
    table = files("vertebroplasty.registry.literature").joinpath("evidence.toml").read_text(encoding="utf-8")
    return tuple(_study(row) for row in tomllib.loads(table)["study"])


def study(key: str) -> Study:
    """One study by its key.

    Raises:
        Refused: no study has this key.
    """
    for entry in studies():
        if entry.key == key:
            return entry
    known = ", ".join(entry.key for entry in studies())
    raise Refused(f"No study has the key {key}: the evidence table holds {known}.", where=key)


def effects(definition: str | None = None) -> tuple[Effect, ...]:
    """Every effect of every study, or those that answer one outcome definition."""
    found = (entry for each in studies() for entry in each.effects)
    return tuple(entry for entry in found if definition is None or entry.definition == definition)


def effect(id: str) -> Effect:
    """One effect by its id.

    Raises:
        Refused: no effect has this id.
    """
    for entry in effects():
        if entry.id == id:
            return entry
    raise Refused(f"No effect has the id {id}: the evidence table lists them study by study.", where=id)


def _study(row: dict[str, Any]) -> Study:
    rest = {key: value for key, value in row.items() if key not in ("n", "n_of", "effect")}
    coded = {
        "n": Denominator(type=DenominatorType(row["n_of"]), n=row.get("n")),
        "control": Control(row["control"]),
        "registration": tuple(row.get("registration", ())),
        "effects": tuple(_effect(row, entry) for entry in row.get("effect", ())),
    }
    return Study(**(rest | coded))


def _effect(of: dict[str, Any], row: dict[str, Any]) -> Effect:
    """One effect; where it names a claim, figure, outcome, time and arm are the claim's."""
    said = _from_claim(claim(row["claim"]), "arms" in row) if "claim" in row else {}
    coded = {
        "study": of["key"],
        "source": of["source"],
        "control": Control(of["control"]),
        "measure": Measure(row["measure"]),
        "sign": Sign(row["sign"]),
        "verified": row.get("verified", said.get("verified", of["verified"])),
        "arms": tuple(_arm(arm) for arm in row["arms"]) if "arms" in row else said.get("arms", ()),
        "conflicts_with": tuple(row.get("conflicts_with", ())),
    }
    return Effect(**(said | row | coded))


def _from_claim(stated: Claim, arms_are_listed: bool) -> dict[str, Any]:
    whole = Arm(name=stated.population, denominator=stated.denominator, count=stated.count)
    return {
        "outcome": stated.outcome,
        "time": stated.horizon,
        "unit": stated.unit or ("%" if stated.count is not None else ""),
        "value": stated.value,
        "low": stated.low,
        "high": stated.high,
        "span": stated.span or "",
        "verified": stated.verified,
        "arms": () if arms_are_listed else (whole,),
    }


def _arm(row: dict[str, Any]) -> Arm:
    """One group; where it names a claim, denominator, count and figure are the claim's."""
    said: dict[str, Any] = {}
    if "claim" in row:
        stated = claim(row["claim"])
        said = {"denominator": stated.denominator, "count": stated.count, "value": stated.value}
    rest = {key: value for key, value in row.items() if key not in ("claim", "denominator")}
    if "denominator" in row:
        said["denominator"] = Denominator(
            type=DenominatorType(row["denominator"]["type"]), n=row["denominator"].get("n")
        )
    return Arm(**(said | rest))
