"""The rehearsals of a server: an id each, the case it is played on, and a log that outlives the server."""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from vertebroplasty.errors import Refused
from vertebroplasty.rehearsal.case import RehearsalCase
from vertebroplasty.rehearsal.pacing import Paced
from vertebroplasty.web.log_file import CLOCK, add_lines, entries_of, read_lines, rewrite
from vertebroplasty.web.safety import NotFound
from vertebroplasty.web.theatre.live import Live, Shot
from vertebroplasty.web.theatre.record import ID, Record, read_record, write_record
from vertebroplasty.web.theatre.windows import Windows

__all__ = ["Rehearsals"]

KEPT = 24  # [choice] in memory, 60 to 85 MB each; the others are read from their logs when they are asked for
ID_BYTES = 8  # [choice] of an id: it cannot be guessed
CLOCK_EVERY_S = 5.0  # [choice] of idle time that a killed server may lose
NOT_KNOWN = "There is no such rehearsal here: begin one from the list of cases."
FOR_GOOD = ("stop", "withdraw")


class Rehearsals:
    """All rehearsals, on disk by their logs and in memory while they are played."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.windows = Windows()
        self._live: OrderedDict[str, Live] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, case_id: str, level: str, seed: int, *, synthetic: bool = False, guided: bool = False) -> str:
        """A new rehearsal, on disk before its id is handed out."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        record = Record(
            id=f"r-{secrets.token_hex(ID_BYTES)}", case_id=case_id, level=level, seed=seed, synthetic=synthetic,
            created=datetime.now(UTC).isoformat(timespec="seconds"), guided=guided,
        )  # fmt: skip
        write_record(self.folder / f"{record.id}.json", record)
        return record.id

    def find(self, rehearsal_id: str) -> Record:
        """A rehearsal by its id.

        Raises:
            NotFound: there is none.
            Refused: its record cannot be read.
        """
        file = self.folder / f"{rehearsal_id}.json"
        if ID.fullmatch(rehearsal_id) is None or not file.is_file():
            raise NotFound(NOT_KNOWN, where="rehearsal")
        return read_record(file)

    def all(self) -> list[Record]:
        """Every rehearsal whose record can be read, the latest first."""
        found = []
        for file in self.folder.glob("r-*.json"):
            with suppress(Refused):
                found.append(read_record(file))
        return sorted(found, key=lambda record: record.created, reverse=True)

    def live(self, rehearsal_id: str) -> Live | None:
        """A rehearsal in memory; None where it must be taken up from its log first."""
        with self._lock:
            if rehearsal_id in self._live:
                self._live.move_to_end(rehearsal_id)
            return self._live.get(rehearsal_id)

    def paced(self, rehearsal_id: str) -> Paced | None:
        """The latest state of a rehearsal in memory; None where it must be taken up from its log first."""
        found = self.live(rehearsal_id)
        return None if found is None else found.paced

    def log_of(self, rehearsal_id: str) -> list[str]:
        """The lines of its log, actions and events, as they replay; the same as long as nothing is done."""
        lines = self.whole_log_of(rehearsal_id)
        return [line for line, entry in zip(lines, entries_of(lines), strict=True) if entry.get("event") != CLOCK]

    def whole_log_of(self, rehearsal_id: str) -> list[str]:
        """Its log with how late it was now and then, where nothing was done."""
        return read_lines(self._log(rehearsal_id))

    def take_up(self, record: Record, case: RehearsalCase, found: Paced, shots: Iterable[Shot] = ()) -> Live:
        """Hold a rehearsal in memory; a log that a crash tore is mended by what was replayed from it.

        `shots` are the last pictures of the monitors, where any were taken.
        """
        file = self._log(record.id)
        on_disk = [each for each in entries_of(read_lines(file)) if each.get("event") != CLOCK]
        if not _is_whole(file) or len(on_disk) != len(found.state.log):
            rewrite(file, found.state.log)
        live = Live(record=record, case=case, paced=found, written=len(found.state.log), clock_s=found.now_s)
        live.shots = {shot.monitor: shot for shot in shots}
        live.drawn = len(live.shots)
        with self._lock:
            live = self._live.setdefault(record.id, live)
            while len(self._live) > KEPT:
                self._live.popitem(last=False)
        return live

    def write(self, live: Live, *, for_good: bool = False) -> None:
        """Put on disk what happened since the last time, and now and then how late it is."""
        state, now_s = live.paced.state, live.paced.now_s
        fresh = list(state.log[live.written :])
        ended = for_good or any(each.get("action") in FOR_GOOD for each in fresh)
        if now_s > live.clock_s and (for_good or (not fresh and now_s - live.clock_s >= CLOCK_EVERY_S)):
            fresh.append({"t_s": now_s, "event": CLOCK})
        add_lines(self.folder / f"{live.record.id}.jsonl", fresh, for_good=ended)
        live.written = len(state.log)
        if fresh:
            live.clock_s = now_s

    def _log(self, rehearsal_id: str) -> Path:
        return self.folder / f"{self.find(rehearsal_id).id}.jsonl"


def _is_whole(file: Path) -> bool:
    """Whether the file ends with a whole line."""
    return file.is_file() and file.read_bytes().endswith(b"\n")
