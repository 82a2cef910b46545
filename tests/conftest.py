"""What the platform's tests share: parts that may be missing, courses, and the command line."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from command_line import ROOT, Command
from parts import require

#: files with few tests that take minutes: the last one of a run would keep one processor waiting
LONG = (
    "test_samples_docker.py",
    "test_gradescope_container.py",
    "test_nbcourse_round_trip.py",
    "test_notebook_running.py",
    "test_redteam_container.py",
    "test_redteam_docker.py",
    "test_faults_engine.py",
    "test_faults_machine.py",
    "test_faults_processes.py",
    "test_faults_files.py",
    "test_building.py",
    "test_templates_alone.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with what takes longest, then with the files of most tests."""
    sizes = Counter(item.path for item in items)
    items.sort(key=lambda item: (item.path.name not in LONG, -sizes[item.path], str(item.path)))


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
