"""Samples score in every back end as in bubblewrap, test by test: three by hand, all in CI.

The image that grades by itself is run in CI alone, where `make image` has built it.
"""

from __future__ import annotations

import concurrent.futures
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from parts import require

from grader.results import Report, Status
from grader.sandbox.docker import engine

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "examples/submissions/hw1"
#: an honest one, one that reaches a limit, one that attacks
BY_HAND = ("right", "eats_memory", "hostile_reads_tests")
IN_CI = bool(os.environ.get("CI"))
#: homeworks of which the reference alone is graded by the image
OTHERS = ("hw0", "hw2", "hw3", "hw4", "hw4_extra")
#: made by `make image`
IMAGE = "needle-grader"
CAPABILITIES = ("SETUID", "SETGID", "KILL", "CHOWN", "DAC_OVERRIDE", "FOWNER")

Verdicts = Mapping[str, tuple[str, float]]

in_ci = pytest.mark.skipif(not IN_CI, reason="takes minutes: CI only")


@pytest.fixture(scope="module")
def bubblewrap(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Verdicts]:
    require(shutil.which("bwrap") is not None, "bubblewrap")
    return _graded(tmp_path_factory.mktemp("bubblewrap"), "bubblewrap")


def test_docker_scores_as_bubblewrap_does(tmp_path: Path, bubblewrap: dict[str, Verdicts]) -> None:
    require(engine.answers(), "a container engine")
    assert _graded(tmp_path, "docker") == bubblewrap


@in_ci
def test_process_scores_as_bubblewrap_does(tmp_path: Path, bubblewrap: dict[str, Verdicts]) -> None:
    assert _graded(tmp_path, "process") == bubblewrap


@in_ci
def test_the_student_image_scores_as_bubblewrap_does(
    tmp_path: Path, bubblewrap: dict[str, Verdicts]
) -> None:
    _require_image()
    image = ("--image", f"{IMAGE}-worker")
    for name, verdicts in _graded(tmp_path, "docker", *image, names=BY_HAND).items():
        assert verdicts == bubblewrap[name], name


@in_ci
def test_one_container_scores_as_bubblewrap_does(
    tmp_path: Path, bubblewrap: dict[str, Verdicts]
) -> None:
    _require_image()
    jobs = [("hw1", SAMPLES / name, tmp_path / name) for name in bubblewrap]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        graded = dict(zip(bubblewrap, pool.map(_in_one_container, jobs), strict=True))
    assert graded == bubblewrap


@in_ci
@pytest.mark.parametrize("homework", OTHERS)
def test_the_reference_passes_in_one_container(homework: str, tmp_path: Path) -> None:
    _require_image()
    leftovers = shutil.ignore_patterns("__pycache__", "*.so")
    given = shutil.copytree(ROOT / "reference_solution", tmp_path / "given", ignore=leftovers)
    verdicts = _in_one_container((homework, Path(given), tmp_path / "results"))
    lost = {
        test: status
        for test, (status, _) in verdicts.items()
        if status not in (Status.PASSED, Status.SKIPPED)
    }
    assert lost == {}
    assert any(status == Status.PASSED for status, _ in verdicts.values())


def _require_image() -> None:
    require(engine.answers(), "a container engine")
    found = engine.Engine(engine.address()).image(f"{IMAGE}:latest")
    require(found is not None, f"the image {IMAGE}: make image")


def _graded(
    folder: Path, box: str, *options: str, names: Sequence[str] = ()
) -> dict[str, Verdicts]:
    everything = sorted(path.name for path in SAMPLES.iterdir() if path.is_dir())
    chosen = names or (everything if IN_CI else BY_HAND)
    samples = [str(SAMPLES / name) for name in chosen]
    command = [sys.executable, "-m", "grader", "grade", "hw1", *samples, "--out", str(folder)]
    done = subprocess.run(
        [*command, "--sandbox", box, *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return {name: _verdicts(folder / name) for name in chosen}


def _in_one_container(job: tuple[str, Path, Path]) -> Verdicts:
    homework, submission, results = job
    results.mkdir(parents=True)
    rights = [word for name in CAPABILITIES for word in ("--cap-add", name)]
    command = ["docker", "run", "--rm", "--init", "--network", "none", "--cap-drop", "ALL", *rights]
    mounts = [
        "-v",
        f"{submission}:/autograder/submission:ro",
        "-v",
        f"{results}:/autograder/results",
    ]
    done = subprocess.run(
        [*command, *mounts, IMAGE, homework], capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    assert (results / "results.json").is_file()
    return _verdicts(results)


def _verdicts(folder: Path) -> Verdicts:
    report = Report.from_json((folder / "report.json").read_text())
    return {test.id: (_word(test.status), test.score) for test in report.tests}


def _word(status: Status) -> str:
    # a worker that is killed while it answers has said half a word, or none: the kernel's choice
    return "crashed" if status is Status.PROTOCOL else str(status)
