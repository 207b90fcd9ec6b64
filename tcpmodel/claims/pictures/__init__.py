"""The pictures of TCP: what each shows, computed from the rules and by the engines."""
