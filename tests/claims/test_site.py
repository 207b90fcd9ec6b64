"""A suite as a site: every verdict has a page, every link leads somewhere, whatever happened."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest

from tcpmodel.claims.discovery import load
from tcpmodel.claims.language import Claim
from tcpmodel.claims.pages import about, explained, verdict
from tcpmodel.claims.runner import Job, Outcome, failed, run_job
from tcpmodel.claims.site import site
from tcpmodel.core.errors import ModelError
from tests.cli.driving import SMALL, claim, claims_file, run

FAILING = "lambda w: w.A.state != ESTABLISHED"
OTHER = "two_way incarnations=1 capacity=1"
BOTH = f"{{{SMALL!r}: fails('they connect'), {OTHER!r}: fails('they do here')}}"
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(scope="module", name="made")
def two_claims(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Claim], list[Outcome]]:
    """A claim that holds, and one that fails in two scenarios."""
    folder = tmp_path_factory.mktemp("claims")
    file = claims_file(folder / "mine.py", claim("X1"), claim("X2", FAILING, BOTH))
    claims = load(file)
    jobs = [Job(str(file), c.code, text) for c in claims for text in c.verdicts]
    return claims, [run_job(job) for job in jobs]


def built(claims: list[Claim], outcomes: list[Outcome], **more: int | str) -> dict[str, str]:
    """The files of a site."""
    told = {"planned": len(outcomes), "ending": "interrupted", **more}
    return dict(site(outcomes, claims, (), **told))  # type: ignore[arg-type]


def dangling(files: dict[str, str]) -> list[str]:
    """Links that lead to no file."""
    found = []
    for name, html in files.items():
        here = Path(name).parent
        for link in re.findall(r'href="([^"#]+)', html):
            target = (here / unquote(link)).as_posix().removeprefix("verdicts/../")
            found += [f"{name}: {link}"] if target not in files else []
    return found


def test_every_verdict_has_a_page_and_every_link_leads_somewhere(
    made: tuple[list[Claim], list[Outcome]],
) -> None:
    """The index links to all pages; a page to the others of its claim, and back."""
    files = built(*made)
    assert len(files) == 1 + 3
    assert dangling(files) == []
    assert "2 claims, 3 verdicts: all as expected" in files["index.html"]
    pages = [name for name in files if name != "index.html"]
    assert all(f'href="{name}"' in files["index.html"] for name in pages)
    assert "X1__rfc9293_incarnations-1_capacity-1.html" in pages[0]
    assert all("../index.html" in files[name] for name in pages)


def test_a_pair_is_linked(made: tuple[list[Claim], list[Outcome]]) -> None:
    """A claim that shows the other side is one step away."""
    claims, outcomes = made
    paired = [replace(claims[0], pair="X2"), claims[1]]
    files = built(paired, outcomes)
    assert dangling(files) == []
    assert "The other side:" in next(html for name, html in files.items() if "X1__" in name)


def test_file_names_do_not_collide(made: tuple[list[Claim], list[Outcome]]) -> None:
    """Scenarios that differ in case or in signs only, or far along, get files of their own."""
    one = made[1][0]
    names = ("a b", "a_b", "A B", "x" * 400 + "1", "x" * 400 + "2", "../../etc/passwd", "ä?#%&")
    files = built(made[0], [replace(one, scenario=name) for name in names])
    assert len({name.lower() for name in files}) == 1 + len(names)
    assert max(map(len, files)) < 200
    assert all(re.fullmatch(r"index\.html|verdicts/[\w.-]+", name) for name in files)
    assert dangling(files) == []


def test_a_run_that_was_interrupted_is_no_less_a_site(
    made: tuple[list[Claim], list[Outcome]],
) -> None:
    """What is there is written, and that it is not all is said."""
    files = built(made[0], made[1][:2], planned=3)
    assert len(files) == 3
    assert "interrupted: 2 claims, 2 verdicts of 3: all as expected" in files["index.html"]
    assert "interrupted: 0 claims, 0 verdicts of 3" in built([], [], planned=3)["index.html"]


def test_what_went_wrong_is_told_as_that(made: tuple[list[Claim], list[Outcome]]) -> None:
    """A broken claim, a verdict that differs, a vacuous one, one not settled: in words."""
    claims, outcomes = made
    job = Job("mine.py", "X9", "rfc9293")
    odd = [
        replace(outcomes[0], expected="FAILS"),
        replace(outcomes[1], verdict="HOLDS", expected="HOLDS", vacuous=True),
        replace(outcomes[2], verdict="UNKNOWN", reason="out of time", trace=None),
        failed(job, "mine.py:3: it is broken"),
    ]
    words = [verdict(found).word for found in odd]
    assert words == ["not as expected: FAILS", "vacuous", "not settled", "not as expected"]
    files = built(claims, odd)
    assert dangling(files) == []
    told = files["index.html"]
    assert "2 not as expected, 1 not settled, 1 vacuous" in told
    for sentence in ("expected FAILS: nobody closes", "out of time", "mine.py:3: it is broken"):
        assert sentence in told


def test_a_remark_stands_with_the_verdicts_that_it_was_written_with(
    made: tuple[list[Claim], list[Outcome]],
) -> None:
    """Where one of them came out otherwise, or not at all, the remark is left out."""
    said = [replace(c, folklore="They say otherwise.") for c in made[0]]
    files = built(said, made[1])
    assert all("They say otherwise." in html for html in files.values())
    for odd in ({"expected": "HOLDS"}, {"verdict": "UNKNOWN"}):
        doubtful = built(said, [made[1][0], made[1][1], replace(made[1][2], **odd)])  # type: ignore[arg-type]
        without = [name for name, html in doubtful.items() if "They say otherwise." not in html]
        assert sorted(name[:12] for name in without) == ["verdicts/X2_", "verdicts/X2_"]
        assert doubtful["index.html"].count("They say otherwise.") == 1


def test_a_hostile_claim_is_text(tmp_path: Path) -> None:
    """A sentence, a name, a source or a topic with markup in it reaches no page as markup."""
    source = claim("X1", FAILING, BOTH).replace("Claim X1 is", f"{HOSTILE} is")
    source = source.replace("id='claim-x1'", f"id={HOSTILE!r}")
    source = source.replace("rfc(9293, '3.10')", f"paper({HOSTILE!r})")
    source = source.replace("'they connect'", repr(HOSTILE))
    extra = f"    folklore={HOSTILE!r}, topic={HOSTILE!r},\n"
    file = claims_file(tmp_path / "mine.py", source.replace("    sources", extra + "    sources"))
    (found,) = load(file)
    outcomes = [run_job(Job(str(file), "X1", text)) for text in found.verdicts]
    files = built([found], outcomes) | {"alone.html": explained(found, outcomes[0])}
    for html in files.values():
        assert "<script>alert" not in html
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
        assert html.count("<script") == 1


def test_a_page_alone_computes_nothing_else(made: tuple[list[Claim], list[Outcome]]) -> None:
    """Of the other scenarios it tells what is expected, and that this is all it is."""
    html = explained(made[0][1], made[1][1])
    assert "Only the verdict of this page was computed with it" in html
    assert html.count("as expected") == 2  # in the head and in the table: the one computed
    assert "index.html" not in html


def test_knowledge_shows_all_runs() -> None:
    """Where knowledge is missing there are as many runs as look alike, with who is at a loss."""
    told = run("explain", "P14", "--scenario", "two_way incarnations=1 gives_up=off link=any",
               "--html", "-").out  # fmt: skip
    assert told.count('<section class="run"') == 2
    assert "B cannot tell run 1 from run 2" in told
    assert "way B → A" in told


def test_liveness_shows_what_fairness_is_for(tmp_path: Path) -> None:
    """Each assumption that it takes has the run that would go on for ever without it."""
    says = "lambda w: w.A.state == SYN_SENT, lambda w: w.A.state != SYN_SENT, weak=['A CLOSE']"
    text = "rfc9293 incarnations=1 capacity=1"
    source = claim("X1", says, f"{{{text!r}: holds('its user gives up')}}", operator="leads_to")
    file = claims_file(tmp_path / "mine.py", source)
    found = run_job(Job(str(file), "X1", text))
    html = explained(load(file)[0], found)
    assert found.verdict == "HOLDS"
    assert "Without weak A CLOSE" in html
    assert "data-loop=" in html


def test_ghosts_stand_apart(made: tuple[list[Claim], list[Outcome]]) -> None:
    """The variables that no rule reads are known from the scenario."""
    told = about(made[0][1], made[1][1], [])
    assert {"A.peer", "B.outcome"} <= told.ghosts
    assert "A.state" not in told.ghosts


def test_a_derived_verdict_has_a_page() -> None:
    """A lemma, or a formula: with what shows it, and no run."""
    ran = run("explain", "P14l", "--html", "-")
    assert ran.code == 0
    assert "all values of all numbers of 32 bits" in ran.out
    assert '<section class="run"' not in ran.out


def test_a_claim_that_is_gone_is_an_error_page() -> None:
    """A job whose claim its file has no more is told as an error, with a page like all others."""
    gone = failed(Job("mine.py", "X9", "rfc9293"), str(ModelError("it has no claim X9 any more")))
    files = built([], [gone])
    assert dangling(files) == []
    assert "ERROR" in files["index.html"]
