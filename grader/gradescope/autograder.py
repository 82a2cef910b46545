"""What runs on Gradescope for every submission: grade it in time, then write results.json.

A run that has no score leaves no results.json: Gradescope then says that the autograder failed,
does not count the submission, and staff can run it again. So does a run that would not end before
Gradescope's limit; ended by Gradescope, it would be a zero.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grader import intake, manifest, record
from grader.export import files, gradescope
from grader.gradescope import machine, policy
from grader.gradescope.bundle import COURSE
from grader.gradescope.metadata import Metadata
from grader.manifest import Assignment
from grader.results import Report, RunStatus, TestResult

#: seconds before the limit at which a run is stopped: enough to end everything that runs
MARGIN_SECONDS = 20.0
#: files that a folder may hold alone, as the one thing that was handed in
_PACKED = (".tar.gz", ".tgz", ".tar", ".zip", ".ipynb")


def _is_packed(path: Path) -> bool:
    return path.name.lower().endswith(_PACKED) and stat.S_ISREG(path.lstat().st_mode)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Place:
    """Where things are: /autograder, and elsewhere in tests."""

    root: Path

    @property
    def course(self) -> Path:
        return self.root / "source" / COURSE

    @property
    def metadata(self) -> Path:
        return self.root / "submission_metadata.json"

    @property
    def results(self) -> Path:
        return self.root / "results"

    def submission(self) -> Path:
        """Return what was handed in: the folder, or the only file in it if that is packed.

        A link is left to intake, which refuses it by name: it could lead to the reference.
        """
        folder = self.root / "submission"
        entries = list(folder.iterdir()) if folder.is_dir() else []
        if len(entries) == 1 and _is_packed(entries[0]):
            return entries[0]
        return folder


def run(name: str, place: Place, *, started: float, limit: str = "") -> int:
    """Grade what was handed in; return 0 if there is a results.json, else 3.

    `started` is when the run began, in seconds since 1970; `limit` is what Gradescope says its
    limit is, in seconds, if it says anything.
    """
    (place.results / gradescope.NAME).unlink(missing_ok=True)
    assignment = manifest.find(name, place.course)
    rules = assignment.gradescope
    metadata = Metadata.read(place.metadata)
    if metadata.problem:
        _tell(f"{metadata.problem}; so attempts and days late are not counted")
    if metadata.points not in (None, assignment.max_score):
        _tell(
            f"warning: Gradescope's autograder question has {metadata.points:g} points, and "
            f"{assignment.name} has {assignment.max_score:g}: make them equal on Gradescope"
        )
    made = policy.refusal(rules, metadata)
    if made is None:
        left = started + seconds(rules.seconds, limit) - MARGIN_SECONDS - time.time()
        report = _graded(assignment, place, left)
        if report is None or report.status is RunStatus.BROKEN:
            _tell(f"no score: {'; '.join(report.flags) if report else 'see above'}")
            return 3
        _tell_staff(report)
        made = policy.results(report, rules, metadata)
    _write(made, place.results)
    return 0


def seconds(chosen: float, said: str) -> float:
    """Return the limit of the run: the smaller of what the manifest and Gradescope say."""
    try:
        limit = float(said)
    except ValueError:
        return chosen
    return min(chosen, limit) if math.isfinite(limit) and limit > 0 else chosen


def _graded(assignment: Assignment, place: Place, left: float) -> Report | None:
    """Grade in a process of its own, so that it can be ended when there are `left` seconds."""
    for sentence in machine.shortages(assignment.limits):
        _tell(sentence)
    submission = place.submission()
    with tempfile.TemporaryDirectory(prefix="autograder-") as out:
        words = ["grade", str(assignment.path), str(submission), "--out", out]
        words += ["--sandbox", assignment.gradescope.sandbox, "--jobs", str(machine.processors())]
        code = _run([sys.executable, "-I", "-B", "-m", "grader", *words], left)
        if code is None:
            _tell("stopped: it would not have ended before Gradescope's time limit")
            return None
        _tell(f"grader grade: exit code {code}")
        return record.load(Path(out) / intake.name_of(submission))


def _run(command: list[str], left: float) -> int | None:
    """Run a command and return its exit code; None if it was ended after `left` seconds."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        return process.wait(timeout=max(0.0, left))
    except subprocess.TimeoutExpired:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=MARGIN_SECONDS / 4)
        return None
    finally:
        process.kill()
        process.wait()


def _write(made: Mapping[str, Any], folder: Path) -> None:
    text = json.dumps(made, indent=2, allow_nan=False) + "\n"
    files.write(folder / gradescope.NAME, text)


def _tell_staff(report: Report) -> None:
    """Print what only staff may read; Gradescope shows them what is printed."""
    for flag in report.flags:
        _tell(f"flag: {flag}")
    for test in report.tests:
        if test.staff_message:
            print(f"\n{test.id}: {test.status}\n{_indented(test)}")
    sys.stdout.flush()


def _indented(test: TestResult) -> str:
    return "\n".join(f"    {line}" for line in test.staff_message.splitlines())


def _tell(sentence: str) -> None:
    print(f"autograder: {sentence}", flush=True)
