"""Tests of pages as a reader sees them: in a browser."""
