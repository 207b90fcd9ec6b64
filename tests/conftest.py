"""How the property-based tests run: as long as they need, on the examples they find."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("tcpmodel", deadline=None)
settings.load_profile("tcpmodel")
