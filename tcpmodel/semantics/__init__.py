"""Layer 1: what a transition system means, each meaning in one place.  Knows `core` only."""
