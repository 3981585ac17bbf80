"""A record laid flat: the columns of its fields, and their values in the same order.

A record inside a record becomes columns with its name in front (`cement_total_ml`); a list of records is left to a
table of its own.
"""

from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass
from operator import attrgetter
from typing import Any, get_args, get_origin, get_type_hints

import sqlalchemy as sa

from vertebroplasty.registry.store.column_types import CODED, column_type, is_coded, without_none

__all__ = ["FlatFields"]


def is_list_of_records(hint: Any) -> bool:
    """Whether a field holds records that need a table of their own."""
    kind = without_none(hint)
    return get_origin(kind) is tuple and is_dataclass(get_args(kind)[0])


def getter(names: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """The values of these attributes as a tuple, also where there is only one or none."""
    if not names:
        return lambda _: ()
    together = attrgetter(*names)
    return together if len(names) > 1 else lambda record: (together(record),)


class FlatFields:
    """The fields of one kind of record as columns.

    Args:
        record: the dataclass.
        keys: fields that the table names itself, and that are left out here.
        prefix: put before every column name.
    """

    def __init__(self, record: type, *, keys: Sequence[str] = (), prefix: str = "") -> None:
        hints = get_type_hints(record)
        kept = [f.name for f in fields(record) if f.name not in keys and not is_list_of_records(hints[f.name])]
        self.inner = {
            name: FlatFields(without_none(hints[name]), prefix=f"{name}_")
            for name in kept
            if is_dataclass(without_none(hints[name]))
        }
        self.plain = [name for name in kept if name not in self.inner]
        self.types = [(prefix + name, hints[name]) for name in self.plain]
        self.types += [(prefix + name, hint) for part in self.inner.values() for name, hint in part.types]
        self._read = getter(self.plain)
        self._blank = {name: (None,) * len(part.types) for name, part in self.inner.items()}

    def columns(self) -> list[sa.Column[Any]]:
        """New columns, in the order of `values`."""
        return [sa.Column(name, column_type(hint), info={CODED: is_coded(hint)}) for name, hint in self.types]

    def values(self, record: Any) -> tuple[Any, ...]:
        """What the record holds, in the order of `columns`; null where an inner record is unknown."""
        row = self._read(record)
        for name, part in self.inner.items():
            inner = getattr(record, name)
            row += self._blank[name] if inner is None else part.values(inner)
        return row
