"""The catalogue: what the claims should cover, and what became of each entry.

An entry is settled by the claims whose code is its own, with or without a letter behind it (`P58`
by P58 and P58b).  What no claim settles has a reason.  Both tables here are generated from the
claims: entry → claims, and sentence of a post → claims with their verdicts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tcpmodel.claims.language import Claim

SCHEMA = "tcpmodel-catalogue/1"

CATALOGUE: Mapping[str, str] = {
    "P01": "no server is connected to nobody",
    "P02": "two messages leave a server waiting",
    "P03": "two messages deliver old data",
    "P04": "recovery from an old SYN",
    "P05": "an old SYN at two listeners",
    "P06": "Figure 8 with resets in both directions",
    "P07": "three messages are four with two merged",
    "P08": "how many messages, by memory and lifetimes",
    "P09": "two messages suffice with a wait",
    "P10": "five messages for at most one delivery",
    "P11": "what the first message tells",
    "P12": "what the second message tells",
    "P13": "what the server does not know yet",
    "P14": "what the third message tells",
    "P15": "no common knowledge",
    "P16": "what the passive closer knows",
    "P17": "what the active closer knows",
    "P18": "data lost or ACK lost",
    "P19": "every transition is an edge of Figure 5",
    "P20a": "three messages open (Figure 6)",
    "P20b": "simultaneous open (Figure 7)",
    "P20c": "recovery from an old SYN (Figure 8)",
    "P20d": "half-open connection found out (Figure 9)",
    "P20e": "the active side finds it out (Figure 10)",
    "P20f": "an old SYN at two listeners (Figure 11)",
    "P20g": "normal close (Figure 12)",
    "P20h": "simultaneous close (Figure 13)",
    "P21": "simultaneous open makes one connection",
    "P22": "SYN-RECEIVED remembers a passive OPEN (MUST-11)",
    "P23": "what FIN-WAIT-1 means",
    "P24": "what FIN-WAIT-2 means",
    "P25": "CLOSING means crossing FINs",
    "P26": "three segments can close",
    "P27": "CLOSE in SYN-RECEIVED",
    "P28": "who sends a reset: TIME-WAIT or CLOSED",
    "P29": "only an ACK arrives in LAST-ACK",
    "P30": "only a FIN arrives in TIME-WAIT",
    "P31": "no text after the FIN",
    "P32": "LISTEN's fourth step is not reached",
    "P33": "CLOSED means no TCB",
    "P34": "a reset is valid only in the window",
    "P35": "SEND in LISTEN",
    "P36": "no half-open connection (KORG)",
    "P37": "a half-open connection is healed by traffic",
    "P38": "a half-open, idle connection stays",
    "P39": "after a reboot, as in Figure 9",
    "P40": "no storm of ACKs",
    "P41": "a reset in SYN-SENT has to acknowledge",
    "P42": "no established desynchronization",
    "P43": "a late reset ends no newer connection",
    "P44": "a reset is not answered",
    "P45": "no wait after a reset",
    "P46": "what is sent after a half-close arrives",
    "P47": "the FIN comes after all data",
    "P48": "nothing new after the FIN",
    "P49": "CLOSE-WAIT waits for the application",
    "P50": "FIN-WAIT-2 waits for the peer",
    "P51": "what the timeout of FIN-WAIT-2 costs",
    "P52": "LAST-ACK ends",
    "P53": "both are closed in the end",
    "P54": "connecting ends one way or the other",
    "P55": "no pair is stuck (KORG)",
    "P56": "states in which nothing happens any more",
    "P57": "no close is graceful for both for certain",
    "P58": "the last ACK is sent again",
    "P59": "the least TIME-WAIT",
    "P59b": "the least TIME-WAIT with losses",
    "P60": "is 2 MSL safe if the last ACK is lost",
    "P61": "TIME-WAIT by initial sequence numbers",
    "P62": "reopening from TIME-WAIT (RFC 1122)",
    "P63": "how likely is it that an old FIN fits",
    "P64": "TIME-WAIT is cut short (RFC 1337)",
    "P65": "hazards of RFC 1337 after TIME-WAIT was cut short",
    "P66": "Linux's TIME-WAIT of 60 s",
    "P67": "TIME-WAIT is the active closer's",
    "P68": "the passive closer needs no wait",
    "P69": "what TIME-WAIT throws away",
    "P70": "a FIN restarts TIME-WAIT",
    "P71": "old and new numbers are apart",
    "P72": "quiet time after a crash",
    "P73": "opening by a guess",
    "P74": "timestamps reject what is old (PAWS)",
    "P75": "windows and numbers that go round",
    "P76": "what an acknowledgment counts",
    "P77": "an ACK occupies no number",
    "P78": "a bare ACK is not sent again",
    "P79": "a lost SYN is given up after 63 s",
    "P80": "today's default of Linux is not 63 s",
    "P81": "a SYN is not given up within three minutes (MUST-23)",
    "P82": "the second message is lost",
    "P83": "the third message is lost",
    "P84": "the first FIN is lost",
    "P85": "the ACK of the first FIN is lost",
    "P86": "the last ACK is lost",
    "P87": "is the initial timeout hard-coded",
    "P88": "what is delivered is a prefix of what was sent",
    "P89": "what is sent is delivered in the end",
    "P90": "UDP guarantees nothing",
    "P91": "not stop-and-wait",
    "P92": "an ACK speaks for all before it",
    "P93": "a closed window is no deadlock",
    "P94": "data on a SYN waits",
    "P95": "a blind reset in the window (RFC 5961)",
    "P96": "a blind SYN in the window (RFC 5961)",
    "P97": "blind text (RFC 5961)",
    "P98": "a reset in SYN-RECEIVED has to be exact",
    "P99": "Fast Open delivers a duplicate",
    "P100": "a flood of SYNs",
    "P101": "SYN cookies store nothing",
    "P102": "SYN cookies and a lost third message",
    "P103": "ending TIME-WAIT from off the path",
    "P104": "attacks on a model without numbers (KORG)",
    "P105": "nothing holds only because nothing happens",
    "P106": "every rule is exercised",
    "P107": "faults in the model are caught",
    "P108": "larger scopes give the same verdicts",
}
"""Code → what the entry is about."""

_FIGURE = "a written run: properties/figures/{}.run, which `tcpmodel run` plays"

REASONS: Mapping[str, str] = {
    **{
        f"P20{letter}": _FIGURE.format(f"fig{n:02}")
        for n, letter in enumerate("abcdefgh", 6)
        if letter != "b"
    },
    "P10": "the exchange of single messages without connections is not modelled",
    "P33": "true by construction: every rule that enters CLOSED gives up the TCB, and the TCB's "
    "values are what the model calls void",
    "P105": "about the suite, not about TCP: `tcpmodel verify` looks for it in every verdict that "
    "holds, and ends with code 11 if one is vacuous",
    "P106": "about the suite, not about TCP: `tcpmodel report coverage` finds each rule in a claim "
    "or a written run, save one that cannot act, with the reason why it is there",
    "P108": "about the suite, not about TCP: `tcpmodel report adequacy` lists the verdicts that "
    "change, those that claims state themselves, and those that were not settled in its limits",
}
"""Code → why no claim settles it, or what else does."""

POSTS: Mapping[str, str] = {
    "a420545a": "opening and closing, and why so",
    "8a7a010d": "two people who wave at each other",
    "f6cf09d2": "with sequence numbers; TCP and UDP",
    "32ba5318": "what if one of the messages is lost",
    "8b6640a8": "states and flags; TIME-WAIT and CLOSE-WAIT",
}
"""The posts whose sentences are claims, by the beginning of their names."""


@dataclass(frozen=True)
class Entry:
    """A row of the catalogue: settled by `claims`, or not for a `reason`; one of them is empty."""

    code: str
    title: str
    claims: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True)
class Answer:
    """A claim about a sentence: its verdicts in a few words, and what is wrong with the sentence,
    where something is.
    """

    code: str
    id: str
    verdicts: str
    folklore: str


@dataclass(frozen=True)
class Sentence:
    """A sentence of a post, and what is claimed about it."""

    post: str
    says: str
    claims: tuple[Answer, ...]


def entries(claims: Iterable[Claim]) -> list[Entry]:
    """The catalogue with what became of it."""
    settled: dict[str, list[str]] = {}
    for claim in claims:
        settled.setdefault(entry_of(claim.code), []).append(claim.code)
    return [
        Entry(
            code,
            title,
            tuple(settled.get(code, ())),
            "" if code in settled else REASONS.get(code, ""),
        )
        for code, title in CATALOGUE.items()
    ]


def entry_of(code: str) -> str:
    """The entry that a claim of this code belongs to; empty if there is none."""
    plain = re.sub(r"[a-z]$", "", code)
    return next((known for known in (code, plain) if known in CATALOGUE), "")


def sentences(claims: Iterable[Claim]) -> list[Sentence]:
    """Every sentence that a claim has from a post, by post, in the order of the claims."""
    found: dict[tuple[str, str], list[Answer]] = {}
    for claim in claims:
        for source in claim.sources:
            prefix = source.where.removeprefix("post ")
            if prefix != source.where:
                told = Answer(claim.code, claim.id, verdicts_of(claim), claim.folklore)
                found.setdefault((prefix, source.says), []).append(told)
    order = list(POSTS)
    keys = sorted(found, key=lambda key: order.index(key[0]) if key[0] in order else len(order))
    return [Sentence(post, says, tuple(found[post, says])) for post, says in keys]


def verdicts_of(claim: Claim) -> str:
    """The expected verdicts in a few words: `holds in 2 scenarios, fails in 1`, or what is derived.

    `tcpmodel verify` is what confirms them.
    """
    if formulas := [f"{row}: {e.formula}" for row, e in claim.verdicts.items() if e.formula]:
        return "; ".join(formulas)
    if not claim.of_model:
        return "proved for all numbers of 32 bits"
    verdicts = [expected.verdict.value for expected in claim.verdicts.values()]
    parts = [
        f"{word} in {verdicts.count(value)}"
        for value, word in (("HOLDS", "holds"), ("FAILS", "fails"))
        if value in verdicts
    ]
    return ", ".join(parts)


# --- as documents ---------------------------------------------------------------------------------


def catalogue_markdown(found: Sequence[Entry]) -> str:
    """The catalogue as a Markdown table."""
    lines = ["| entry | about | settled by |", "| --- | --- | --- |"]
    for row in found:
        told = ", ".join(row.claims) or row.reason or "–"
        lines.append(f"| {row.code} | {row.title} | {told} |")
    return "\n".join(lines) + "\n"


def sentences_markdown(found: Sequence[Sentence]) -> str:
    """The sentences of the posts as a Markdown table."""
    lines = ["| post | what it says | claim | verdict |", "| --- | --- | --- | --- |"]
    for row in found:
        codes = "<br>".join(f"**{claim.code}** {claim.id}" for claim in row.claims)
        told = "<br>".join(
            f"{claim.verdicts}. *{claim.folklore}*" if claim.folklore else claim.verdicts
            for claim in row.claims
        )
        lines.append(f"| {row.post} | {row.says} | {codes} | {told} |")
    return "\n".join(lines) + "\n"


def as_json(found: Sequence[Entry] | Sequence[Sentence]) -> dict[str, Any]:
    """Either table for programs."""
    return {"schema": SCHEMA, "rows": [asdict(row) for row in found]}
