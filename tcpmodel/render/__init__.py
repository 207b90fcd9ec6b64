"""Layer 2: pure functions from values to text (words, SVG).  Knows `core` only."""
