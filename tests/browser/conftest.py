"""One browser per module: the system's Chromium, driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser.visiting import Visits

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module", name="chromium")
def chromium_of_the_system() -> Iterator[Browser]:
    """A running browser; tests that need one are skipped where it or its driver is missing."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed")
    with playwright.sync_playwright() as driver:
        # Chromium's sandbox refuses to start as root, which is who CI runs as.
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(name="visits")
def visits_without_a_complaint(chromium: Browser) -> Iterator[Visits]:
    """Opens pages; none of them may complain, or ask for anything but files."""
    visits = Visits(chromium)
    yield visits
    visits.close()
    assert visits.complaints == []
    assert [url for url in visits.requests if not url.startswith("file:")] == []
