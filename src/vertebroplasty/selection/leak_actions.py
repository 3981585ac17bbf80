"""What the documents say about cement that has left the body, by where it lies and what it causes."""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from vertebroplasty.anatomy.leak_sites import LeakSite

__all__ = ["TEAM_DECIDES", "LeakAction", "LeakEffect", "LungCement", "all_leak_actions", "leak_actions"]

TEAM_DECIDES = "What is done about a leak is the treating team's decision; the sentences only repeat the documents."


class LungCement(StrEnum):
    """How far into the lung the cement got: a peripheral or a central pulmonary artery."""

    PERIPHERAL = "peripheral"
    CENTRAL = "central"


class LeakEffect(StrEnum):
    """What the cement causes."""

    NONE = "none"
    NERVE_PAIN = "nerve-pain"
    CORD_COMPRESSION = "cord-compression"
    HEART_OR_LUNG = "heart-or-lung"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakAction:
    """One sentence of the documents on cement at some sites.

    Empty `effects`: it holds whatever the cement causes.  `lung` None: it does not tell peripheral from central cement.
    """

    id: str
    sites: tuple[LeakSite, ...]
    effects: tuple[LeakEffect, ...]
    lung: LungCement | None
    sentence: str
    sources: tuple[str, ...]
    verified: bool


@cache
def all_leak_actions() -> tuple[LeakAction, ...]:
    """Every sentence, in the order of the file."""
    text = files("vertebroplasty.selection").joinpath("leak_actions.toml").read_text(encoding="utf-8")
    return tuple(
        LeakAction(
            id=entry["id"],
            sites=tuple(LeakSite(site) for site in entry["sites"]),
            effects=tuple(LeakEffect(effect) for effect in entry.get("effects", ())),
            lung=LungCement(entry["lung"]) if "lung" in entry else None,
            sentence=entry["sentence"],
            sources=tuple(entry["sources"]),
            verified=entry["verified"],
        )
        for entry in tomllib.loads(text)["action"]
    )


def leak_actions(
    site: LeakSite, effect: LeakEffect | None = None, lung: LungCement | None = None
) -> tuple[LeakAction, ...]:
    """What the documents say of a leak at one site; with `effect` or `lung` unknown (None), all that may apply."""
    return tuple(
        action
        for action in all_leak_actions()
        if site in action.sites
        and (effect is None or not action.effects or effect in action.effects)
        and (lung is None or action.lung is None or lung is action.lung)
    )
