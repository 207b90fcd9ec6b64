"""Diagrams as Mermaid itself draws them, in the system's Chromium."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
PACKAGE = find_spec("mmdc")
"""A Python package that has Mermaid inside."""

needs_mermaid = pytest.mark.skipif(
    BROWSER is None or PACKAGE is None,
    reason="not installed: chromium, or mmdc (of the extra test)",
)

PAGE = """<!doctype html><meta charset="utf-8"><body><pre></pre><script>{script}</script><script>
(async () => {{
  mermaid.initialize({{startOnLoad: false, securityLevel: "strict"}});
  const found = [];
  for (const [i, text] of {texts}.entries()) {{
    try {{
      const box = document.createElement("div");
      box.innerHTML = (await mermaid.render("g" + i, text)).svg;
      box.querySelectorAll("style").forEach(e => e.remove());
      found.push([...box.querySelectorAll("text, foreignObject")].map(e => e.textContent));
    }} catch (error) {{ found.push(String(error)); }}
  }}
  document.querySelector("pre").textContent = JSON.stringify(found);
}})();
</script>"""


def drawn(diagrams: Sequence[str], folder: Path) -> list[list[str]]:
    """The texts that each diagram shows; an error of Mermaid's fails the test."""
    assert PACKAGE is not None
    assert PACKAGE.origin is not None
    source = Path(PACKAGE.origin).parent / "assets" / "mermaid.js"
    script = source.read_text("utf-8").replace("</script>", "<\\/script>")
    texts = json.dumps(diagrams).replace("</", "<\\/")
    page = folder / "page.html"
    page.write_text(PAGE.format(script=script, texts=texts), encoding="utf-8")
    words = [str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    words += ["--virtual-time-budget=200000", page.as_uri()]
    ran = subprocess.run(words, capture_output=True, text=True, timeout=240, check=False)
    told = re.search("<pre>(.*?)</pre>", ran.stdout, re.DOTALL)
    assert told is not None
    found = json.loads(html.unescape(told[1]))
    assert [error for error in found if isinstance(error, str)] == []
    return list(found)
