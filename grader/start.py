"""Where the command starts: what takes longest begins before the rest is imported."""

from __future__ import annotations

import contextlib
import importlib
import sys

from grader import server


def main() -> None:
    """Start a forkserver for commands that grade, then read the command line."""
    with contextlib.ExitStack() as stack:
        is_grading = sys.argv[1:2] == ["grade"] and "--help" not in sys.argv
        forks = stack.enter_context(server.started()) if is_grading else None
        importlib.import_module("grader.cli").main(obj=forks)
