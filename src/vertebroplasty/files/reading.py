"""Reading a user's file within bounds: size, kind, text encoding, and JSON; what is wrong is told as one fault."""

import json
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO

__all__ = ["BYTE_ORDER_MARK", "DEEPEST", "Fault", "Unusable", "json_value", "open_file", "plain_text", "read_bounded"]

DEEPEST = 100  # [choice] lists and objects within each other; no document here goes beyond ten
BYTE_ORDER_MARK = "\ufeff"
OTHER_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")  # UTF-16 and UTF-32

Pairs = list[tuple[str, Any]]


class Fault(StrEnum):
    """What can be wrong with a file, as words that follow its name in a sentence."""

    MISSING = "does not exist"
    NO_FILE = "is no file"
    CLOSED = "cannot be opened"
    LARGE = "is too large"
    OTHER_ENCODING = "is written in UTF-16 or UTF-32"
    NOT_UTF8 = "is not UTF-8"
    BINARY = "holds NUL bytes, which no text has"
    NOT_JSON = "is not JSON"
    NO_NUMBER = "holds NaN or infinity, which is no number"
    DEEP = "is nested too deep"


class Unusable(Exception):
    """A file or text cannot be taken; whoever asked for it says so in a sentence of its own.

    Args:
        fault: what is wrong.
        detail: more about it, where there is more: the system's reason, the line.
    """

    def __init__(self, fault: Fault, detail: str = "") -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.detail = detail

    @property
    def aside(self) -> str:
        """Why, for brackets behind what a caller says of the file; empty where there is no more to say of its JSON."""
        if self.fault is Fault.MISSING:
            return "no such file"
        if self.detail or self.fault is Fault.NOT_JSON:
            return self.detail
        return f"it {self.fault.value}"


def open_file(path: Path, *, links: bool = True) -> BinaryIO:
    """A file, open for reading.

    Args:
        path: the file; a folder, a device or a pipe is none, as one could be read without end.
        links: whether a symbolic link to a file is followed.

    Raises:
        Unusable: there is none, or it cannot be opened.
    """
    path = Path(path)
    try:
        if (path.is_symlink() and not links) or not path.is_file():
            there = path.is_symlink() or path.exists()
            raise Unusable(Fault.NO_FILE if there else Fault.MISSING)
        return path.open("rb")
    except FileNotFoundError:  # deleted meanwhile
        raise Unusable(Fault.MISSING) from None
    except OSError as error:
        raise Unusable(Fault.CLOSED, error.strerror or "") from None


def read_bounded(path: Path, *, most_bytes: int, links: bool = True) -> bytes:
    """The bytes of a file, of which no more than `most_bytes` are ever held.

    Args:
        path: the file, as for `open_file`.
        most_bytes: what it may hold.
        links: as for `open_file`.

    Raises:
        Unusable: there is none, it cannot be opened or read, or it is too large.
    """
    with open_file(path, links=links) as stream:
        try:
            content = stream.read(most_bytes + 1)
        except OSError as error:
            raise Unusable(Fault.CLOSED, error.strerror or "") from None
    if len(content) > most_bytes:
        raise Unusable(Fault.LARGE)
    return content


def plain_text(content: bytes) -> str:
    """The text in some bytes, UTF-8 with or without its mark.

    Raises:
        Unusable: it is another encoding, or no text.
    """
    if content.startswith(OTHER_MARKS):
        raise Unusable(Fault.OTHER_ENCODING)
    try:
        text = content.decode().removeprefix(BYTE_ORDER_MARK)
    except UnicodeDecodeError:
        raise Unusable(Fault.NOT_UTF8) from None
    if "\0" in text:
        raise Unusable(Fault.BINARY)
    return text


def _no_number(word: str) -> Any:
    raise Unusable(Fault.NO_NUMBER, word)


def json_value(
    text: str, *, an_object: Callable[[Pairs], Any] = dict, a_constant: Callable[[str], Any] = _no_number
) -> Any:
    """The value of a JSON text.

    Args:
        text: the JSON.
        an_object: makes an object of its keys and values; a key may stand twice.
        a_constant: makes something of NaN and the infinities, which JSON does not have; they are refused by default,
            and `float` leaves them to a reader that names their place.

    Raises:
        Unusable: it is not JSON, holds no numbers where numbers stand, or is nested deeper than `DEEPEST`.
    """
    try:
        value = json.loads(text.removeprefix(BYTE_ORDER_MARK), object_pairs_hook=an_object, parse_constant=a_constant)
    except RecursionError:
        raise Unusable(Fault.DEEP) from None
    except ValueError as error:  # a number of thousands of digits has no line
        raise Unusable(Fault.NOT_JSON, _line_of(error)) from None
    if text.count("[") + text.count("{") > DEEPEST and _deeper(value, DEEPEST):
        raise Unusable(Fault.DEEP)
    return value


def _line_of(error: ValueError) -> str:
    line = getattr(error, "lineno", None)
    return f"line {line}" if line else ""


def _deeper(value: Any, most: int) -> bool:
    """Whether lists and objects lie within each other more than so many times."""
    layer = [value]
    for _ in range(most):
        layer = [inner for outer in layer if isinstance(outer, dict | list) for inner in _inside(outer)]
        if not layer:
            return False
    return any(isinstance(each, dict | list) for each in layer)


def _inside(outer: Any) -> Any:
    return outer.values() if isinstance(outer, dict) else outer
