"""A real browser for the tests that need one."""

import os
import shutil

import pytest

from conftest import missing

CHROMIUM = os.environ.get("VERTEBROPLASTY_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
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
