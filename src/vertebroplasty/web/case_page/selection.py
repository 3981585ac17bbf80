"""The screening of a level as the page shows it: verdict, grouped reasons, what it could become, what to arrange."""

from dataclasses import dataclass

from vertebroplasty.case.opened import OpenedCase
from vertebroplasty.documents.common import Provenance
from vertebroplasty.documents.screen import RuleEntry, ScreenedLevel, screen_document
from vertebroplasty.web.texts.texts import Texts

__all__ = ["Group", "groups", "screened_level"]

YES, UNKNOWN = "yes", "unknown"
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("emergency", ("emergency",)),
    ("absolute", ("absolute-contraindication",)),
    ("defer", ("defer",)),
    ("relative", ("relative-contraindication",)),
    ("missing", ("insufficient-data",)),
    ("not_met", ("not-indicated",)),
    ("for", ("indicated",)),
    ("caution", ("caution",)),
)
ALWAYS = ("absolute", "relative", "for")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rules of one weight: those that apply, and the ids of those that wait for an answer."""

    name: str
    title: str
    rules: tuple[RuleEntry, ...]
    waiting: tuple[str, ...]


def screened_level(case: OpenedCase) -> ScreenedLevel:
    """The screening of the case's level as `screen` answers it."""
    return screen_document(case.screening, Provenance.of((), {}, 0.0)).levels[0]


def groups(level: ScreenedLevel, t: Texts) -> list[Group]:
    """The rules that apply by weight, the gravest first; the usual groups are shown even where nothing applies."""
    found = []
    for name, effects in GROUPS:
        rules = [rule for rule in level.rules if rule.effect in effects]
        fired = tuple(rule for rule in rules if rule.answer == YES)
        waiting = tuple(rule.id for rule in rules if rule.answer == UNKNOWN and rule.decides)
        if fired or waiting or name in ALWAYS:
            found.append(Group(name=name, title=t(f"case.group_{name}"), rules=fired, waiting=waiting))
    return found
