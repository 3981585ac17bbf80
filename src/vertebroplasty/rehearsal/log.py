"""The log of a session: entries that are never changed, and grow by one at the cost of one, however many there are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, overload

__all__ = ["Entry", "Log"]

Entry = Mapping[str, Any]
PAGE = 256  # [choice] entries copied at most when one is added


@dataclass(frozen=True, slots=True, eq=False)
class Log(Sequence[Entry]):
    """Entries in order; full pages are shared by all later logs, so that nothing written is copied again."""

    pages: tuple[tuple[Entry, ...], ...] = ()
    last: tuple[Entry, ...] = ()

    def with_entry(self, entry: Entry) -> "Log":
        """This log and one entry more; this one stays as it is."""
        if len(self.last) < PAGE:
            return Log(self.pages, (*self.last, entry))
        return Log((*self.pages, self.last), (entry,))

    def __len__(self) -> int:
        return PAGE * len(self.pages) + len(self.last)

    def __iter__(self) -> Iterator[Entry]:
        return chain(chain.from_iterable(self.pages), self.last)

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Entry, ...]: ...
    def __getitem__(self, index: int | slice) -> Entry | tuple[Entry, ...]:
        """One entry, or a tuple of several."""
        if isinstance(index, slice):
            start, stop, stride = index.indices(len(self))
            if stride != 1:
                return tuple(self)[index]
            passed = PAGE * (start // PAGE)
            rest = chain(chain.from_iterable(self.pages[start // PAGE :]), self.last)
            return tuple(islice(rest, start - passed, max(stop - passed, 0)))
        place = index + len(self) if index < 0 else index
        if not 0 <= place < len(self):
            raise IndexError(f"The log has {len(self)} entries.")
        page, row = divmod(place, PAGE)
        return self.last[row] if page == len(self.pages) else self.pages[page][row]

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Sequence)
            and len(self) == len(other)
            and all(a == b for a, b in zip(self, other, strict=True))
        )

    __hash__ = None  # type: ignore[assignment]
