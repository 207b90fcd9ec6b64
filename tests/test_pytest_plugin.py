"""Claims beside a project's own tests: the pytest plugin."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tcpmodel.semantics.jit import cache_folder

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
SMALL = "rfc9293 incarnations=1 capacity=1"
CLAIM = """\
from tcpmodel.claims import *
X01 = Claim(code="X01", id="never-established", sources=[rfc(9293, "3.5")],
            says="Nobody is ever ESTABLISHED.",
            property=always(lambda w: {formula}),
            verdicts={{"{scenario}": {expected}("{why}")}})
"""
WRONG = CLAIM.format(
    formula="w.A.state != ESTABLISHED", scenario=SMALL, expected="holds", why="so we thought"
)
RIGHT = WRONG.replace("holds(", "fails(")
OPTED_IN = '[tool.pytest.ini_options]\ntcpmodel_claims = ["properties/*.py"]\n'


def pytest_in(
    folder: Path, *arguments: str, files: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """pytest, with the plugin and no other, in a project of these files."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    cache = folder / "cache" / "tcpmodel"
    cache.mkdir(parents=True, exist_ok=True)
    if not (cache / "native").exists():
        (cache / "native").symlink_to(cache_folder())
    options = ("-p", "tcpmodel.pytest_plugin", "-p", "no:cacheprovider", "-q", "-rA")
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, *arguments],
        cwd=folder,
        env={
            **os.environ,
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONPATH": str(ROOT),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "PYTEST_ADDOPTS": "",
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_claims_of_the_guide_are_tests_of_a_project(tmp_path: Path) -> None:
    """Five lines of claim and three of configuration, as CONTRIBUTING has them."""
    claim = re.findall(r"^```python\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)[0]
    config = re.findall(r"^```toml\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)[0]
    assert len(claim.splitlines()) == 5
    files = {
        "pyproject.toml": config,
        "properties/mine.py": claim,
        "test_own.py": "def test_own(): pass",
    }
    ran = pytest_in(tmp_path, files=files)
    assert "2 passed" in ran.stdout, ran.stdout + ran.stderr
    assert "PASSED properties/mine.py::X01[rfc9293 abort=on]" in ran.stdout
    assert "test_own.py::test_own" in ran.stdout


def test_a_failure_shows_the_run_and_no_traceback(tmp_path: Path) -> None:
    """What was expected and why, and the messages that show otherwise."""
    ran = pytest_in(tmp_path, files={"pyproject.toml": OPTED_IN, "properties/mine.py": WRONG})
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "FAILS: expected HOLDS: so we thought" in ran.stdout
    assert "A: active OPEN → SYN-SENT, sends SYN" in ran.stdout
    assert "at the end: A ESTABLISHED" in ran.stdout
    assert "Traceback" not in ran.stdout
    assert "runner.py" not in ran.stdout


def test_mistakes_are_told_in_a_line(tmp_path: Path) -> None:
    """A formula's, with its line; a file's, which does not stop the others; a wrong time limit."""
    broken = WRONG.replace("w.A.state != ESTABLISHED", "w.A.nonsense == 1")
    unknown = RIGHT.replace("rfc9293 incarnations", "rfc9923 incarnations")
    files = {
        "pyproject.toml": OPTED_IN,
        "properties/a.py": broken,
        "properties/b.py": unknown,
        "properties/c.py": RIGHT,
    }
    ran = pytest_in(tmp_path, "--continue-on-collection-errors", files=files)
    assert re.search(r"a\.py:4: claim X01: .*nonsense", ran.stdout), ran.stdout
    assert re.search(r"b\.py:5: claim X01: scenario .*did you mean rfc9293", ran.stdout), ran.stdout
    told = set(re.findall(r"\d+ (?:passed|failed|error)", ran.stdout.splitlines()[-1]))
    assert told == {"1 passed", "1 failed", "1 error"}
    files = {"pyproject.toml": OPTED_IN + 'tcpmodel_timeout = "soon"\n'}
    ran = pytest_in(tmp_path, "properties/c.py", files=files)
    assert "tcpmodel_timeout: 'soon' is no number of seconds" in ran.stdout


def test_a_project_that_asks_for_nothing_pays_nothing(tmp_path: Path) -> None:
    """Claim files stay uncollected and z3 unloaded, in a project whose key is not set."""
    own = "import sys\ndef test_own(): assert not {'z3', 'tcpmodel.core'} & sys.modules.keys()\n"
    ran = pytest_in(tmp_path, files={"properties/mine.py": WRONG, "test_own.py": own})
    assert "1 passed" in ran.stdout, ran.stdout + ran.stderr


def test_pytest_finds_the_plugin_where_the_package_is_installed() -> None:
    """The entry point is declared, and leads to a module that exists."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    module = declared["project"]["entry-points"]["pytest11"]["tcpmodel"]
    assert (ROOT / (module.replace(".", "/") + ".py")).is_file()


@pytest.mark.parametrize("name", ["never-established", "X01"])
def test_claims_are_chosen_like_tests(name: str, tmp_path: Path) -> None:
    """`-k` knows codes and names."""
    files = {"pyproject.toml": OPTED_IN, "properties/mine.py": RIGHT}
    ran = pytest_in(tmp_path, "--collect-only", "-k", name, files=files)
    assert f"properties/mine.py::X01[{SMALL}]" in ran.stdout, ran.stdout
    ran = pytest_in(tmp_path, "--collect-only", "-k", "other", files=files)
    assert "1 deselected" in ran.stdout
