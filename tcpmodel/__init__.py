"""tcpmodel: a formal model checker for the TCP lifecycle (RFC 9293)."""

__version__ = "0.1.0"
