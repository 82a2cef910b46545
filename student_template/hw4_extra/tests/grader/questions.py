"""Runs one question's tests from a notebook: `check("tests/hw1/test_forward.py", "Forward")`.

Each check is a process of its own, so it sees files as they were saved last.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

#: lines of pytest's output that are shown
_LINES = 60


class QuestionUnsolved(Exception):
    """Tests of a question fail: names the question."""


def check(tests: str, question: str) -> None:
    """Run the tests of a question with pytest; print what it says.

    QuestionUnsolved unless all pass, so a notebook that is run as a whole stops there.
    """
    if not Path(tests).is_file():
        raise FileNotFoundError(f"{tests}: no such file; start the notebook in its own folder")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", tests]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = (run.stdout + run.stderr).rstrip().splitlines()
    print("\n".join(lines[-_LINES:]))
    if run.returncode:
        raise QuestionUnsolved(f"{question}: not solved yet. The tests are in {tests}")
    print(f"{question}: all tests pass")
