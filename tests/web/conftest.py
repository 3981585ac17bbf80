"""A house in a temporary folder, and a browser's place in front of it that has been let in."""

from types import SimpleNamespace

import pytest

fastapi = pytest.importorskip("fastapi", reason="web: pip install vertebroplasty[web]")


@pytest.fixture
def house(tmp_path):
    from vertebroplasty.web.house import House, Settings

    made = House.built(Settings(state=tmp_path / "state", cases=None))
    yield made
    made.close()


@pytest.fixture
def let_in():
    """A client of a house that holds a cookie; it posts with the token that pages carry."""
    from starlette.testclient import TestClient

    from vertebroplasty.web.app import build_app
    from vertebroplasty.web.safety import Guard

    guard = Guard(host="127.0.0.1", port=8765, key=bytes(32), tls=False, password=None)

    def client(house):
        app = build_app(house, guard)
        found = TestClient(app, base_url=guard.origin, follow_redirects=False)
        name, value = guard.new_cookie()
        found.cookies.set(name, value)
        session = guard.session(value)
        assert session is not None
        found.headers["X-CSRF-Token"] = session.csrf_token
        return found

    return client


@pytest.fixture
def client(house, let_in):
    return let_in(house)


@pytest.fixture
def ended():
    """Ask about a job until it has ended."""
    import time

    def wait(client, job_id, within_s=120.0):
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            job = client.get(f"/jobs/{job_id}").json()
            if job["state"] not in ("waiting", "running"):
                return SimpleNamespace(**job)
            time.sleep(0.05)
        raise AssertionError(f"The job did not end within {within_s:g} s.")

    return wait
