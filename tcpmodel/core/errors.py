"""Errors by whose fault they are.

The command line prints both without a traceback; only the second asks for a report.
"""

from __future__ import annotations


class ModelError(Exception):
    """The author of a model, a claim, a formula or an input file has to change something.

    The message says what, in the author's terms, and what to do next.
    """


class EngineError(Exception):
    """We broke our own rules: an engine's result did not survive its re-check.

    No verdict may be reported after it.
    """
