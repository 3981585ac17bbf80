"""A PostgreSQL cluster of our own on a local socket, gone after the tests."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

OLDEST = 15
USER = "registrar"
PASSWORD = "a password never printed"


def binaries() -> Path | None:
    """The folder of the newest PostgreSQL that is new enough."""
    found = [Path(path).resolve().parent for path in [shutil.which("initdb")] if path]
    found += Path("/usr/lib/postgresql").glob("*/bin")
    found += Path("/opt/homebrew/opt").glob("postgresql@*/bin")
    versions = []
    for folder in found:
        if (folder / "initdb").is_file() and (folder / "pg_ctl").is_file():
            said = subprocess.run([folder / "initdb", "--version"], capture_output=True, text=True, check=True).stdout
            versions.append((int(said.split()[2].split(".")[0]), folder))
    newest = max(versions, default=(0, None))
    return newest[1] if newest[0] >= OLDEST else None


def as_nobody_special() -> dict[str, object]:
    """PostgreSQL refuses to run as root: another user then."""
    if os.geteuid() != 0:
        return {}
    import pwd

    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise RuntimeError("no user to run PostgreSQL as")


@contextlib.contextmanager
def cluster(folder_of_binaries: Path) -> Iterator[Path]:
    """Run a cluster; its socket lies in the folder given."""
    memory = Path("/dev/shm")  # a cluster for tests need not outlive the machine
    home = Path(tempfile.mkdtemp(prefix="pg-", dir=memory if os.access(memory, os.W_OK) else "/tmp"))
    who = as_nobody_special()
    if who:
        os.chown(home, who["user"], who["group"])

    def call(*words: str | Path) -> None:
        subprocess.run(words, check=True, capture_output=True, cwd=home, env={"PATH": os.environ["PATH"]}, **who)

    secret = home / "secret"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    try:
        call(
            folder_of_binaries / "initdb", "-D", home / "data", "-U", USER, "--auth=scram-sha-256",
            f"--pwfile={secret}", "--no-locale", "-E", "UTF8", "--no-sync",
        )  # fmt: skip
        options = f"-c listen_addresses='' -c unix_socket_directories={home} -c fsync=off -c shared_buffers=32MB"
        call(folder_of_binaries / "pg_ctl", "-D", home / "data", "-w", "-l", home / "log", "-o", options, "start")
        try:
            yield home
        finally:
            call(folder_of_binaries / "pg_ctl", "-D", home / "data", "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)
