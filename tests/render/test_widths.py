"""The widths that labels are given are not below those that a browser measures."""

from __future__ import annotations

import json
import re
import shutil
import string
import subprocess
from html import unescape
from pathlib import Path

import pytest

from tcpmodel.render import typeset
from tcpmodel.render.chart import chart
from tcpmodel.render.typeset import Style

from .traces import SAMPLES

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
FAMILIES = ("Helvetica, Arial, sans-serif", "DejaVu Sans, sans-serif")
MONO = ("monospace", "DejaVu Sans Mono, monospace", "Courier New, monospace")

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no chromium on this machine")

STYLES = [style for style in vars(typeset).values() if isinstance(style, Style)]
WORDS = (
    "SYN-RECEIVED", "CLOSE-WAIT", "FIN-WAIT-2", "SYN,ACK seq=4294967295 ack=4294967295 + 2 octets",
    "↻ FIN,ACK seq=18 ack=3 wnd=65535 TSval=7", "TIME-WAIT timeout", "believes in incarnation 1",
    "has delivered text of an old incarnation", "lost at once: the channel is full", "ticks 32–63",
    "step 8: B.state == ESTABLISHED (premise) becomes true, while agrees_with('B') is false",
    "x 1 → 0, y 0 → 1", "99999", "WWWWWWWW", "mmmmmmmm", "的网络", "Straße, œuvre, Ωμέγα, Жизнь",
    "No octet that was sent to an earlier incarnation of the server is delivered to a later one.",
    "↺ from here it repeats for ever from step 6", "%%%@@@", string.ascii_letters + string.digits,
    string.punctuation,
)  # fmt: skip


def measured(cases: list[tuple[Style, str, str]], folder: Path) -> list[float]:
    """How wide a browser draws texts in a style and a font family, in pixels."""
    asked = [
        (f"{'italic ' * (s.name in ('aside', 'timer'))}{600 if s.bold else 400} {s.size}px {f}", t)
        for s, f, t in cases
    ]
    page = folder / "widths.html"
    page.write_text(
        '<meta charset="utf-8"><pre id="out"></pre><script>'
        f"const asked = {json.dumps(asked)};"
        "const pen = document.createElement('canvas').getContext('2d');"
        "const wide = asked.map(([f, t]) => { pen.font = f; return pen.measureText(t).width; });"
        "document.getElementById('out').textContent = JSON.stringify(wide);</script>",
        encoding="utf-8",
    )
    return [float(width) for width in json.loads(shown(page, folder))]


def shown(page: Path, folder: Path) -> str:
    """What a page has written into its `pre`."""
    assert BROWSER is not None
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    command += [f"--user-data-dir={folder / 'profile'}", page.as_uri()]
    out = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    found = re.search(r"<pre[^>]*>(.*)</pre>", out, re.DOTALL)
    assert found is not None, out
    return unescape(found[1])


def test_no_text_is_wider_than_its_label(tmp_path: Path) -> None:
    """In every style, in narrow fonts and in wide ones, for every kind of text."""
    cases = [
        (style, family, text)
        for style in STYLES
        for family in (MONO if style.mono else FAMILIES)
        for text in WORDS
    ]
    wider = [
        (style.name, family, text, width, style.width(text) - 2 * style.pad)
        for (style, family, text), width in zip(cases, measured(cases, tmp_path), strict=True)
        if width > style.width(text) - 2 * style.pad + 0.01
    ]
    assert wider == []


def test_on_the_chart_every_text_is_within_its_label(tmp_path: Path) -> None:
    """A browser lays the charts out: no text leaves the sheet, and no two texts touch."""
    charts = [chart(draw(), claim="A claim " * 9, title=name) for name, draw in SAMPLES.items()]
    page = tmp_path / "charts.html"
    page.write_text(
        f'<meta charset="utf-8">{"".join(charts)}<pre id="out"></pre><script>'
        "const found = [...document.querySelectorAll('svg')].map(svg => {"
        "  const sheet = [svg.width.baseVal.value, svg.height.baseVal.value];"
        "  const texts = [...svg.querySelectorAll('text')].map(t => {"
        "    const b = t.getBBox(); return [t.textContent, b.x, b.y, b.width, b.height]; });"
        "  return [sheet, texts]; });"
        "document.getElementById('out').textContent = JSON.stringify(found);</script>",
        encoding="utf-8",
    )
    for (width, height), texts in json.loads(shown(page, tmp_path)):
        for number, (text, x, y, wide, high) in enumerate(texts):
            assert x >= 0
            assert x + wide <= width, text
            assert y + high <= height, text
            for other, u, v, broad, _ in texts[number + 1 :]:
                # Lines of a paragraph may share ascenders and descenders, not what is between.
                beside = x + wide <= u or u + broad <= x
                assert beside or abs(v - y) >= min(high, 12) * 0.7, (text, other)
