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

import image_kit
import pytest
from parts import require

from grader.results import Status
from grader.sandbox.docker import engine

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "examples/submissions/hw1"
#: an honest one, one that reaches a limit, one that attacks
BY_HAND = ("right", "eats_memory", "hostile_reads_tests")
IN_CI = bool(os.environ.get("CI"))

in_ci = pytest.mark.skipif(not IN_CI, reason="takes minutes: CI only")


@pytest.fixture(scope="module")
def bubblewrap(tmp_path_factory: pytest.TempPathFactory) -> dict[str, image_kit.Verdicts]:
    require(shutil.which("bwrap") is not None, "bubblewrap")
    return _graded(tmp_path_factory.mktemp("bubblewrap"), "bubblewrap")


def test_docker_scores_as_bubblewrap_does(
    tmp_path: Path, bubblewrap: dict[str, image_kit.Verdicts]
) -> None:
    require(engine.answers(), "a container engine")
    assert _differences(_graded(tmp_path, "docker"), bubblewrap) == []


@in_ci
def test_process_scores_honest_samples_as_bubblewrap_does(
    tmp_path: Path, bubblewrap: dict[str, image_kit.Verdicts]
) -> None:
    # it does not isolate, and says so: a sample that attacks reads the tests of this checkout
    honest = [name for name in bubblewrap if not name.startswith("hostile_")]
    assert _differences(_graded(tmp_path, "process", names=honest), bubblewrap) == []


@in_ci
def test_the_student_image_scores_as_bubblewrap_does(
    tmp_path: Path, bubblewrap: dict[str, image_kit.Verdicts]
) -> None:
    image_kit.require_image()
    image = ("--image", f"{image_kit.IMAGE}-worker")
    graded = _graded(tmp_path, "docker", *image, names=BY_HAND)
    assert _differences(graded, bubblewrap) == []


@in_ci
def test_one_container_scores_as_bubblewrap_does(
    tmp_path: Path, bubblewrap: dict[str, image_kit.Verdicts]
) -> None:
    image_kit.require_image()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        jobs = {
            name: pool.submit(image_kit.grade, "hw1", SAMPLES / name, tmp_path / name)
            for name in bubblewrap
        }
    graded = {name: job.result() for name, job in jobs.items()}
    assert _differences(graded, bubblewrap) == []


def _differences(
    ours: Mapping[str, image_kit.Verdicts], theirs: Mapping[str, image_kit.Verdicts]
) -> list[tuple[object, ...]]:
    return [
        (name, test, verdicts.get(test), theirs[name].get(test))
        for name, verdicts in ours.items()
        for test in verdicts.keys() | theirs[name].keys()
        if _differ(verdicts.get(test), theirs[name].get(test))
    ]


def _differ(one: tuple[str, float] | None, other: tuple[str, float] | None) -> bool:
    """Compare two verdicts; one that a busy machine made late tells nothing of the back end."""
    if one is None or other is None:
        return one != other
    return one != other and Status.TIMEOUT not in (one[0], other[0])


def _graded(
    folder: Path, box: str, *options: str, names: Sequence[str] = ()
) -> dict[str, image_kit.Verdicts]:
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
    return {name: image_kit.verdicts(folder / name) for name in chosen}
