"""Tests of the rendering of traces."""
