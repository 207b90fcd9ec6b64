"""A verdict as a page: one HTML file that needs nothing else, neither a network nor scripts.

What the claim says, what came of it, and every run behind it: the chart, the steps, the state after
each of them.  Scripts add to that: a step is lit in the chart, and the table follows.  The policy
in its head lets nothing else in: the page's own script and styles are named by their digests.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from importlib import resources

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup, escape

from tcpmodel import __version__
from tcpmodel.core.trace import Trace
from tcpmodel.render.chart import COLOURS, GREY, chart
from tcpmodel.render.text import sentences
from tcpmodel.render.variables import Change, Table
from tcpmodel.render.words import Story

ROOM = 200_000
"""Octets that a page may take; a run that takes more is told in fewer words."""

_STATES = "|".join(sorted([*COLOURS, "CLOSED"], key=len, reverse=True))

_ENTERED = re.compile(rf"(→ |^at the start: |[,;] )((?:\w+ )?)({_STATES})(?![\w-])")
"""A state that a sentence says somebody enters, or begins in."""


@dataclass(frozen=True)
class Verdict:
    """What came of a claim in one scenario, as a row of a table.

    mark: `expected`, `unexpected`, `open` or `vacuous`; empty where nothing was computed.
    sign, word: what that means, as a sign and in words.  href: its page, if there is one.
    """

    scenario: str
    verdict: str
    mark: str
    sign: str
    word: str
    why: str
    href: str = ""
    here: bool = False

    @property
    def kind(self) -> str:
        """What the verdict is: `HOLDS`, `FAILS`, `UNKNOWN`, `ERROR`, or `formula` for any other."""
        known = {"HOLDS_UP_TO": "UNKNOWN"} | {k: k for k in ("HOLDS", "FAILS", "UNKNOWN", "ERROR")}
        return known.get(self.verdict, "formula")


@dataclass(frozen=True)
class Run:
    """A run behind a verdict.

    title: what it is.  intro: what to look for.  why, claim, witness: as for a chart.
    like: somebody cannot tell its end from that of the run before it.
    """

    title: str
    trace: Trace
    intro: str = ""
    claim: str = ""
    why: str = ""
    witness: bool = False
    like: bool = False


@dataclass(frozen=True)
class Page:
    """All that the page of a verdict says.

    verdict: that of this page, with the reason why.  turned: which part of the claim became true or
    false at which step.  verdicts: of the claim in all its scenarios.  ghosts: as for a `Table`.
    home: the page with all claims, if there is one; pair: the other side, (code, its page).
    """

    code: str
    id: str
    says: str
    topic: str
    verdict: Verdict
    turned: str = ""
    folklore: str = ""
    sources: Sequence[str] = ()
    scope: Sequence[str] = ()
    evidence: Sequence[str] = ()
    verdicts: Sequence[Verdict] = ()
    runs: Sequence[Run] = ()
    ghosts: Set[str] = frozenset()
    home: str = ""
    pair: tuple[str, str] | None = None


@dataclass(frozen=True)
class _Step:
    """A step as the page tells it."""

    number: int
    told: str
    says: str = ""
    cites: Sequence[str] = ()
    changes: Sequence[Change] = ()


@dataclass(frozen=True)
class _Shown:
    """A run as the page shows it; chart and table may be left out.

    before: the trace from whose end that of this run cannot be told, if there is one.
    """

    number: int
    run: Run
    before: Trace | None
    ghosts: Set[str]
    drawn: bool
    tabled: bool

    @property
    def last(self) -> int:
        return len(self.run.trace)

    @property
    def loop(self) -> int | None:
        """The step to which a lasso returns; None if it does not, or stutters in its last state."""
        back = self.run.trace.loop
        return None if back is None or back == self.last else back + 1

    @property
    def ending(self) -> str:
        """How a lasso goes on, told at any step."""
        told = Story(self.run.trace).ending()
        return told and f"after the last step {told.removeprefix('from here ')}"

    @property
    def anchor(self) -> str:
        """What the permalink of a step begins with."""
        return f"run={self.number}&step=" if self.number > 1 else "step="

    @cached_property
    def table(self) -> Table:
        return Table(self.run.trace, self.ghosts)

    @cached_property
    def steps(self) -> list[_Step]:
        told = sentences(self.run.trace)
        found = [_Step(0, told[0])]
        for number, (sentence, step) in enumerate(
            zip(told[1:], self.run.trace.steps, strict=True), start=1
        ):
            changes = self.table.changes(number) if self.tabled else ()
            found.append(_Step(number, sentence, step.says, step.cites, changes))
        return found

    @cached_property
    def differences(self) -> list[Change]:
        """What is otherwise at the end of this run than at that of the run before it."""
        if self.before is None:
            return []
        ends: dict[str, list[str]] = {}  # places of a channel share a name
        for cell in Table(self.before, self.ghosts).cells:
            ends.setdefault(cell.name, []).append(cell.values[-1])
        both = [(c, ends[c.name].pop(0)) for c in self.table.cells if ends.get(c.name)]
        return [Change(c, other, c.values[-1]) for c, other in both if other != c.values[-1]]

    @cached_property
    def svg(self) -> str:
        run = self.run
        return chart(run.trace, claim=run.claim, why=run.why, witness=run.witness)


def page(told: Page) -> str:
    """The page as one HTML document.

    Of a long run the chart is left out, of a longer one the table, too, so that the page takes no
    more than `ROOM`; a run of thousands of steps takes more nevertheless.
    """
    for drawn, tabled in ((True, True), (False, True), (False, False)):
        html = _page(told, drawn, tabled)
        if len(html.encode()) <= ROOM:
            break
    return html


def _page(told: Page, drawn: bool, tabled: bool) -> str:
    before = [None, *(run.trace for run in told.runs)]
    runs = [
        _Shown(n, run, other if run.like else None, told.ghosts, drawn, tabled)
        for n, (run, other) in enumerate(zip(told.runs, before, strict=False), start=1)
    ]
    charts = [_bare(shown.svg) for shown in runs] if drawn else []
    styles = "".join(dict.fromkeys(style for _, style in charts))
    style = asset("base.css") + asset("page.css") + _accents() + styles
    return document(
        "page.html",
        style=style,
        script=asset("page.js") if runs else "",
        page=told,
        runs=runs,
        charts=[Markup(svg) for svg, _ in charts],  # noqa: S704 - drawn by us, its text escaped
    )


def document(template: str, *, style: str, script: str, **about: object) -> str:
    """A whole document: the template, its style and script, and a policy that admits these only."""
    allowed = f"'sha256-{_digest(script)}'" if script else "'none'"
    policy = (
        f"default-src 'none'; script-src {allowed}; style-src-elem 'sha256-{_digest(style)}'; "
        "style-src-attr 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    )
    ours = {"style": Markup(style), "script": Markup(script)}  # noqa: S704 - nobody else's
    written = _templates().get_template(template)
    return written.render(policy=policy, version=__version__, **ours, **about)


@cache
def asset(name: str) -> str:
    """A file that pages are made of."""
    return resources.files("tcpmodel.render").joinpath("web", name).read_text("utf-8")


@cache
def _templates() -> Environment:
    """Templates that escape whatever they are given and refuse what they are not given."""
    names = ("page.html", "index.html", "parts.html")
    found = Environment(
        loader=DictLoader({name: asset(name) for name in names}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {"states": _states, "whole": _whole}
    return found


def _states(told: str) -> Markup:
    """A sentence in which each state that is entered has its colour."""
    mark = r'\1\2<b class="st" data-state="\3">\3</b>'
    return Markup(_ENTERED.sub(mark, str(escape(told))))  # noqa: S704 - escaped before


def _whole(told: str) -> Markup:
    """A sentence in which the names of states do not break."""
    kept = r'<span class="whole">\g<0></span>'
    return Markup(re.sub(r"\b[A-Z]+(-[A-Z0-9]+)+", kept, str(escape(told))))  # noqa: S704 - escaped


def _accents() -> str:
    """The colour of each state, for whatever names it."""
    colours = {**COLOURS, "CLOSED": GREY}
    return "".join(f'[data-state="{name}"]{{--c:{colour}}}' for name, colour in colours.items())


def _bare(svg: str) -> tuple[str, str]:
    """A chart without what the page has already, and its style sheet: one is enough for all charts.

    The description goes, too: it is what the list of steps says.
    """
    sheets = re.findall(r"<style>(.*?)</style>", svg, re.DOTALL)
    return re.sub(r"<(style|desc)>.*?</\1>\n?", "", svg, flags=re.DOTALL), "".join(sheets)


def _digest(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()
