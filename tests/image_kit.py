"""The image that grades by itself, run as docs/containers.md says."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from parts import require

from grader.results import Report, Status
from grader.sandbox.docker import engine

#: made by `make image`
IMAGE = "needle-grader"
CAPABILITIES = ("SETUID", "SETGID", "KILL", "CHOWN", "DAC_OVERRIDE", "FOWNER")

#: test -> how it ended, and its score
Verdicts = Mapping[str, tuple[str, float]]


def require_image() -> None:
    """Skip or fail without the image."""
    require(engine.answers(), "a container engine")
    found = engine.Engine(engine.address()).image(f"{IMAGE}:latest")
    require(found is not None, f"the image {IMAGE}: make image")


def grade(homework: str, submission: Path, results: Path) -> Verdicts:
    """Grade a submission in one container; `results` is a folder to be made."""
    results.mkdir(parents=True)
    rights = [word for name in CAPABILITIES for word in ("--cap-add", name)]
    command = ["docker", "run", "--rm", "--init", "--network", "none", "--cap-drop", "ALL", *rights]
    command += ["-v", f"{submission}:/autograder/submission:ro"]
    command += ["-v", f"{results}:/autograder/results", IMAGE, homework]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    assert (results / "results.json").is_file()
    return verdicts(results)


def verdicts(folder: Path) -> Verdicts:
    """Read what a report says of each test."""
    report = Report.from_json((folder / "report.json").read_text())
    return {test.id: (_word(test.status), test.score) for test in report.tests}


def _word(status: Status) -> str:
    # a worker that is killed while it answers has said half a word, or none: the kernel's choice
    return "crashed" if status is Status.PROTOCOL else str(status)
