"""Pages: complete without scripts, closed to everything from elsewhere, small, and escaped."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tcpmodel.core.trace import Message, Trace
from tcpmodel.render.index import Entry, index
from tcpmodel.render.page import ROOM, Page, Verdict, page
from tcpmodel.render.page import Run as Shown
from tcpmodel.render.text import sentences

from .random_traces import random_traces
from .traces import SAMPLES, Run, half_open, lasso, lossy, normal

HOSTILE = "</style></script><script>alert(1)</script><img src=x onerror=alert(1)>\"'><!--"


class Reader(HTMLParser):
    """Elements with their attributes, and what a reader sees, of a document or of its parts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.parts: list[str] = []
        self.raw: dict[str, list[str]] = {"style": [], "script": []}
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in self.raw:
            self.raw[self.open[-1]].append(data)
        else:
            self.parts.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.parts).split())

    @property
    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        """The elements and the names of their attributes, whatever they say."""
        return [(tag, tuple(attributes)) for tag, attributes in self.elements]


def settled(**more: str) -> Verdict:
    usual = Verdict("two_way", "FAILS", "expected", "✓", "as expected", "an old SYN is enough")
    return replace(usual, **more)  # type: ignore[arg-type]


def example(*traces: Trace, says: str = "no ghosts") -> Page:
    """A page about some runs."""
    return Page(
        code="X1",
        id="no-ghosts",
        says=says,
        topic="handshake",
        verdict=settled(),
        turned="Step 4: it turns",
        folklore="they say otherwise",
        sources=["RFC 9293 section 3.5"],
        scope=["this run", "ISN distinct"],
        evidence=["Premise reached: yes"],
        verdicts=[settled(), settled(scenario="rfc9293", verdict="HOLDS", href="other.html")],
        runs=[Shown(f"Run {n}", trace, claim=says) for n, trace in enumerate(traces, 1)],
        home="../index.html",
        pair=("X2", "x2.html"),
    )


class TestComplete:
    @pytest.mark.parametrize("name", SAMPLES)
    def test_everything_can_be_read_without_scripts(self, name: str) -> None:
        """Claim, verdict, why, every step with its rule and changes, the state at the start."""
        trace = SAMPLES[name]()
        told = Reader(page(example(trace))).text
        wanted = ["no ghosts", "FAILS in two_way", "as expected", "an old SYN is enough"]
        wanted += ["they say otherwise", "RFC 9293 section 3.5", "ISN distinct", "Step 4: it turns"]
        wanted += [*sentences(trace), *(step.says for step in trace.steps)]
        for words in wanted:
            assert " ".join(words.split()) in told, words

    def test_a_step_tells_what_it_changes(self) -> None:
        """Before and after, in the RFC's spelling."""
        told = Reader(page(example(half_open()))).text
        assert "B state LISTEN ESTABLISHED" in told
        assert "B SND.NXT" not in told  # which stays as it is

    def test_rules_have_citations(self) -> None:
        """The rule that a step follows is cited where the trace does."""
        trace = normal()
        steps = tuple(replace(s, cites=("RFC 9293 3.10.1", "MUST-11")) for s in trace.steps)
        told = Reader(page(example(replace(trace, steps=steps)))).text
        assert told.count("active OPEN happens RFC 9293 3.10.1 MUST-11") == 1

    def test_a_verdict_without_a_run_has_a_page(self) -> None:
        """Claim, verdicts, scope and evidence; nothing to step through, hence no script."""
        read = Reader(page(example()))
        assert "Premise reached: yes" in read.text
        assert "All verdicts of this claim" in read.text
        assert not any(tag in ("script", "button") for tag, _ in read.elements)

    def test_a_lasso_says_where_it_returns_to(self) -> None:
        """`next` at the end goes there; a run that stutters, or ends, has nowhere to go."""
        assert 'data-loop="3"' in page(example(lasso()))
        assert "repeats for ever from step 3" in page(example(lasso()))
        stutters = replace(lasso(), loop=4)
        assert "data-loop=" not in page(example(stutters))
        assert "it stutters for ever" in page(example(stutters))
        assert "data-loop=" not in page(example(normal()))

    def test_runs_that_look_alike_are_compared(self) -> None:
        """What is otherwise at their ends, whoever cannot see it, stands between them."""
        twin = Run(B__state="LISTEN")
        twin.call("A", "active OPEN", A__state="SYN-SENT", A__inc=1)
        told = example(normal(), twin.trace())
        alike = [told.runs[0], replace(told.runs[1], like=True)]
        html = page(replace(told, runs=alike))
        assert "A state CLOSED SYN-SENT" in Reader(html).text
        assert "At their ends" in html
        assert "At their ends" not in page(told)

    def test_states_have_their_colours(self) -> None:
        """What a sentence says that somebody enters is marked, and nothing else."""
        html = page(example(normal()))
        assert '→ <b class="st" data-state="FIN-WAIT-2">FIN-WAIT-2</b>' in html
        assert ': <b class="st"' not in html
        assert '[data-state="FIN-WAIT-2"]{--c:#8b5cf6}' in html

    def test_names_of_states_do_not_break(self) -> None:
        """In a headline FIN-WAIT-1 stays on its line."""
        html = page(example(says="It leaves FIN-WAIT-1 <soon>."))
        assert 'It leaves <span class="whole">FIN-WAIT-1</span> &lt;soon&gt;.</h1>' in html


class TestClosed:
    @pytest.mark.parametrize("html", [page(example(half_open(), lossy())), page(example())])
    def test_the_policy_admits_its_own_script_and_style_only(self, html: str) -> None:
        """Script and style by their digests, and nothing from anywhere."""
        read = Reader(html)
        metas = [about for tag, about in read.elements if tag == "meta"]
        (policy,) = (m["content"] for m in metas if "http-equiv" in m)
        assert policy.startswith("default-src 'none'; ")
        for kind, parts in read.raw.items():
            text = "".join(parts)
            digest = f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
            if text:
                assert f"{kind}-src{'-elem' * (kind == 'style')} {digest}" in policy
        assert ("script-src 'none'" in policy) is (not read.raw["script"])

    def test_it_refers_to_nothing_but_other_pages(self) -> None:
        """Links go to pages beside it and to its own steps; no images, fonts or frames."""
        read = Reader(page(example(half_open())))
        links = {a[n] for tag, a in read.elements for n in ("href", "src", "xlink:href") if n in a}
        allowed = re.compile(r"#step=\d+|other\.html|x2\.html|\.\./index\.html(#X1)?")
        assert [link for link in links if not allowed.fullmatch(link)] == []
        assert re.findall(r"@import|url\((?!#)", "".join(read.raw["style"])) == []

    @pytest.mark.parametrize("name", ["says", "code", "id", "topic", "turned", "folklore"])
    def test_hostile_text_is_text(self, name: str) -> None:
        """Markup in a name or a sentence adds no element and no attribute, and can be read."""
        benign = Reader(page(replace(example(half_open()), **{name: "x"})))  # type: ignore[arg-type]
        read = Reader(page(replace(example(half_open()), **{name: HOSTILE})))  # type: ignore[arg-type]
        assert read.shape == benign.shape
        assert "<script>alert(1)</script>" in read.text

    def test_a_hostile_trace_is_text(self) -> None:
        """Neither labels nor rules, values, names or citations of a trace reach the markup."""

        def made(word: str) -> Trace:
            run = Run(**{f"A.{word}": word, f"A>B[0].{word}": word})
            run.call("A", word, **{"A.state": word, "A>B[0].ctl": word})
            run.receive(Message("A>B", {"ctl": word, "seq": 1}, 1))
            steps = tuple(replace(s, cites=(word,), says=word) for s in run.steps)
            return Trace(word, run.initial, steps)

        read = Reader(page(example(made(HOSTILE))))
        assert {tag for tag, _ in read.elements} == {
            tag for tag, _ in Reader(page(example(made("x")))).elements
        }
        assert sum(tag == "script" for tag, _ in read.elements) == 1
        assert not any(name.startswith("on") for _, about in read.elements for name in about)

    @settings(max_examples=25, deadline=None)
    @given(random_traces(most=8), st.text(max_size=40))
    def test_whatever_is_said_the_markup_is_ours(self, trace: Trace, words: str) -> None:
        """No text opens an element that the page of another text does not have."""
        told = replace(example(trace), folklore=f"x{words}", turned=f"x{words}")
        plain = replace(told, folklore="x", turned="x")
        assert Reader(page(told)).shape == Reader(page(plain)).shape


class TestSmall:
    def long(self, steps: int) -> Trace:
        """A run in which A retransmits for ever so long."""
        run = Run(A__state="SYN-SENT", A__inc=1)
        for number in range(steps):
            run.timer(
                "A", "retransmission timeout", A__snd_nxt=number, sends=f"SYN seq={number} inc=1"
            )
        return run.trace()

    @pytest.mark.parametrize(("steps", "chart", "table"), [(60, 1, 1), (240, 0, 1), (900, 0, 0)])
    def test_a_long_run_is_told_in_fewer_words(self, steps: int, chart: int, table: int) -> None:
        """The chart goes first, then the table; the page says so, and every step is told."""
        html = page(example(self.long(steps)))
        assert len(html.encode()) <= ROOM
        read = Reader(html)
        assert sum(a.get("class") == "tcpmodel-chart" for _, a in read.elements) == chart
        assert sum(a.get("class") == "tables" for _, a in read.elements) == table
        assert ("too long for its chart" in read.text) is (not chart)
        assert ("values of variables are left out" in read.text) is (not table)
        assert f'id="step={steps}"' in html


class TestIndex:
    KINDS = (
        ("HOLDS", "expected", "as expected"),
        ("FAILS", "unexpected", "not as expected: HOLDS"),
        ("UNKNOWN", "open", "not settled"),
        ("HOLDS", "vacuous", "vacuous"),
        ("MSL", "expected", "as expected"),
    )

    def entries(self, says: str = "It is so.") -> list[Entry]:
        rows = [
            settled(verdict=verdict, mark=mark, word=word, scenario=f"s{n}", href=f"v/{n}.html")
            for n, (verdict, mark, word) in enumerate(self.KINDS)
        ]
        first = Entry("X1", "one", says, "handshake", "not so", rows[:3])
        return [first, Entry("X2", "two", "It is not.", "closing", "", rows[3:])]

    def test_it_tells_verdicts_apart_by_words(self) -> None:
        """As expected or not, vacuous, not settled: each in words, not only in colour."""
        read = Reader(index(self.entries(), title="Claims", summary="2 claims"))
        for verdict, _, word in self.KINDS:
            assert re.search(rf"{verdict} s\d an old SYN is enough ✓ {word}", read.text)

    def test_it_links_to_every_verdict(self) -> None:
        """By topic, each with its page."""
        read = Reader(index(self.entries(), title="Claims", summary="2 claims"))
        links = [a["href"] for tag, a in read.elements if tag == "a"]
        assert [link for link in links if link.startswith("v/")] == [
            f"v/{n}.html" for n in range(5)
        ]
        assert [a["data-topic"] for _, a in read.elements if "data-topic" in a] == [
            "handshake",
            "closing",
        ]

    def test_what_there_is_can_be_chosen(self) -> None:
        """A filter for each kind of verdict and each mark that occurs, with its number."""
        told = Reader(index(self.entries(), title="Claims", summary="2 claims")).text
        for words in ("holds 2", "fails 1", "derived 1", "unknown 1", "not settled 1", "vacuous 1"):
            assert words in told
        assert "error" not in told
        assert "as expected 2 not as expected 1" in told
        alike = [replace(self.entries()[1], verdicts=[settled(), settled()])]
        assert "as expected 2" not in Reader(index(alike, title="C", summary="s")).text

    def test_broken_files_are_named(self) -> None:
        """What could not be read is at the top."""
        told = Reader(index([], title="Claims", summary="none", errors=["a.py:3: <oops>"])).text
        assert "broken file a.py:3: <oops>" in told

    def test_hostile_text_is_text(self) -> None:
        """Markup in a claim adds no element."""
        plain = Reader(index(self.entries(), title="Claims", summary="2 claims"))
        read = Reader(index(self.entries(HOSTILE), title="Claims", summary="2 claims"))
        assert read.shape == plain.shape
        assert "<script>alert(1)</script>" in read.text
