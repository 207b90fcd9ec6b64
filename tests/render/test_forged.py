"""A forged segment comes from nowhere: nobody's lane is shown to have sent it."""

from __future__ import annotations

from tcpmodel.core.trace import Message, Step, Trace
from tcpmodel.render.chart import chart
from tcpmodel.render.layout import layout
from tcpmodel.render.text import text

from .traces import Run, message


def blind_reset() -> Trace:
    """A reset that nobody sent ends B's connection."""
    before = {"A.state": "ESTABLISHED", "B.state": "ESTABLISHED"}
    reset = Message("A>B", {"ctl": "RST", "seq": 301, "ack": 0, "inc": 0, "to": 0}, 0)
    after = {"A.state": "ESTABLISHED", "B.state": "CLOSED"}
    step = Step("B.rst", "B", "segment", "forged", "", (), reset, None, False, after)
    return Trace("blind reset", before, (step,))


def test_its_arrow_begins_at_no_lane() -> None:
    """The chart names it where it arrives; its arrow comes from between the lanes."""
    trace = blind_reset()
    drawn = layout(trace)
    left, right = sorted({bar.x for bar in drawn.bars})
    (arrow,) = drawn.arrows
    assert arrow.forged
    assert left + 100 < arrow.x1 < arrow.x2 < right
    assert "forged RST seq=301" in chart(trace)
    assert 'class="flight forged"' in chart(trace)


def test_the_text_says_so() -> None:
    """The line of the step says that it is forged, not that it is stale."""
    assert "1  B receives forged RST seq=301 → CLOSED\n" in text(blind_reset())


def test_forged_text_is_not_called_old() -> None:
    """What is delivered and was not sent by the peer is old, or it is forged."""
    run = Run(A__state="ESTABLISHED", B__state="ESTABLISHED", B__stale_text=False)
    data = message("A>B", "ACK seq=5 ack=5 text=1")
    run.step("B", "segment", "forged", takes=data, B__stale_text=True)
    assert "B receives forged ACK seq=5 ack=5 + 1 octet; has delivered forged text" in text(
        run.trace()
    )
