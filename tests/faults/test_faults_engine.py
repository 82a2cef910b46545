"""What befalls a container engine, one of our own, while it grades: at a random moment."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from parts import require

from tests.faults import kit
from tests.faults.experiments import ENGINE, EXPERIMENTS, PROCESSES, Experiment
from tests.faults.runner import Outcome, Suite

#: of what befalls processes, too; `make faults` has all
SOME = ("kill-grader", "kill-job", "kill-init", "kill-worker", "kill-group")
#: repetitions at the same time
JOBS = 3


@pytest.fixture(scope="module")
def outcomes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, Future[Outcome]]]:
    """Make all repetitions that are asked for, some at the same time: they wait for most of it."""
    require(shutil.which("dockerd") is not None and os.geteuid() == 0, "root and dockerd")
    specs = [getattr(i, "callspec", None) for i in request.session.items if i.path == request.path]
    wanted: list[Experiment] = [spec.params["experiment"] for spec in specs if spec is not None]
    with (
        Suite(tmp_path_factory.mktemp("faults"), "docker") as suite,
        ThreadPoolExecutor(JOBS) as pool,
    ):
        yield {each.id: pool.submit(suite.repeat, each, "pytest") for each in wanted}


@kit.each([*ENGINE, *(e for e in PROCESSES if e.id in SOME)], "docker")
def test_nothing_is_lost_or_wrong_or_left(
    outcomes: Mapping[str, Future[Outcome]], experiment: Experiment
) -> None:
    kit.hold(outcomes[experiment.id].result())


def test_there_are_enough_experiments() -> None:
    assert len({experiment.id for experiment in EXPERIMENTS}) == len(EXPERIMENTS) >= 25
