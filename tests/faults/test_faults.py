"""Faults against the real grader, each at a random moment: `make faults` has twenty of each.

By hand a few experiments run, which takes seconds; CI runs all of them once.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from parts import require

from tests.faults.experiments import EXPERIMENTS, Experiment
from tests.faults.runner import Suite

IN_CI = os.environ.get("CI") == "true"
QUICK = ("kill-grader", "kill-job", "kill-worker", "report-garbled")
CHOSEN = [e for e in EXPERIMENTS if IN_CI or e.id in QUICK]


@pytest.fixture(scope="module")
def suite(bubblewrap: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    return Suite(tmp_path_factory.mktemp("faults"), "bubblewrap")


@pytest.mark.parametrize("experiment", CHOSEN, ids=lambda experiment: experiment.id)
def test_nothing_is_lost_or_wrong_or_left(suite: Suite, experiment: Experiment) -> None:
    if experiment.needs_root:
        require(os.geteuid() == 0, "root")
    outcome = suite.repeat(experiment, "pytest")
    assert [(problem.kind, problem.text) for problem in outcome.problems] == [], outcome.done


def test_there_are_enough_experiments() -> None:
    assert len({experiment.id for experiment in EXPERIMENTS}) == len(EXPERIMENTS) >= 25
