"""Opening pages in a browser, and measuring what is seen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

CONTRAST = """
(elements) => {
  const numbers = (colour) => {
    const found = colour.match(/[\\d.]+/g).map(Number);
    const scale = colour.startsWith("color(") ? 255 : 1;
    const [r, g, b] = found.map((one) => one * scale);
    return [r, g, b, found.length > 3 ? found[3] : 1];
  };
  const over = ([r, g, b, a], under) => [r, g, b].map((c, i) => c * a + under[i] * (1 - a));
  const ground = (node) => {
    const below = node.parentElement ? ground(node.parentElement) : [255, 255, 255];
    return over(numbers(getComputedStyle(node).backgroundColor), below);
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((c) => c / 255).map(
      (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  return Math.min(...elements.map((node) => {
    const back = ground(node);
    const [a, b] = [light(over(numbers(getComputedStyle(node).color), back)), light(back)];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  }));
}
"""
"""The least contrast of the text of some elements to what is behind it, as WCAG 2 computes it."""


class Visits:
    """Pages opened in one browser.

    complaints: errors on the console and exceptions of scripts.  requests: every URL asked for.
    """

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.contexts: list[BrowserContext] = []
        self.complaints: list[str] = []
        self.requests: list[str] = []

    def open(
        self,
        path: Path,
        fragment: str = "",
        *,
        width: int = 1280,
        scheme: Literal["light", "dark"] = "light",
        scripts: bool = True,
    ) -> Page:
        """The page in a file, in a window of its own."""
        size: Any = {"width": width, "height": 900}
        context = self.browser.new_context(
            viewport=size, color_scheme=scheme, java_script_enabled=scripts, reduced_motion="reduce"
        )
        self.contexts.append(context)
        page = context.new_page()
        page.on(
            "console",
            lambda said: (
                self.complaints.append(said.text) if said.type in ("error", "warning") else None
            ),
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        page.goto(path.as_uri() + fragment)
        return page

    def close(self) -> None:
        for context in self.contexts:
            context.close()


def overflow(page: Page) -> int:
    """How many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def contrast(page: Page, selector: str) -> float:
    """The least contrast of what the selector finds, which must be something."""
    found = page.locator(selector)
    assert found.count(), selector
    return float(found.evaluate_all(CONTRAST))
