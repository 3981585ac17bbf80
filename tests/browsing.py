"""A server in a process of its own, and what a browser test asks of a page."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

START_S, OPEN_MS = 90.0, 300_000
AXE = Path(__file__).parent / "browser" / "axe" / "axe.min.js"
SERVE = """
import sys
from pathlib import Path
from vertebroplasty.web.house import Settings
from vertebroplasty.web.serving import Place, serve_house
state, port, db, cases = (sys.argv[1:] + ["", ""])[:4]
settings = Settings(state=Path(state), db=db or None, cases=Path(cases) if cases else None)
serve_house(settings, Place(port=int(port)), tell=print)
"""
OURS = ("blob:", "data:", "about:")
SOFTWARE_GL = "GPU stall due to ReadPixels"  # said of any 3-D page where there is no graphics card
SERIOUS = ("serious", "critical")


class Server:
    """A server in a process of its own, with a state folder that outlives a restart.

    `options` are the registry's address and the folder of cases, either may be missing or empty.
    """

    script = SERVE

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder, self.options, self.port = folder, options, 0
        self.process: subprocess.Popen[str] | None = None
        self.entry_url = ""

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        words = [sys.executable, "-c", self.script, str(self.state), str(self.port), *self.options]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        with (self.folder / "terminal.log").open("a") as told:
            self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=told, text=True, env=environment)
        assert self.process.stdout is not None
        self.entry_url = self.process.stdout.readline().strip()
        assert self.entry_url.startswith("http://127.0.0.1:"), (self.folder / "terminal.log").read_text()
        self.port = urlsplit(self.entry_url).port or 0
        end = time.monotonic() + START_S
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(f"{self.origin}/health", timeout=5):
                    return
            except OSError:
                time.sleep(0.1)
        pytest.fail("the server did not answer")

    def kill(self) -> None:
        """As if the machine lost power."""
        self._ended(signal.SIGKILL)

    def stop(self) -> None:
        self._ended(signal.SIGINT)

    def _ended(self, how: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(20)
        if self.process is not None and self.process.stdout is not None:
            self.process.stdout.close()

    def cookie(self) -> dict[str, str]:
        """A cookie as the entry gives it, from the key in the state folder: for a second browser."""
        from vertebroplasty.web.safety import Guard, secret_key

        name, value = Guard(host="127.0.0.1", port=self.port, key=secret_key(self.state)).new_cookie()
        return {"name": name, "value": value, "url": self.origin}


@contextmanager
def serving_a_registry(folder: Path) -> Iterator[Server]:
    """A running server with an empty registry, `series.db` in its folder."""
    from vertebroplasty.registry.store.opening import open_registry

    open_registry(str(folder / "series.db"), create=True).close()
    found = Server(folder, f"sqlite:///{folder / 'series.db'}")
    found.start()
    yield found
    found.stop()


def watch(page, server) -> None:
    """Collect in `page.errors` what a person would call broken."""

    def told(said) -> None:
        if said.type in ("error", "warning") and SOFTWARE_GL not in said.text:
            page.errors.append(said.text)

    page.on("console", told)
    page.on("pageerror", lambda error: page.errors.append(str(error)))

    def asked(request) -> None:
        if not request.url.startswith((server.origin, *OURS)):
            page.errors.append(f"went off-site: {request.url}")

    page.on("request", asked)


def opened(page, address: str, selector: str) -> None:
    """Go to an address; where a case must be opened first, wait until it is."""
    page.goto(address)
    page.wait_for_selector(selector, timeout=OPEN_MS)


def violations(page) -> list[str]:
    """What axe-core finds serious or critical; needs a context made with `bypass_csp`."""
    page.add_script_tag(path=str(AXE))
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']} ({each['impact']}): {'; '.join(node['target'][0] for node in each['nodes'][:4])}"
        for each in found["violations"]
        if each["impact"] in SERIOUS
    ]
