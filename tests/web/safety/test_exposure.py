"""Where a server may listen, and the files that guard it there."""

import os
import stat
import subprocess
import threading

import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.web.safety import check_exposure, secret_key
from vertebroplasty.web.safety.guard import own_hosts
from vertebroplasty.web.safety.password import Password

SECRET = "a spine has 33 vertebrae"


@pytest.fixture
def password_file(tmp_path):
    path = tmp_path / "password.txt"
    path.write_text(SECRET + "\n")
    path.chmod(0o600)
    return path


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    words += ["-subj", "/CN=localhost"]
    for name in ("one", "two"):
        subprocess.run(
            [*words, "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem"], check=True, capture_output=True
        )
    subprocess.run(
        [
            "openssl",
            "pkcs8",
            "-topk8",
            "-in",
            folder / "one.key",
            "-out",
            folder / "locked.key",
            "-passout",
            "pass:secret",
        ],
        check=True,
        capture_output=True,
    )
    return folder


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.0.0.5"])
def test_loopback_needs_nothing(host):
    found = check_exposure(host, None, None, None)
    assert (found.host, found.password, found.tls) == (host, None, False)


def test_other_machines_need_a_password_and_tls(password_file, tls):
    cert, key = tls / "one.pem", tls / "one.key"
    for host in ("192.168.1.20", "spine.example", "2001:db8::1", "localhost.example"):
        with pytest.raises(Refused, match="add --password-file"):
            check_exposure(host, None, cert, key)
        with pytest.raises(Refused, match="add --tls-cert and --tls-key"):
            check_exposure(host, password_file, None, None)
        found = check_exposure(host, password_file, cert, key)
        assert (found.password, found.tls) == (SECRET, True)
        assert SECRET not in repr(found)


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_not_every_address(host, password_file, tls):
    with pytest.raises(Refused, match="not every address"):
        check_exposure(host, password_file, tls / "one.pem", tls / "one.key")


@pytest.mark.parametrize(
    "host", ["", "a b", "http://x", "x:80", "-x", "x\n", "fe80::1%eth0", "127.1", "2130706433", "x" * 254]
)
def test_what_is_no_host(host, password_file, tls):
    with pytest.raises(Refused, match="one address or host name"):
        check_exposure(host, password_file, tls / "one.pem", tls / "one.key")


def test_tls_files_are_tried_before_the_server_starts(tls, tmp_path):
    with pytest.raises(Refused, match="give the one that is missing"):
        check_exposure("127.0.0.1", None, tls / "one.pem", None)
    with pytest.raises(Refused, match="give the one that is missing"):
        check_exposure("127.0.0.1", None, None, tls / "one.key")
    (tmp_path / "text").write_text("no certificate")
    pairs = [("one.pem", "two.key"), ("one.pem", "locked.key"), ("none.pem", "one.key"), (tmp_path / "text", "one.key")]
    for cert, key in pairs:
        with pytest.raises(Refused, match="cannot be used together"):
            check_exposure("127.0.0.1", None, tls / cert, tls / key)
    assert check_exposure("127.0.0.1", None, tls / "one.pem", tls / "one.key").tls


def test_the_password_file(password_file, tmp_path):
    password_file.write_text("elevenchars\n")
    with pytest.raises(Refused, match="at least 12 characters"):
        check_exposure("127.0.0.1", password_file, None, None)
    password_file.write_text("twelve chars")
    assert check_exposure("127.0.0.1", password_file, None, None).password == "twelve chars"
    password_file.chmod(0o644)
    with pytest.raises(Refused, match="chmod 600"):
        check_exposure("127.0.0.1", password_file, None, None)
    password_file.chmod(0o600)
    password_file.write_bytes(b"\xff\xfe" * 20)
    with pytest.raises(Refused, match="cannot be read"):
        check_exposure("127.0.0.1", password_file, None, None)
    with pytest.raises(Refused, match="cannot be read"):
        check_exposure("127.0.0.1", tmp_path / "none", None, None)


def test_passwords_that_are_close_do_not_match():
    password = Password(SECRET, bytes(32))
    assert password.matches(SECRET)
    assert not any(
        password.matches(near) for near in (SECRET + " ", SECRET.upper(), SECRET[:-1], "", "x" * 5000, "\ud800")
    )
    assert Password(SECRET, bytes(32)).digest == password.digest != Password(SECRET, bytes(31) + b"1").digest


def test_hosts_are_written_as_browsers_write_them():
    assert own_hosts("127.0.0.1", 8765, "http") == {"127.0.0.1:8765", "localhost:8765"}
    assert own_hosts("localhost", 80, "http") >= {"localhost", "localhost:80", "127.0.0.1", "[::1]"}
    assert own_hosts("0:0:0:0:0:0:0:1", 1, "http") == {"[::1]:1", "localhost:1"}
    assert own_hosts("Spine.Example", 443, "https") == {"spine.example", "spine.example:443"}
    assert own_hosts("spine.example", 443, "http") == {"spine.example:443"}


# --- The key


def test_the_key_is_made_once_for_its_owner_alone(tmp_path):
    folder = tmp_path / "state" / "deep"
    key = secret_key(folder)
    assert len(key) == 32
    assert secret_key(folder) == key != secret_key(tmp_path / "other")
    assert [file.name for file in folder.iterdir()] == ["web-key"]
    assert stat.S_IMODE((folder / "web-key").stat().st_mode) == 0o600


def test_servers_that_start_together_share_one_key(tmp_path):
    keys: set[bytes] = set()
    threads = [threading.Thread(target=lambda: keys.add(secret_key(tmp_path))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 1


def test_a_key_that_others_could_know_is_refused(tmp_path):
    path = tmp_path / "web-key"

    def refuse() -> None:
        with pytest.raises(Refused, match="delete it and start again"):
            secret_key(tmp_path)

    for content in (b"", bytes(31), bytes(33)):
        path.write_bytes(content)
        path.chmod(0o600)
        refuse()
    path.write_bytes(bytes(32))
    path.chmod(0o640)
    refuse()
    path.chmod(0o600)
    assert secret_key(tmp_path) == bytes(32)
    path.rename(tmp_path / "real")
    path.symlink_to(tmp_path / "real")
    refuse()
    path.unlink()
    path.mkdir()
    refuse()
    path.rmdir()
    os.mkfifo(path)
    refuse()
