"""One cell of a table to one value of a record, and text to a cell that no spreadsheet takes for a formula.

A text that begins like a formula is written with an apostrophe before it, also where it follows a semicolon, a tab, a
vertical bar or a line break, since a spreadsheet set to another delimiter begins a cell there.  Reading takes exactly
that apostrophe off again.  Numbers stay as they are.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from vertebroplasty.documents.patient_problems import nearest, shown
from vertebroplasty.registry.entry.field_tree import FieldInfo, ValueKind
from vertebroplasty.registry.entry.reading_problems import A_DAY, A_MOMENT

__all__ = ["Cell", "CellForm", "Unfit", "cell_reader", "looks_like_number", "neutral", "restored"]

MOST_REMEMBERED = 20000  # [choice] different cells of a column whose values are remembered: half a century of days
FORMULA = r"(?='*[ ]*[=+\-@＝＋－＠])"
NEUTRAL = re.compile(rf"(?:^|(?<=[;\t\n\r|])){FORMULA}|^(?='*[\t\r\n])")
RESTORED = re.compile(rf"(?:^|(?<=[;\t\n\r|]))'{FORMULA}|^'(?='*[\t\r\n])")
NUMBERS = {
    ".": re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?"),
    ",": re.compile(r"[+-]?[0-9]+(,[0-9]+)?([eE][+-]?[0-9]{1,3})?"),
}
ANY_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)*([eE][+-]?[0-9]{1,3})?%?")
YES_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}

Cell = Callable[[str], Any]


class Unfit(ValueError):
    """A cell does not hold what belongs in its field; the text is the rest of a sentence after the cell's value."""


class CellForm:
    """How the cells of a table are written.

    Args:
        decimal: "." or ",".
        day: form of a day as `strptime` reads it; None for ISO, as 2026-11-20.
        moment: form of a moment; None for ISO with its zone.
        zone: name of the zone of moments that carry none, as Europe/Paris.
        separator: between the entries of a list within one cell.
    """

    def __init__(
        self,
        *,
        decimal: str = ".",
        day: str | None = None,
        moment: str | None = None,
        zone: str | None = None,
        separator: str = "|",
    ) -> None:
        self.decimal = decimal
        self.number = NUMBERS[decimal]
        self.moment = moment
        self.zone = None if zone is None else ZoneInfo(zone)
        self.separator = separator
        self.day_form = day

    def read_day(self, text: str) -> date:
        """A day."""
        try:
            if self.day_form is None:
                if len(text) != len("2026-11-20"):
                    raise ValueError
                return date.fromisoformat(text)
            return datetime.strptime(text, self.day_form).date()
        except ValueError:
            form = A_DAY if self.day_form is None else f"the mapping says that days are written {self.day_form}"
            raise Unfit(form) from None

    def read_moment(self, text: str) -> datetime:
        """A moment with its zone."""
        try:
            told = datetime.fromisoformat(text) if self.moment is None else datetime.strptime(text, self.moment)
        except ValueError:
            form = A_MOMENT if self.moment is None else f"the mapping says that moments are written {self.moment}"
            raise Unfit(form) from None
        if told.tzinfo is None:
            if self.zone is None:
                raise Unfit("the moment has no zone: add zone to the mapping, as Europe/Paris")
            told = told.replace(tzinfo=self.zone)
        return told

    def read_number(self, text: str) -> float:
        """A number with the table's decimal mark; thousands are not grouped."""
        if self.number.fullmatch(text) is None:
            mark = "comma" if self.decimal == "," else "point"
            raise Unfit(f"a number has digits and a decimal {mark}, without unit and without grouping")
        return float(text.replace(",", "."))

    def read_whole(self, text: str) -> int:
        """A whole number; 2.0 counts as 2, since spreadsheets write it so."""
        number = self.read_number(text)
        if number != int(number):
            raise Unfit("it is a whole number")
        return int(number)


def cell_reader(info: FieldInfo, form: CellForm, words: Mapping[str, Any] | None = None) -> Cell:
    """What turns the text of a cell into the value of a field; it raises `Unfit`.

    Args:
        info: the field.
        form: how the table is written.
        words: what the table's words mean, as {"f": "female"}; letter case is looked at last.
    """
    plain = _plain_reader(info, form)
    one: Cell = plain
    if words:
        folded = {key.casefold(): value for key, value in words.items()}

        def translated(text: str) -> Any:
            value = words.get(text, folded.get(text.casefold()))
            return plain(text) if value is None else value

        one = translated
    if info.kind in (ValueKind.TEXT, ValueKind.PSEUDONYM) and not info.listed:
        return one
    every = _list_reader(one, form.separator) if info.listed else one
    return lru_cache(maxsize=MOST_REMEMBERED)(every)


def _list_reader(one: Cell, separator: str) -> Cell:
    """What reads a list within one cell; [] is the empty list, which is not the same as unknown."""

    def read(text: str) -> Any:
        if text.startswith("[") and text.endswith("]"):
            try:
                return tuple(one(str(entry)) for entry in json.loads(text))
            except (ValueError, RecursionError) as why:
                if isinstance(why, Unfit):
                    raise
                raise Unfit("it is a list of texts in square brackets, [] for none") from None
        return tuple(one(part.strip()) for part in text.split(separator) if part.strip())

    return read


def _plain_reader(info: FieldInfo, form: CellForm) -> Cell:
    if info.words:
        return _word_reader(info.words)
    if info.kind is ValueKind.LEVEL:
        return str.upper
    if info.kind is ValueKind.YES_NO:
        return _yes_no
    readers: dict[ValueKind, Cell] = {
        ValueKind.NUMBER: form.read_number,
        ValueKind.WHOLE: form.read_whole,
        ValueKind.DAY: form.read_day,
        ValueKind.MOMENT: form.read_moment,
    }
    return readers.get(info.kind, str)


def _word_reader(words: tuple[str, ...]) -> Cell:
    known = {word: word for word in words}
    folded = {word.casefold(): word for word in words}

    def read(text: str) -> str:
        word = known.get(text) or folded.get(text.casefold())
        if word is None:
            near = nearest(text, words)
            meant = f" (did you mean {near}?)" if near else "; say in the mapping what the table's word means"
            raise Unfit(f"it is one of {', '.join(words)}{meant}")
        return word

    return read


def _yes_no(text: str) -> bool:
    answer = YES_NO.get(text.casefold())
    if answer is None:
        raise Unfit(f"it is one of {', '.join(YES_NO)}; say in the mapping what the table's word {shown(text)} means")
    return answer


def looks_like_number(text: str) -> bool:
    """Whether a text is nothing but a number, so that no spreadsheet computes anything from it."""
    return ANY_NUMBER.fullmatch(text) is not None


def neutral(text: str) -> str:
    """A text as it may stand in a cell: with an apostrophe wherever a spreadsheet would begin a formula."""
    return NEUTRAL.sub("'", text)


def restored(text: str) -> str:
    """The text that `neutral` was given."""
    return RESTORED.sub("", text)
