"""Gives the tests their helpers, which lie in tests/grader."""

pytest_plugins = ["grader.testing"]
