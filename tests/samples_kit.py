"""The sample submissions of homework 1, and a course with limits that endless ones soon reach."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from grader.results import Report

REPOSITORY = Path(__file__).parent.parent
SAMPLES = REPOSITORY / "examples/submissions/hw1"
#: what of the course a run needs
TREES = ("assignments", "reference_solution", "tests_public", "tests_hidden", "examples")
#: limits in which honest samples are done, and endless ones not for long
LIMITS = {"call_seconds": 4.0, "test_seconds": 6.0}


def course(root: Path) -> Path:
    """Lay out the course with shorter limits, and return its manifest."""
    place = root / "course"
    for name in TREES:
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(REPOSITORY / name, place / name, ignore=ignore)
    path = place / "assignments/hw1.toml"
    text = path.read_text()
    for name, seconds in LIMITS.items():
        text = re.sub(rf"^{name} = .*$", f"{name} = {seconds}", text, flags=re.MULTILINE)
    path.write_text(text)
    return path


def names() -> list[str]:
    """Return what the samples are called."""
    return sorted(path.name for path in SAMPLES.iterdir() if path.is_dir())


def grade(manifest: Path, out: Path, chosen: Sequence[str]) -> dict[str, Report]:
    """Grade samples in bubblewrap and return their reports."""
    samples = [SAMPLES / name for name in chosen]
    options = ["--out", out, "--sandbox", "bubblewrap"]
    command = [sys.executable, "-m", "grader", "grade", manifest, *samples, *options]
    done = subprocess.run(
        list(map(str, command)), cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return {
        path.name: Report.from_json((out / path.name / "report.json").read_text())
        for path in samples
    }
