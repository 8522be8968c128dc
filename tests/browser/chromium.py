"""The Chromium that the tests and the screenshots drive.

    with started() as browser:
        page = browser.new_page()

Playwright is imported only there: every test process collects every file.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update")  # fmt: skip


@contextmanager
def started() -> Iterator[Any]:
    """Start Chromium; a test is skipped, and says so, where it or Playwright is missing."""
    reason = "Playwright is not installed (.[dev])"
    sync_api = pytest.importorskip("playwright.sync_api", reason=reason)
    if CHROMIUM is None:
        pytest.skip("no Chromium: install it, or set CHROMIUM to its path")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


def expect(found: Any) -> Any:
    """Return Playwright's assertions on a page or a part of it, which wait for what is expected."""
    from playwright.sync_api import expect

    return expect(found)
