"""Empty records to begin with: every key there, every value null, an empty list or the usual one."""

from dataclasses import fields, is_dataclass
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from vertebroplasty.registry.entry.field_tree import record_class

__all__ = ["template_of"]


def template_of(kind: str) -> dict[str, Any]:
    """A record of one kind with everything unknown; one entry of each list shows its keys.

    Raises:
        Refused: no such kind.
    """
    cls = record_class(kind)
    return {"kind": kind, **_empty(cls)}


def _empty(cls: Any) -> dict[str, Any]:
    hints = get_type_hints(cls)
    return {one.name: one.default if isinstance(one.default, str) else _value(hints[one.name]) for one in fields(cls)}


def _value(hint: Any) -> Any:
    """Null, an empty list of words, or a list or an object with its keys."""
    if get_origin(hint) in (Union, UnionType):
        inner = [part for part in get_args(hint) if part is not type(None)]
        return _empty(inner[0]) if len(inner) == 1 and is_dataclass(inner[0]) else None
    if get_origin(hint) is tuple:
        entry = get_args(hint)[0]
        return [_empty(entry)] if is_dataclass(entry) and isinstance(entry, type) else []
    return None
