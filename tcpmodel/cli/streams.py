"""Standard output and error where a terminal cannot show every sign: signs are spelled out."""

from __future__ import annotations

import codecs
import sys
import unicodedata

PLAIN = "plain-ascii"
"""ASCII with signs spelled out.  It has a name of its own because click takes the name `ascii` for
a mistake and writes UTF-8 instead."""

_SIGNS = {
    "→": "->", "⇒": "=>", "⇢": "->", "✓": "+", "✗": "x", "×": "x", "↺": "@", "↻": "~",
    "·": "*", "–": "-", "─": "-", "╌": "-", "│": "|", "≥": ">=", "≤": "<=", "¬": "not ",
    "∧": "and", "∨": "or", "¶": "par.", "“": '"', "”": '"', "’": "'", "▸": ">", "∞": "inf",
}  # fmt: skip


def settle() -> None:
    """No output fails for want of a sign, whatever the locale or PYTHONIOENCODING says."""
    codecs.register(_plain)
    codecs.register_error(PLAIN, spelled)
    for stream in (sys.stdout, sys.stderr):
        if not hasattr(stream, "reconfigure"):
            continue
        if codecs.lookup(stream.encoding).name == "ascii":
            stream.reconfigure(encoding=PLAIN)
        else:
            stream.reconfigure(errors=PLAIN)


def spelled(error: UnicodeError) -> tuple[str, int]:
    """The error handler: ASCII for what cannot be written as it is, ? for what has no spelling."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_sign, error.object[error.start : error.end])), error.end


def _sign(sign: str) -> str:
    bare = unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode()
    return _SIGNS.get(sign) or bare or "?"


class _Encoder(codecs.IncrementalEncoder):
    def encode(self, text: str, final: bool = False) -> bytes:
        return text.encode("ascii", PLAIN)


def _plain(name: str) -> codecs.CodecInfo | None:
    if name.replace("_", "-") != PLAIN:
        return None
    base = codecs.lookup("ascii")
    return codecs.CodecInfo(
        base.encode,
        base.decode,
        incrementalencoder=_Encoder,
        incrementaldecoder=base.incrementaldecoder,
        name=PLAIN,
    )
