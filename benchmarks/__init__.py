"""Ratios of things timed in turns in one run, so that a slow machine changes neither side."""
