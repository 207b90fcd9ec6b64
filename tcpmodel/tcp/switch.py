"""Switches: what a field of a scenario means, which values it takes, and advice on misspellings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tcpmodel.core.errors import ModelError

MAX_DIGITS = 9


@dataclass(frozen=True)
class Switch:
    """A switch: what it means, and its values (names, or numbers from `low` to `high`)."""

    meaning: str
    names: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None

    @property
    def values(self) -> str:
        """The values in words."""
        numbers = () if self.low is None else (f"{self.low}..{self.high}",)
        return " | ".join((*self.names, *numbers))

    def parse(self, key: str, text: str) -> str | int:
        """The value that `text` spells; raises `ModelError` naming the valid ones."""
        if text in self.names:
            return text
        numbers = range(self.low or 0, (-1 if self.high is None else self.high) + 1)
        if text.isdecimal() and len(text) <= MAX_DIGITS and int(text) in numbers:
            return int(text)
        raise ModelError(
            f"switch {key} has no value {text!r}{hint(text, self.names)}; it takes {self.values}"
        )


def switch(
    default: Any, meaning: str, *names: str, low: int | None = None, high: int | None = None
) -> Any:
    """A field of a scenario: its neutral value, its meaning, its values."""
    return field(default=default, metadata={"switch": Switch(meaning, names, low, high)})


def hint(word: str, names: Any) -> str:
    """What is nearest to a misspelled word, as a question; empty if nothing is."""
    from difflib import get_close_matches  # noqa: PLC0415 - only misspellings need it

    near = get_close_matches(word, list(names), n=2, cutoff=0.5)
    return f" (did you mean {' or '.join(near)}?)" if near else ""
