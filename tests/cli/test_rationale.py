"""`tcpmodel rationale` from the outside."""

from __future__ import annotations

from pathlib import Path

from tcpmodel.claims.rationale_topics import POSTS_PAGE, TOPICS

from .driving import run


def test_a_topic_is_written_with_its_charts(tmp_path: Path) -> None:
    """What is written is named on stdout; the index is left as it is."""
    folder = tmp_path / "new" / "why"
    ran = run("rationale", "--topic", "four-messages", "-o", folder, "-j", "1")
    assert ran.code == 0, ran.err
    names = [Path(line).name for line in ran.out.splitlines()]
    assert names == ["four-messages.md", "bare-syn.svg", "loose-syn.svg", "scenarios.md"]
    assert {path.name for path in folder.iterdir()} == set(names)
    assert "**FAILS** in `four_naive`" in (folder / "four-messages.md").read_text(encoding="utf-8")


def test_what_takes_too_long_is_written_as_that(tmp_path: Path) -> None:
    """Exit code 5, and a line on stderr for each verdict that is not settled."""
    ran = run("rationale", "--topic", "four-messages", "-o", tmp_path, "-j", "1", "--timeout", 1e-6)
    assert ran.code == 5
    assert "tcpmodel: P07 in rfc9293: not settled" in ran.err.splitlines()
    page = (tmp_path / "four-messages.md").read_text(encoding="utf-8")
    assert "| UNKNOWN | `rfc9293` |" in page
    assert "FAILS" not in page


def test_an_unknown_topic_is_one_line(tmp_path: Path) -> None:
    """With the nearest name and all that there are; nothing is written."""
    ran = run("rationale", "--topic", "reset", "-o", tmp_path / "why")
    assert (ran.code, ran.out) == (2, "")
    (line,) = ran.err.splitlines()
    assert "did you mean resets?" in line
    assert all(name in line for name in (*TOPICS, POSTS_PAGE))
    assert not (tmp_path / "why").exists()


def test_the_help_names_the_topics() -> None:
    """All of them, without loading what computes."""
    ran = run("rationale", "--help")
    assert all(f"{name}," in ran.out or f"{name}." in ran.out for name in (*TOPICS, POSTS_PAGE))


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    """It is named before anything is computed."""
    file = tmp_path / "file"
    file.write_text("in the way")
    ran = run("rationale", "--topic", "resets", "-o", file)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)
    assert str(file) in ran.err
