"""How long grading takes: against plain pytest in one process, and in bulk."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SUITES = ("tests_public/hw1", "tests_hidden/hw1")
PATHS = ("reference_solution/python", "reference_solution/apps", "tests_public/hw1")
SAMPLES = ROOT / "examples" / "submissions" / "hw1"
REPEATS = 5
BATCH = 50


def _seconds(command: list[str]) -> float:
    # both sides keep what they compile: this is about the second run, as most runs are
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    started = time.monotonic()
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}")
    return time.monotonic() - started


def _in_process() -> float:
    """Run the suites on the reference with plain pytest, as an instructor would at the desk."""
    paths = " ".join(f"'{ROOT / path}'" for path in PATHS)
    options = ["-c", os.devnull, f"--rootdir={ROOT}", "--import-mode=importlib", "-q"]
    plugins = ["-p", "grader.testing", "-p", "no:cacheprovider", "-o", f"pythonpath={paths}"]
    return _seconds([sys.executable, "-m", "pytest", *options, *plugins, *SUITES])


def _grade(submissions: list[Path]) -> tuple[float, list[dict[str, Any]]]:
    """Grade `submissions` in bubblewrap with the command line; return seconds and reports."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "grader", "grade", "hw1", *map(str, submissions)]
        seconds = _seconds([*command, "--out", out, "--sandbox", "bubblewrap"])
        reports = [json.loads(path.read_text()) for path in Path(out).glob("*/report.json")]
    if len(reports) != len(submissions):
        raise RuntimeError(f"{len(reports)} reports for {len(submissions)} submissions")
    return seconds, reports


def grade_vs_inprocess() -> dict[str, Any]:
    """Wall time of grading the reference over plain pytest of the same files.

    Both are new processes each time, with bytecode that the first round, which does not count, has
    left.
    """
    plain, graded = [], []
    for _ in range(1 + REPEATS):
        plain.append(_in_process())
        seconds, reports = _grade([ROOT / "reference_solution"])
        if reports[0]["score"] != reports[0]["max_score"]:
            raise RuntimeError(f"the reference earns {reports[0]['score']}, not all points")
        graded.append(seconds)
    plain, graded = plain[1:], graded[1:]
    return {
        "value": round(statistics.median(graded) / statistics.median(plain), 3),
        "unit": "x",
        "at_most": 2.0,
        "graded_seconds": round(statistics.median(graded), 3),
        "in_process_seconds": round(statistics.median(plain), 3),
        "repeats": REPEATS,
    }


def submissions_per_second_per_core() -> dict[str, Any]:
    """Submissions of homework 1 graded each second, per core, in a batch of 50."""
    cores = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        copies = [Path(folder) / f"student{i:02d}" for i in range(BATCH)]
        for copy in copies:
            shutil.copytree(SAMPLES / "right", copy)
        seconds, _ = _grade(copies)
    return {
        "value": round(BATCH / seconds / cores, 3),
        "unit": "1/s per core",
        "at_least": 1.0,
        "seconds": round(seconds, 2),
        "submissions": BATCH,
        "cores": cores,
    }


def measure() -> dict[str, dict[str, Any]]:
    """Return the figures of this module."""
    return {
        "grade_vs_inprocess": grade_vs_inprocess(),
        "submissions_per_second_per_core": submissions_per_second_per_core(),
    }
