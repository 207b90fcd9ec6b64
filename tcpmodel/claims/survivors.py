"""Seeded faults that nothing catches, each with the reason why nothing can or need."""

from __future__ import annotations

from collections.abc import Mapping

from tcpmodel.tcp.faults import Fault

EXPLAINED: Mapping[Fault, str] = {}
