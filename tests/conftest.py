"""What the platform's tests share: parts that may be missing, courses, and the command line."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import ROOT, Command
from parts import require


@pytest.fixture(scope="session")
def bubblewrap() -> None:
    """Ask for a machine that can isolate."""
    require(shutil.which("bwrap") is not None, "bubblewrap")


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """Return a private copy of the tiny course."""
    return Path(shutil.copytree(ROOT / "examples" / "tiny", tmp_path / "tiny"))


@pytest.fixture
def grader() -> Command:
    """Return a function that runs the command line in a process of its own."""

    def run(
        *words: object, cwd: Path = ROOT, timeout: float = 300
    ) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "grader", *map(str, words)]
        return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=timeout)

    return run
