"""Layer 1: what TCP is.  Rules are written once, for "me"; `compose` makes a system of them.

Knows `core` only: neither engines nor pictures.
"""
