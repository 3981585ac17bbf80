"""All recordings of a server: each is a file of lines, written and flushed to the disk before a tap is acknowledged."""

import json
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vertebroplasty.anatomy.leak_sites import LeakSite
from vertebroplasty.cement.stop_reason import StopReason
from vertebroplasty.errors import Refused
from vertebroplasty.registry.vocabulary import EventName
from vertebroplasty.web.log_file import add_lines, read_lines, without_torn_end
from vertebroplasty.web.recorder.recording import Recording, Tap
from vertebroplasty.web.recorder.time_out import TimeOut
from vertebroplasty.web.safety import NotFound

__all__ = ["Asked", "Recordings"]

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
LONGEST_AGO_S = 600.0  # [choice] a tap that waited longer for the server is entered by hand
NOT_KNOWN = "There is no such recording here: go back to the recorder's first page."


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A tap as a page sends it; `ago_s` is how long it waited there for the server, by the page's monotonic clock."""

    key: str
    event: EventName
    level: str
    ago_s: float
    injected_ml: float | None = None
    site: LeakSite | None = None
    remark: str | None = None


class Recordings:
    """The recordings in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()

    def begin(self, time_out: TimeOut) -> Recording:
        """Begin a recording with a confirmed time-out."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        recording_id = f"p-{secrets.token_hex(8)}"
        self._write(recording_id, {"time_out": time_out.model_dump(mode="json"), **_now()})
        return self.find(recording_id)

    def all(self) -> list[Recording]:
        """Every recording, the latest first."""
        files = self.folder.glob("p-*.jsonl") if self.folder.is_dir() else ()
        found = [recording for file in files if (recording := self._read(file.stem)) is not None]
        return sorted(found, key=lambda each: each.confirmed_at, reverse=True)

    def find(self, recording_id: str) -> Recording:
        """A recording by its id.

        Raises:
            NotFound: there is none; the id is compared with the files there are, and never made into a path before.
        """
        known = {file.stem for file in self.folder.glob("p-*.jsonl")} if self.folder.is_dir() else set()
        recording = self._read(recording_id) if recording_id in known else None
        if recording is None:
            raise NotFound(NOT_KNOWN, where="recording")
        return recording

    def clock_s(self, recording: Recording) -> float:
        """Seconds since the time-out, now."""
        return _clocked(recording, _now())

    def tap(self, recording_id: str, asked: Asked) -> Recording:
        """One more tap, on the disk when this returns.

        Raises:
            Refused: it cannot follow what stands there, or it is too old.
        """
        if not 0.0 <= asked.ago_s <= LONGEST_AGO_S:
            raise Refused("That tap waited too long for the server: enter it in the registry by hand.", where="ago_s")
        with self._lock:
            recording = self.find(recording_id)
            line = _as_line(asked) | _now(ago_s=asked.ago_s)
            last_s = recording.taps[-1].clock_s if recording.taps else 0.0
            clock_s = max(_clocked(recording, line), last_s)  # two pages may wait for different times
            found = recording.with_tap(_tap(line | {"clock_s": clock_s}))
            if found is not recording:
                self._write(recording_id, {"tap": line | {"clock_s": clock_s}})
            return found

    def because(self, recording_id: str, key: str, reason: StopReason) -> Recording:
        """Why a stop was tapped.

        Raises:
            Refused: that tap is no stop, or was undone.
        """
        with self._lock:
            found = self.find(recording_id).with_reason(key, reason)
            self._write(recording_id, {"reason": reason.value, "key": key, **_now()})
            return found

    def undo(self, recording_id: str, key: str) -> Recording:
        """Take the last tap back; the file keeps it as undone.

        Raises:
            Refused: another one was tapped since.
        """
        with self._lock:
            line = {"undo": key, **_now()}
            found = self.find(recording_id).without_last(key, at=datetime.fromisoformat(line["at"]))
            self._write(recording_id, line)
            return found

    def saved(self, recording_id: str, procedure_id: str) -> None:
        """Note that the registry has it."""
        with self._lock:
            self._write(recording_id, {"saved_as": procedure_id, **_now()})

    def _write(self, recording_id: str, line: Mapping[str, Any]) -> None:
        file = self.folder / f"{recording_id}.jsonl"
        without_torn_end(file)
        add_lines(file, [line], for_good=True)

    def _read(self, recording_id: str) -> Recording | None:
        """What the lines tell; None where a file is none of ours."""
        try:
            head, *rest = (json.loads(line) for line in read_lines(self.folder / f"{recording_id}.jsonl"))
            recording = Recording(
                id=recording_id,
                time_out=TimeOut.model_validate(head["time_out"]),
                confirmed_at=datetime.fromisoformat(head["at"]),
                confirmed_monotonic_s=float(head["monotonic_s"]),
                boot=str(head["boot"]),
            )
            for line in rest:
                if "tap" in line:
                    recording = replace(recording, taps=(*recording.taps, _tap(line["tap"])))
                elif "reason" in line:
                    recording = recording.with_reason(str(line["key"]), StopReason(line["reason"]))
                elif "undo" in line:
                    recording = recording.with_undo(datetime.fromisoformat(line["at"]))
                else:
                    recording = replace(recording, saved_as=str(line["saved_as"]))
        except (Refused, ValueError, KeyError, TypeError, OSError):
            return None
        return recording


def _clocked(recording: Recording, now: Mapping[str, Any]) -> float:
    """Seconds since the time-out: by the monotonic clock; where the machine was restarted, by the wall clock."""
    if recording.boot and recording.boot == now["boot"]:
        return max(float(now["monotonic_s"]) - recording.confirmed_monotonic_s, 0.0)
    since = datetime.fromisoformat(now["at"]) - recording.confirmed_at
    return max(since.total_seconds(), 0.0)


def _now(ago_s: float = 0.0) -> dict[str, Any]:
    """This moment, or one a little before, by both clocks; `boot` tells whether two monotonic times may be compared."""
    try:
        boot = BOOT_ID.read_text().strip()
    except OSError:
        boot = ""
    at = datetime.fromtimestamp(time.time() - ago_s, tz=UTC)
    return {"at": at.isoformat(), "monotonic_s": time.monotonic() - ago_s, "boot": boot}


def _as_line(asked: Asked) -> dict[str, Any]:
    told = {name: getattr(asked, name) for name in ("key", "level", "injected_ml", "remark")}
    return told | {"event": asked.event.value, "site": None if asked.site is None else asked.site.value}


def _tap(line: Mapping[str, Any]) -> Tap:
    return Tap(
        key=str(line["key"]),
        event=EventName(line["event"]),
        level=str(line["level"]),
        clock_s=float(line["clock_s"]),
        at=datetime.fromisoformat(line["at"]),
        injected_ml=line["injected_ml"],
        site=None if line["site"] is None else LeakSite(line["site"]),
        remark=line["remark"],
    )
