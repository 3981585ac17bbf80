"""Results on stdout, progress and warnings on stderr; a progress line on a terminal only."""

import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vertebroplasty.cli.options import Common
    from vertebroplasty.documents.common import Document

__all__ = ["Progress", "answer", "counted", "for_terminal", "print_json", "print_lines", "refuse_output", "warn"]


class Progress:
    """Says on a terminal which stage runs and since when; silent elsewhere."""

    def __init__(self, stages: int) -> None:
        self.stages = stages
        self.done = 0
        self.shown = sys.stderr.isatty()
        self.begin = time.perf_counter()

    def stage(self, words: str) -> None:
        """A stage begins."""
        if self.shown:
            bar = "█" * self.done + "░" * (self.stages - self.done)
            elapsed = time.perf_counter() - self.begin
            sys.stderr.write(f"\r\x1b[K{bar} {elapsed:5.1f} s  {words} …")
            sys.stderr.flush()
        self.done += 1

    def close(self) -> None:
        """Clear the line."""
        if self.shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def counted(count: int, what: str) -> str:
    """So many of something: 1 patient, 2 patients."""
    return f"{count} {what}{'' if count == 1 else 's'}"


def for_terminal(text: str) -> str:
    """The text without what would steer a terminal: names from a file may hold anything."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)


def print_json(text: str) -> None:
    """The one JSON object."""
    sys.stdout.write(text + "\n")


def print_lines(lines: Iterable[str]) -> None:
    """Result lines for people."""
    for line in lines:
        sys.stdout.write(for_terminal(line) + "\n")


def warn(sentences: Iterable[str]) -> None:
    """Warnings on stderr, each once."""
    for sentence in dict.fromkeys(sentences):
        sys.stderr.write(f"Warning: {for_terminal(sentence)}\n")


def refuse_output(command: str, common: "Common") -> None:
    """Refuse a bad -o before any work: `--overwrite` replaces a document of the same command only.

    Raises:
        WrongUsage: the name does not end in .json.
        Refused: the file exists, or is not what this command writes.
    """
    out = common.out
    if out is None:
        return
    from vertebroplasty.errors import WrongUsage
    from vertebroplasty.files import refuse_foreign_file

    if out.suffix != ".json":
        raise WrongUsage(f"-o is {out.name}: this command writes one JSON file, so end the name in .json.", where="-o")
    refuse_foreign_file(out, f'"schema": "vertebroplasty.{command}/1"', overwrite=common.overwrite)


def answer(document: "Document", lines: Iterable[str], common: "Common") -> None:
    """Hand a document over: saved to -o, printed as JSON or as lines for people, warnings on stderr."""
    from vertebroplasty.documents.common import NOT_A_DEVICE, NOT_APPLICABLE, dump

    text = dump(document)
    if common.out is not None:
        from vertebroplasty.files import write_whole_text

        write_whole_text(common.out, text + "\n")
    warn(document.warnings)
    if common.json:
        print_json(text)
        return
    print_lines(lines)
    unknown = sum(entry.why != NOT_APPLICABLE for entry in document.unknown)
    if unknown:
        print_lines([f"{unknown} value{'s' * (unknown > 1)} unknown, each with its reason in --json."])
    print_lines([NOT_A_DEVICE])
