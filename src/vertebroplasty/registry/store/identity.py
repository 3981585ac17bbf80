"""Which pseudonym is which patient: a file of its own, kept apart from the registry, or not kept at all.

Whoever holds the registry without this file cannot tell who a patient is; whoever deletes an entry here has made that
patient's records anonymous for good.
"""

import os
import re
import secrets
import sqlite3
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from vertebroplasty.errors import Refused
from vertebroplasty.registry.fields import PSEUDONYM
from vertebroplasty.registry.store.refusals import explained

__all__ = ["IdentityKey"]

MARK = 0x56505249  # [choice] what SQLite's application id says: an identity key
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that is taken for another
LONGEST_ID = 200  # [choice] characters of a hospital number
LENGTH = 10  # [choice] letters of a new pseudonym: 50 bits, so that two never meet and none is guessed
TABLE = """CREATE TABLE identity (pseudonym TEXT PRIMARY KEY NOT NULL, hospital_id TEXT UNIQUE NOT NULL) STRICT"""


class IdentityKey:
    """The open key; closed at the end of its `with`.

    Args:
        path: the file; only its owner may read it.
        create: make a new one; without it the file has to be there.

    Raises:
        Refused: the file is not there, is there already, or is something else, a registry for instance.
    """

    def __init__(self, path: Path, *, create: bool = False) -> None:
        self.name = Path(path).name
        if create:
            try:
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            except OSError as error:
                raise Refused(f"{self.name} cannot be made: {error.strerror}.", where=self.name) from None
        if not Path(path).is_file():
            raise Refused(f"There is no identity key {self.name}.", where=self.name)
        with explained(self.name):
            self._file = sqlite3.connect(f"file:{quote(str(Path(path).absolute()))}?mode=rw", uri=True)
            try:
                self._prepare(create)
            except BaseException:
                self._file.close()
                raise

    def _prepare(self, create: bool) -> None:
        self._file.execute("PRAGMA secure_delete=ON")
        self._file.execute("PRAGMA synchronous=FULL")
        if create:
            with self._file:
                self._file.execute(TABLE)
                self._file.execute(f"PRAGMA application_id={MARK}")
        if self._file.execute("PRAGMA application_id").fetchone()[0] != MARK:
            message = f"{self.name} is not an identity key; a registry and its key are never the same file."
            raise Refused(message, where=self.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def link(self, hospital_id: str, pseudonym: str | None = None) -> str:
        """Give a patient a pseudonym, a random one unless it is stated; the one there is if the patient has one.

        Raises:
            Refused: the pseudonym belongs to somebody else, or is none.
        """
        if not hospital_id.strip() or len(hospital_id) > LONGEST_ID or "\x00" in hospital_id:
            raise Refused(f"A hospital number has 1 to {LONGEST_ID} characters.", where="hospital number")
        known = self.pseudonym_of(hospital_id)
        if known is not None:
            if pseudonym not in (None, known):
                raise Refused("That patient has another pseudonym already.", where="pseudonym")
            return known
        chosen = pseudonym or "P-" + "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
        if not re.search(PSEUDONYM["pattern"], chosen):
            raise Refused("A pseudonym has letters, digits and . _ : - without blanks.", where="pseudonym")
        try:
            with explained(self.name), self._file:
                self._file.execute("INSERT INTO identity VALUES (?, ?)", (chosen, hospital_id.strip()))
        except sqlite3.IntegrityError:
            raise Refused("That pseudonym belongs to another patient.", where="pseudonym") from None
        return chosen

    def pseudonym_of(self, hospital_id: str) -> str | None:
        """The pseudonym of a patient, or none."""
        return self._one("SELECT pseudonym FROM identity WHERE hospital_id = ?", hospital_id.strip())

    def hospital_id_of(self, pseudonym: str) -> str | None:
        """The hospital number behind a pseudonym, or none."""
        return self._one("SELECT hospital_id FROM identity WHERE pseudonym = ?", pseudonym)

    def forget(self, pseudonym: str) -> None:
        """Delete an entry, and overwrite where it stood: the patient's records are anonymous from then on.

        Raises:
            Refused: there is none.
        """
        with explained(self.name), self._file:
            if self._file.execute("DELETE FROM identity WHERE pseudonym = ?", (pseudonym,)).rowcount == 0:
                raise Refused("There is no such pseudonym in the key.", where="pseudonym")

    def _one(self, query: str, value: str) -> str | None:
        with explained(self.name):
            found = self._file.execute(query, (value,)).fetchone()
        return None if found is None else str(found[0])
