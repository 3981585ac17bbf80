"""Every sentence this room shows, by key; all three languages stand in `texts/safety.toml`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Protocol

from starlette.types import Scope

from vertebroplasty.web.texts.texts import texts_in

__all__ = ["ENGLISH", "Say", "english", "in_english"]

KEYS = "safety."  # of this room's sentences among all texts
ENGLISH: Mapping[str, str] = MappingProxyType(texts_in("en").under(KEYS))


class Say(Protocol):
    """A sentence by its key, in the language of the browser that asks."""

    def __call__(self, scope: Scope, key: str, **values: Any) -> str:
        """The sentence of `key` with its `{names}` filled from `values`."""
        ...


def in_english(key: str, **values: Any) -> str:
    """The English sentence of `key`; what is raised as an error speaks so."""
    return ENGLISH[key].format(**values)


def english(scope: Scope, key: str, **values: Any) -> str:
    """The English sentence of `key`, whatever the browser asks for."""
    return in_english(key, **values)
