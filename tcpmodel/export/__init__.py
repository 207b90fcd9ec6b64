"""Layer 2: systems, properties and runs in the languages of other tools.

Pure functions from values to text.  Knows `core` and `semantics` only.
"""
