"""The zip in the engine, as Gradescope runs it: samples score as in bubblewrap.

CI builds the image and hands in a few samples; `make gradescope` hands in all of them, and tries
the smallest container and a homework with native code.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import gradescope_kit as kit
import pytest
import samples_kit
from click.testing import CliRunner
from parts import require

from grader import cli
from grader.export import gradescope
from grader.results import Report

ROOT = Path(__file__).parents[1]
#: made by scripts/base-image
BASE = "needle-grader-base:latest"
#: an honest one, one with a mistake, one that attacks
FEW = ["hostile_reads_tests", "partial_power_scalar", "right"]
EVERYTHING = bool(os.environ.get("GRADESCOPE"))
NAMES = samples_kit.names() if EVERYTHING else FEW
#: more memory than the course allows students, as docs/gradescope.md asks for
ROOMY = ("--cpus", "1", "--memory", "2600m")

pytestmark = pytest.mark.skipif(
    not (EVERYTHING or os.environ.get("CI")),
    reason="builds an image, which takes minutes: make gradescope, or CI",
)
at_length = pytest.mark.skipif(not EVERYTHING, reason="takes minutes: make gradescope")


def _image(folder: Path, course: Path, name: str, base: str = BASE) -> Iterator[kit.Container]:
    require(shutil.which("docker") is not None, "a container engine")
    archive = folder / f"{name}.zip"
    words = ["export", name, str(archive), "--to", "gradescope", "--course", str(course)]
    done = CliRunner().invoke(cli.main, words)
    assert done.exit_code == 0, done.output
    built = kit.Container(archive, base, folder / "context")
    try:
        yield built
    finally:
        built.remove()


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not EVERYTHING:
        return ROOT
    return samples_kit.course(tmp_path_factory.mktemp("course")).parents[1]


@pytest.fixture(scope="module")
def hw1(course: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[kit.Container]:
    yield from _image(tmp_path_factory.mktemp("hw1"), course, "hw1")


@pytest.fixture(scope="module")
def reports(course: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Report]:
    """Return what the samples get here."""
    out = tmp_path_factory.mktemp("here")
    return samples_kit.grade(course / "assignments" / "hw1.toml", out, NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_scores_as_here(hw1, reports, name):
    outcome = hw1.hand_in(samples_kit.SAMPLES / name, options=ROOMY)
    assert outcome.error == "", outcome.stdout
    assert outcome.code == 0
    kit.check(outcome.results)
    expected = gradescope.results(reports[name])
    assert [essence[:3] for essence in outcome.tests()] == [
        kit.essence(test)[:3] for test in expected["tests"]
    ]
    assert outcome.score == outcome.total_shown == expected["score"]
    assert kit.SECRET not in json.dumps(outcome.results)


def test_the_build_says_that_it_works(hw1):
    assert "reference_solution: 100 of 100" in hw1.log, hw1.log[-3000:]


@at_length
def test_in_the_smallest_container_an_honest_student_is_graded(hw1):
    assert hw1.hand_in(samples_kit.SAMPLES / "right").score == 100


def test_a_run_that_would_be_stopped_stops_itself(hw1):
    outcome = hw1.hand_in(samples_kit.SAMPLES / "never_ends", seconds=25)
    assert outcome.error == "no_results"
    assert outcome.code == 3
    assert "Gradescope's time limit" in outcome.stdout


def test_without_landlock_there_is_no_score_and_no_zero(hw1, tmp_path):
    rules = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": []}
    names = ["landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"]
    rules["syscalls"] = [{"names": names, "action": "SCMP_ACT_ERRNO"}]
    profile = tmp_path / "no-landlock.json"
    profile.write_text(json.dumps(rules))
    options = [*ROOMY, "--security-opt", f"seccomp={profile}"]
    outcome = hw1.hand_in(samples_kit.SAMPLES / "right", options=options)
    assert outcome.error == "no_results"
    assert "no sandbox isolates" in outcome.stdout


@at_length
def test_native_code_is_compiled_there(hw1, tmp_path):
    # on the image of homework 1, which has everything but the compiler
    for image in _image(tmp_path, ROOT, "hw3", hw1.image):
        assert "reference_solution: 100 of 100" in image.log, image.log[-3000:]
        outcome = image.hand_in(ROOT / "reference_solution", options=ROOMY, seconds=1200)
        assert outcome.score == 100
