"""What a claim has to say in the rationale document: its sentence, verdicts, scope and sources.

Every word about a verdict depends on the outcome; the claim's own words about why it comes out as
it does are used only where it does so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tcpmodel.claims.commonmark import code, plain, slug, table
from tcpmodel.claims.language import Claim, Derivation, Source
from tcpmodel.claims.report import explanation, mark
from tcpmodel.claims.runner import Outcome
from tcpmodel.claims.tables_derived import LIFETIMES, MEMORIES
from tcpmodel.claims.wait_table import select
from tcpmodel.core.errors import ModelError
from tcpmodel.tcp.scenario import scenario

RFC_EDITOR = "https://www.rfc-editor.org/rfc/rfc{}.html"


@dataclass(frozen=True)
class Known:
    """Claims by code, and what came of them by code and scenario (or row)."""

    claims: Mapping[str, Claim]
    outcomes: Mapping[tuple[str, str], Outcome]

    def claim(self, number: str) -> Claim:
        """Raises `ModelError` if there is none with this code."""
        if number not in self.claims:
            raise ModelError(f"the rationale names claim {number}, which does not exist")
        return self.claims[number]

    def outcome(self, number: str, text: str) -> Outcome:
        """Raises `ModelError` if the claim has no such scenario, or it was not asked for."""
        if (number, text) not in self.outcomes:
            raise ModelError(f"the rationale names {number} in {text!r}, of which nothing is known")
        return self.outcomes[number, text]

    def all_of(self, claim: Claim) -> list[Outcome]:
        """What came of a claim, in the order of its scenarios."""
        return [self.outcome(claim.code, text) for text in claim.verdicts]

    def is_as_expected(self, claim: Claim) -> bool:
        """So that what its author says about it all applies."""
        return all(mark(found) == "expected" for found in self.all_of(claim))


# --- verdicts -------------------------------------------------------------------------------------


def verdict(found: Outcome) -> str:
    """In a word, or the formula that was derived."""
    return "ERROR" if found.error else found.verdict


def reason(found: Outcome) -> str:
    """Why, in the claim's words if it came out as they say."""
    return plain(explanation(found))


def where(claim: Claim, text: str) -> str:
    """A scenario or row, as code, with what it assumes if that has words of its own."""
    words = row_words(claim, text)
    return f"{code(text)} ({plain(words)})" if words else code(text)


def row_words(claim: Claim, text: str) -> str:
    """What a row of what is derived assumes; empty where its name is all there is to say."""
    if not isinstance(claim.property, Derivation):
        return ""
    match claim.property.table:
        case "time-wait":
            return select([text])[0].says
        case "handshake":
            memory, lifetime = text.split("/")
            return f"the server {MEMORIES[memory]}; {LIFETIMES[lifetime][0]}"
        case "isn":
            isn, kind = text.split("/")
            return f"{isn} initial sequence numbers; an old {kind}"
    return ""


def tally(known: Known, claim: Claim) -> str:
    """The verdicts in a few words: `holds in 3, fails in 2`; of what is derived, what that is."""
    found = known.all_of(claim)
    if not claim.of_model:
        told = plain(", ".join(dict.fromkeys(verdict(o) for o in found)))
        return f"{told} (in {len(found)} rows)" if len(found) > 1 else told
    return ", ".join(f"{said} in {n}" for said, n in counts(found).items() if n)


def counts(found: Sequence[Outcome]) -> dict[str, int]:
    """How often each verdict was found."""
    verdicts = [verdict(o) for o in found]
    known = {"HOLDS": "holds", "FAILS": "fails", "ERROR": "broken"}
    tallied = {words: verdicts.count(word) for word, words in known.items()}
    open_ = sum(o.inconclusive for o in found)
    derived = len(found) - sum(tallied.values()) - open_
    return {**tallied, "not settled": open_, "derived": derived}


# --- a claim as evidence --------------------------------------------------------------------------


def heading(claim: Claim) -> str:
    """What its section is called."""
    return f"{claim.code} {claim.id}"


def link(claim: Claim) -> str:
    """A link to its section on the same page."""
    return f"[{claim.code}](#{slug(heading(claim))})"


def short(known: Known, claim: Claim, texts: Sequence[str]) -> Iterator[str]:
    """Its part of a short answer: the sentence, what is to be said of some scenarios, the remark.

    Switches that all of these scenarios have are named once.
    """
    shared = _shared(texts) if claim.of_model else []
    also = f", with {code(' '.join(shared))}" if shared else ""
    yield f"- {plain(claim.says)} ({link(claim)}{also})"
    for text in texts:
        found = known.outcome(claim.code, text)
        rest = " ".join(word for word in text.split() if word not in shared)
        place = code(rest) if claim.of_model else where(claim, text)
        yield f"  - **{plain(verdict(found))}** in {place}: {reason(found)}."
    if claim.folklore:
        yield f"  - *{remark(known, claim)}*"


def _shared(texts: Sequence[str]) -> list[str]:
    """The switches that several scenarios have in common."""
    first, *others = (text.split()[1:] for text in texts)
    return [word for word in first if others and all(word in words for words in others)]


def evidence(known: Known, claim: Claim, *, remarked: bool) -> Iterator[str]:
    """Its section: sentence, verdicts, sources; the remark, if it has not been `remarked` yet."""
    yield f"### {plain(heading(claim))}"
    yield plain(claim.says)
    found = known.all_of(claim)
    named = "scenario" if claim.of_model else "row"
    rows = [(plain(verdict(o)), where(claim, o.scenario), reason(o)) for o in found]
    yield "\n".join(table(("verdict", named, "why"), rows))
    if claim.folklore and not remarked:
        yield f"> {remark(known, claim)}"
    yield "\n".join(f"- {source(s)}" for s in claim.sources)


def remark(known: Known, claim: Claim) -> str:
    """What the claim says about what people say, if it came out as its author believed."""
    if known.is_as_expected(claim):
        return plain(claim.folklore)
    return (
        f"(The remark of {claim.code} on what people say is left out: not all of its verdicts are "
        "as expected.)"
    )


def scopes(known: Known, claims: Sequence[Claim]) -> list[str]:
    """Over what the verdicts of these claims speak, beside what the scenarios assume: a table."""
    alike: dict[str, list[str]] = {}
    for claim in claims:
        alike.setdefault(_scopes(claim, known.all_of(claim)), []).append(link(claim))
    return table(("scope", "claims"), ((text, ", ".join(of)) for text, of in alike.items()))


def _scopes(claim: Claim, found: Sequence[Outcome]) -> str:
    """The scopes of a claim's verdicts: what each kind covers, and what is assumed of all."""
    split = [_scope(claim, outcome) for outcome in found]
    shared = {assumed for _, assumed in split}
    alone = len(shared) == 1
    kinds: dict[str, list[str]] = {}
    for outcome, (covers, assumed) in zip(found, split, strict=True):
        text = covers if alone else "; ".join(filter(None, (covers, assumed)))
        kind = verdict(outcome) if claim.of_model else outcome.scenario
        kinds.setdefault(text or "nothing was settled", []).append(kind)
    if len(kinds) == 1 and not claim.of_model:
        told = [_sentence(text) for text in kinds]
    else:
        told = [f"{', '.join(dict.fromkeys(of))}: {text}." for text, of in kinds.items()]
    # HOLDS before FAILS, so that equal scopes read equally.
    told.sort(reverse=True)
    return plain(" ".join([*told, *map(_sentence, filter(None, shared if alone else ()))]))


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _scope(claim: Claim, found: Outcome) -> tuple[str, str]:
    """What an outcome covers, and what it assumes beside its scenario (or its row)."""
    known = (
        [f"{topic} {text}" for topic, text in scenario(found.scenario).assumptions.items()]
        if claim.of_model
        else [row_words(claim, found.scenario)]
    )
    covers, _, assumed = f"{found.scope}; ".partition(f"{'; '.join(known)}; ")
    return covers.strip("; "), assumed.strip("; ")


# --- sources --------------------------------------------------------------------------------------


def source(about: Source) -> str:
    """A source with a link to the section of the RFC or to the post, if it is one."""
    says = f": {plain(about.says)}" if about.says else ""
    if post := re.fullmatch(r"post (\w+)", about.where):
        return f"[{about.where}](posts.md#post-{post[1]}){says}"
    address = rfc_address(about.where)
    return f"[{plain(about.where)}]({address}){says}" if address else f"{plain(about.where)}{says}"


def rfc_address(reference: str) -> str:
    """Where the RFC editor has the section that is named; empty if it is no RFC."""
    found = re.match(r"RFC (\d+)(?: section ([\d.]*\d))?(?: ([A-Z]\.\d+))?", reference)
    if not found:
        return ""
    number, section, appendix = found.groups()
    anchor = f"#section-{section}" if section else f"#appendix-{appendix}" if appendix else ""
    return RFC_EDITOR.format(number) + anchor
