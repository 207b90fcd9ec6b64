"""The switches of attack and defence: what they take for granted, and which contradict each other.

Attack: an adversary off the path (it guesses) or on it (it sees), with a budget of forgeries.
Defence: RFC 5961, throttled ACKs, timestamps (RFC 7323), SYN cookies (RFC 4987).  TCP Fast Open
(RFC 7413) is here because it gives a defence up: text is delivered before the handshake is over.
"""

from __future__ import annotations

from collections.abc import Mapping

_GUESSES = {
    "outside": "numbers outside the window, blind ACKs",
    "window": "numbers inside the window but not at its edge, blind ACKs",
    "exact": "the next number by luck, blind ACKs",
    "learned": "initial sequence numbers as in the first connection",
}


def conflict(switches: Mapping[str, str | int]) -> str | None:
    """Why these switches contradict each other, and what to change; None if they do not."""
    if switches["adversary"] == "none" and switches["forgeries"]:
        return "forgeries are what an adversary forges: set adversary to off_path or on_path"
    if switches["adversary"] != "none":
        return _adversary_conflict(switches)
    return _defence_conflict(switches)


def _adversary_conflict(switches: Mapping[str, str | int]) -> str | None:
    if not switches["forgeries"]:
        return f"adversary={switches['adversary']} has nothing to do: set forgeries to at least 1"
    if switches["channel"] == "history":
        return "an adversary acts on segments that are under way: use channel=bag or fifo"
    if switches["forges"] == "data" and not switches["data"]:
        return "forges=data needs text in the model: set data to at least 1"
    if switches["guess"] == "window" and switches["window"] == 1:
        return "a window of one octet is all edge: make the window larger or use guess=exact"
    return _defence_conflict(switches)


def _defence_conflict(switches: Mapping[str, str | int]) -> str | None:
    handshake = switches["handshake"]
    for key in ("syn_cookies", "tfo", "ts_paws"):
        if switches[key] == "on" and handshake != "three":
            return f"{key}=on needs the numbers of handshake=three, not handshake={handshake}"
    if switches["syn_cookies"] == "on" and switches["isn"] == "free":
        return "a SYN cookie is computed, not chosen: use isn=distinct or constant"
    if switches["tfo"] == "on":
        if switches["syn_data"] == "on":
            return "syn_data=on keeps the text of a SYN, tfo=on delivers it: drop one"
        if switches["syn_cookies"] == "on":
            return "tfo=on keeps what the first SYN brought, syn_cookies=on keeps nothing: drop one"
        if not switches["data"] or switches["senders"] == "B":
            return "tfo=on sends text with a client's SYN: set data=1 and senders=A or both"
        if switches["roles"] != "client_server":
            return "tfo=on is about a client and its server: use roles=client_server"
    return _backlog_conflict(switches)


def _backlog_conflict(switches: Mapping[str, str | int]) -> str | None:
    if switches["backlog"] and switches["forges"] != "syn_flood":
        return "a backlog is only filled by a flood: set forges=syn_flood and an adversary"
    if switches["backlog_policy"] == "evict" and not switches["backlog"]:
        return "backlog_policy=evict needs a backlog: set it to at least 1"
    if switches["backlog_expiry"] == "on":
        if not switches["backlog"]:
            return "backlog_expiry=on frees places of a backlog: set it to at least 1"
        if switches["syn_cookies"] == "on":
            return "syn_cookies=on keeps nothing that could expire: drop it or backlog_expiry"
    return None


def assumptions(switches: Mapping[str, str | int]) -> dict[str, str]:
    """What a verdict takes for granted of attack and defence, by topic."""
    adversary = "none"
    if switches["adversary"] == "off_path":
        guess = _GUESSES[str(switches["guess"])]
        adversary = f"off the path, {switches['forgeries']} forged ({switches['forges']}): {guess}"
    elif switches["adversary"] == "on_path":
        adversary = (
            f"on the path, {switches['forgeries']} copied, dropped or forged "
            f"({switches['forges']}) with the right numbers"
        )
    return {"adversary": adversary, "defences": ", ".join(_defences(switches)) or "none"}


def _defences(switches: Mapping[str, str | int]) -> list[str]:
    found = []
    if switches["ack_throttle"] == "on":
        found.append("no answer to an unacceptable pure ACK")
    if switches["ts_paws"] == "on":
        found.append("timestamps that tick once per connection")
    if switches["syn_cookies"] == "on":
        found.append("SYN cookies")
    if switches["tfo"] == "on":
        found.append("Fast Open (gives up one)")
    if switches["backlog"]:
        policy = "refuses" if switches["backlog_policy"] == "drop" else "replaces an old one"
        found.append(
            f"a backlog of {switches['backlog']} half-open connections, which when full {policy}"
            + (" and whose entries expire" if switches["backlog_expiry"] == "on" else "")
        )
    return found
