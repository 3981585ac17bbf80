"""The log and the names in it, in the reader's language."""

from collections.abc import Iterable

from vertebroplasty.web.debrief.happenings import Happening
from vertebroplasty.web.texts.texts import Texts

__all__ = ["in_words", "names"]


def names(t: Texts, kind: str, which: Iterable[str]) -> str:
    """Names in a row: `kind` is site, view or phase."""
    return ", ".join(t(f"debrief.{kind}_{name.replace('-', '_')}") for name in which)


def in_words(t: Texts, told: Happening) -> str:
    """One line of the log."""
    values = dict(told.values)
    if "ml" in values:
        values["ml"] = f"{values['ml']:.2f}"
    if "phase" in values:
        values["phase"] = names(t, "phase", [values["phase"]])
    if "site" in values:
        values["site"] = names(t, "site", [values["site"]])
    if "views" in values:
        values["views"] = names(t, "view", values["views"])
    return t(f"debrief.did_{told.key}", **values)
