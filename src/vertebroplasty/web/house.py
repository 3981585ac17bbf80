"""What a running server holds: its settings, cases, jobs and rehearsals, and the one thread that simulates."""

import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection

from vertebroplasty.web.cases.library import Library
from vertebroplasty.web.shelf import Shelf
from vertebroplasty.web.work.jobs import Jobs

if TYPE_CHECKING:
    from vertebroplasty.web.debrief.debriefed import Debriefed
    from vertebroplasty.web.recorder.recordings import Recordings
    from vertebroplasty.web.theatre.rehearsals import Rehearsals

__all__ = ["House", "Settings", "house_of", "usual_state_folder"]

DEBRIEFS_KEPT = 8  # [choice] some 3 MB each


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a server was started.

    `cases` is a folder of cases or None, `db` a registry's address or None, `state` where uploads, logs of rehearsals
    and the key of the cookies are kept.
    """

    state: Path
    cases: Path | None = None
    db: str | None = None
    finished: Path | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class House:
    """Everything the pages share.  `boot` tells one start of the server from the next."""

    settings: Settings
    library: Library
    rehearsals: "Rehearsals"
    recordings: "Recordings"
    jobs: Jobs = field(default_factory=Jobs)
    debriefs: "Shelf[str, Debriefed]" = field(default_factory=lambda: Shelf(DEBRIEFS_KEPT))
    boot: str = field(default_factory=lambda: secrets.token_hex(8))
    simulation: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="simulation")
    )

    @classmethod
    def built(cls, settings: Settings) -> "House":
        """A house for these settings; its folders are made where they are missing.

        Raises:
            Refused: a folder cannot be used.
        """
        from vertebroplasty.web.recorder.recordings import Recordings
        from vertebroplasty.web.theatre.rehearsals import Rehearsals

        return cls(
            settings=settings,
            library=Library(settings.state, settings.cases),
            rehearsals=Rehearsals(settings.state / "rehearsals"),
            recordings=Recordings(settings.state / "recordings"),
        )

    def close(self) -> None:
        """End the work, as the server ends."""
        self.jobs.close()
        self.simulation.shutdown(wait=True, cancel_futures=True)


def house_of(connection: HTTPConnection) -> House:
    """The house that a request or a socket came to."""
    house: House = connection.app.state.house
    return house


def usual_state_folder() -> Path:
    """Where a server keeps what must outlive it: under XDG_STATE_HOME, by default ~/.local/state."""
    named = os.environ.get("XDG_STATE_HOME", "")
    return (Path(named) if named else Path.home() / ".local" / "state") / "vertebroplasty"
