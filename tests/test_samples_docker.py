"""Samples score in docker as in bubblewrap, test by test: three by hand, all of them in CI."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from parts import require

from grader.results import Report
from grader.sandbox.docker import engine

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "examples/submissions/hw1"
#: an honest one, one that reaches a limit, one that attacks
BY_HAND = ("right", "eats_memory", "hostile_reads_tests")


def test_docker_scores_as_bubblewrap_does(tmp_path: Path) -> None:
    require(engine.answers(), "a container engine")
    require(shutil.which("bwrap") is not None, "bubblewrap")
    everything = sorted(path.name for path in SAMPLES.iterdir() if path.is_dir())
    names = everything if os.environ.get("CI") else BY_HAND
    docker, bubblewrap = (_graded(tmp_path, box, names) for box in ("docker", "bubblewrap"))
    for name in names:
        ours, theirs = (
            {test.id: (str(test.status), test.score) for test in reports[name].tests}
            for reports in (docker, bubblewrap)
        )
        assert ours == theirs, name


def _graded(folder: Path, box: str, names: tuple[str, ...] | list[str]) -> dict[str, Report]:
    out = folder / box
    samples = [str(SAMPLES / name) for name in names]
    command = [sys.executable, "-m", "grader", "grade", "hw1", *samples, "--out", str(out)]
    done = subprocess.run(
        [*command, "--sandbox", box], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return {name: Report.from_json((out / name / "report.json").read_text()) for name in names}
