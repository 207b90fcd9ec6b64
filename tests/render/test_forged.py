"""A forged segment comes from nowhere: nobody's lane is shown to have sent it."""

from __future__ import annotations

from tcpmodel.core.trace import Message, Step, Trace
from tcpmodel.render.chart import chart
from tcpmodel.render.layout import layout
from tcpmodel.render.text import text


def blind_reset() -> Trace:
    """A reset that nobody sent ends B's connection."""
    before = {"A.state": "ESTABLISHED", "B.state": "ESTABLISHED"}
    reset = Message("A>B", {"ctl": "RST", "seq": 301, "ack": 0, "inc": 0, "to": 0}, 0)
    after = {"A.state": "ESTABLISHED", "B.state": "CLOSED"}
    step = Step("B.rst", "B", "segment", "forged", "", (), reset, None, False, after)
    return Trace("blind reset", before, (step,))


def test_no_arrow_leads_to_it() -> None:
    """The chart names it where it arrives, and draws no way that it has come."""
    trace = blind_reset()
    assert layout(trace).arrows == ()
    assert "RST seq=301" in chart(trace)


def test_the_text_says_so() -> None:
    """The line of the step says that no endpoint sent it."""
    assert "RST seq=301 (sent by no endpoint), forged" in text(blind_reset())
