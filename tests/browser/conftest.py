"""A real browser in front of a real server: the pages as a person meets them."""

import os
import shutil

import pytest

from browsing import Server, watch
from conftest import missing

CHROMIUM = os.environ.get("VERTEBROPLASTY_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
SIZE = {"width": 1280, "height": 720}


@pytest.fixture(scope="session")
def chromium():
    """The browser; skipped with a line where there is none."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("browser", "pip install playwright")
    if CHROMIUM is None:
        missing("browser", "install chromium, or name it in VERTEBROPLASTY_CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(chromium, tmp_path_factory):
    """One server for all browser tests; the cases opened in it stay open."""
    found = Server(tmp_path_factory.mktemp("server"))
    found.start()
    yield found
    found.stop()


@pytest.fixture
def context(chromium, server):
    """A browser window's cookies, those of a person who came in by the printed address."""
    made = chromium.new_context(viewport=SIZE, locale="en-GB", reduced_motion="reduce", base_url=server.origin)
    made.set_default_timeout(40_000)
    made.add_cookies([server.cookie()])
    yield made
    made.close()


@pytest.fixture
def page(context, server):
    """A page; at the end nothing has gone to another host and the console holds no error that was not expected.

    A test that expects an error takes it out of `page.errors` itself.
    """
    made = context.new_page()
    made.errors = []
    watch(made, server)
    yield made
    assert made.errors == []


@pytest.fixture
def bare_context(chromium, server):
    """As `context`, but scripts of the test may run in it: for axe-core only."""
    made = chromium.new_context(
        viewport=SIZE, locale="en-GB", reduced_motion="reduce", base_url=server.origin, bypass_csp=True
    )
    made.add_cookies([server.cookie()])
    yield made
    made.close()
