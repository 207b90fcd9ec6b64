"""What is said is wrapped alike, with the library for terminals and, where it can be, without."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tcpmodel.cli import output

WORDS = st.lists(st.text("ab-.,[]()=:", max_size=60)).map(" ".join)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(WORDS, st.integers(0, 3), st.integers(0, 4))
def test_plain_text_is_wrapped_as_any_other(
    capsys: pytest.CaptureFixture[str], text: str, indent: int, hang: int
) -> None:
    """Whatever the words, with one space between them or several."""
    told = []
    for simple in (output._simple, lambda _: False):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(output, "width", lambda: 50)
            patch.setattr(output, "_simple", simple)
            output.say(text, indent=indent, hang=hang)
        told.append(capsys.readouterr().out)
    assert told[0] == told[1]
