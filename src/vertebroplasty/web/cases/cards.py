"""What the list shows of a case once it has been opened: verdict and picture, kept beside the uploads."""

import json
from dataclasses import dataclass
from pathlib import Path

from vertebroplasty.case.demonstration import DEMO_LEVEL
from vertebroplasty.case.opened import OpenedCase
from vertebroplasty.case.rehearsal_cases import BUILT_IN, built_in_verdict
from vertebroplasty.files import write_whole_bytes, write_whole_text

__all__ = ["Card", "Cards"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One level of one case: its screening in a line, and the address of its picture, empty where there is none."""

    level: str
    verdict: str = ""
    because: str = ""
    picture: str = ""


class Cards:
    """The cards of all cases, by the ids that the server made."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._built_in: dict[str, tuple[str, str]] = {}

    def keep(self, case_id: str, opened: OpenedCase) -> None:
        """Remember what an opened case shows."""
        told = {"verdict": opened.rehearsal.verdict, "because": opened.rehearsal.because}
        write_whole_bytes(self._file(case_id, opened.level, "png"), opened.picture_png)
        write_whole_text(self._file(case_id, opened.level, "json"), json.dumps(told))

    def card(self, case_id: str, level: str) -> Card:
        """The card of a level; only its name where nobody has opened it."""
        if case_id in BUILT_IN and level == DEMO_LEVEL:
            verdict, because = self._verdict(case_id)
            return Card(level=level, verdict=verdict, because=because, picture=f"/static/cases/{case_id}.png")
        try:
            told = json.loads(self._file(case_id, level, "json").read_text(encoding="utf-8"))
            verdict, because = str(told["verdict"]), str(told["because"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return Card(level=level)
        picture = f"/cases/{case_id}/{level}/picture.png" if self._file(case_id, level, "png").is_file() else ""
        return Card(level=level, verdict=verdict, because=because, picture=picture)

    def levels(self, case_id: str) -> tuple[str, ...]:
        """The levels of a case that have been opened."""
        found = (each.name.split(".") for each in self.folder.glob("*.*.json"))
        return tuple(sorted(parts[1] for parts in found if parts[0] == case_id))

    def picture(self, case_id: str, level: str) -> bytes | None:
        """The picture of a card; None where there is none."""
        try:
            return self._file(case_id, level, "png").read_bytes()
        except OSError:
            return None

    def forget(self, case_id: str) -> None:
        """Throw the cards of a case away, as its files have changed."""
        for file in [each for each in self.folder.glob("*.*.*") if each.name.split(".")[0] == case_id]:
            file.unlink(missing_ok=True)

    def _verdict(self, name: str) -> tuple[str, str]:
        if name not in self._built_in:
            self._built_in[name] = built_in_verdict(BUILT_IN[name])
        return self._built_in[name]

    def _file(self, case_id: str, level: str, kind: str) -> Path:
        """Both parts come from the server's own lists: an id it made, and a level its own tables name."""
        return self.folder / f"{case_id}.{level}.{kind}"
