"""What a formula typed by hand may say about a world beyond its variables."""

from __future__ import annotations

HELPERS = {
    "inflight": "inflight takes 'A' or 'B', then control bits, all in quotes",
    "works": "works takes 'A' or 'B'",
    "nothing_inflight": "nothing_inflight takes nothing",
    "synchronized": "synchronized takes 'A' or 'B'",
    "agrees_with_live_peer": "agrees_with_live_peer takes 'A' or 'B'",
    "left_half_open": "left_half_open takes 'A' or 'B'",
    "ended": "ended takes 'A' or 'B', then how: 'closed', 'refused', 'reset', 'aborted', "
    "'timeout', 'crashed' or 'none'",
    "gave_up_after": "gave_up_after takes 'A' or 'B', then ticks",
    "gave_up_before": "gave_up_before takes 'A' or 'B', then ticks",
    "last_sent_at": "last_sent_at takes 'A' or 'B', then any number of ticks",
    "sent_again": "sent_again takes 'A' or 'B', then a number of times",
    "swayed": "swayed takes 'A' or 'B', then 'attempt', 'connection' or neither",
    "delivered_twice": "delivered_twice takes 'A' or 'B'",
    "gets_a_prefix": "gets_a_prefix takes 'A' or 'B'",
    "has_unacknowledged": "has_unacknowledged takes 'A' or 'B', then a number of octets",
    "sent_all": "sent_all takes 'A' or 'B'",
    "acknowledged_is_taken": "acknowledged_is_taken takes 'A' or 'B'",
    "text_beyond_fin": "text_beyond_fin takes 'A' or 'B'",
    "believes_window_closed": "believes_window_closed takes 'A' or 'B'",
}
"""The functions of a `World` that a formula may use, and what they take."""

OF_NUMBERS = (
    *("gave_up_after", "gave_up_before", "last_sent_at", "sent_again"),
    "has_unacknowledged",
)
"""Those that take numbers after the endpoint."""
