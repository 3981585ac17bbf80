"""All cases of a server by an id that the server made, and those that are open in memory."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from vertebroplasty.case.demonstration import DEMO_LEVEL
from vertebroplasty.case.opened import OpenedCase, Stage, open_built_in, open_own
from vertebroplasty.case.rehearsal_cases import BUILT_IN
from vertebroplasty.errors import Refused
from vertebroplasty.web.cases.arrivals import Arrivals
from vertebroplasty.web.cases.cards import Cards
from vertebroplasty.web.cases.folders import CaseFolder, found_in, uploaded_in
from vertebroplasty.web.safety import secret_key
from vertebroplasty.web.shelf import Shelf
from vertebroplasty.web.work.process import Work

__all__ = ["CaseEntry", "CaseKind", "Library"]

KEPT_OPEN = 4  # [choice] each takes some 100 MB
NOT_KNOWN = "There is no such case here: go back to the list of cases."


class CaseKind(StrEnum):
    """Where a case comes from."""

    BUILT_IN = "built-in"
    FOLDER = "folder"
    UPLOAD = "upload"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseEntry:
    """One line of the list.

    `name` is a synthetic case's name or the pseudonym of the patient file, empty where none is stated; never a file
    name.  `levels` are those that are known without reading the images.
    """

    id: str
    kind: CaseKind
    name: str
    levels: tuple[str, ...]
    folder: CaseFolder | None = None


class Library:
    """The cases, found anew whenever they are listed, and those opened last."""

    def __init__(self, state: Path, folder: Path | None) -> None:
        self.uploads = state / "cases"
        self.arrivals = Arrivals()
        self.cards = Cards(state / "cards")
        self._state, self._folder = state, folder
        self._open: Shelf[tuple[str, str], OpenedCase] = Shelf(KEPT_OPEN)
        if folder is not None and not folder.is_dir():
            raise Refused(f"{folder.name} is no folder: give a folder that holds one folder a case.", where="--cases")

    def entries(self) -> list[CaseEntry]:
        """Synthetic cases first, then the folder's, then uploads."""
        made = [CaseEntry(id=name, kind=CaseKind.BUILT_IN, name=name, levels=(DEMO_LEVEL,)) for name in BUILT_IN]
        own = [] if self._folder is None else found_in(self._folder, secret_key(self._state))
        kinds = ((CaseKind.FOLDER, own), (CaseKind.UPLOAD, uploaded_in(self.uploads)))
        return made + [
            CaseEntry(id=each.id, kind=kind, name=each.pseudonym, levels=each.levels, folder=each)
            for kind, folders in kinds
            for each in folders
        ]

    def find(self, case_id: str) -> CaseEntry:
        """A case by its id.

        Raises:
            Refused: there is none.
        """
        for entry in self.entries():
            if entry.id == case_id:
                return entry
        raise Refused(NOT_KNOWN, where="case")

    def opening(self, case_id: str, level: str) -> tuple[Work, tuple[Any, ...]]:
        """The work that opens a case at a level, and its arguments.

        Raises:
            Refused: there is no such case, or a synthetic one has no such level.
        """
        entry = self.find(case_id)
        if entry.folder is None:
            if level not in entry.levels:
                raise Refused(f"This case is about {', '.join(entry.levels)}.", where="level")
            return _opened_built_in, (entry.id,)
        return _opened_own, (entry.folder, level)

    def keep(self, case_id: str, level: str, opened: OpenedCase) -> None:
        """Hold an opened case; the one used longest ago goes when there are too many."""
        self.cards.keep(case_id, opened)
        self._open.keep((case_id, level), opened)

    def opened(self, case_id: str, level: str) -> OpenedCase | None:
        """A case that is open; None if it must be opened first."""
        return self._open.find((case_id, level))

    def forget(self, case_id: str) -> None:
        """Close a case at every level, as its files have changed."""
        self._open.forget(lambda key: key[0] == case_id)
        self.cards.forget(case_id)


def _opened_built_in(stage: Stage, name: str) -> OpenedCase:
    return open_built_in(name, stage)


def _opened_own(stage: Stage, folder: CaseFolder, level: str) -> OpenedCase:
    return open_own(folder.scan(), level, folder.patient, stage)
