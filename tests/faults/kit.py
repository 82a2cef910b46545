"""What the files of tests share, which are several so that they can run beside each other.

By hand a few experiments run, which takes seconds; CI runs each once. `make faults` has twenty.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest
from parts import require

from tests.faults.experiments import Experiment
from tests.faults.runner import Outcome, Suite

IN_CI = os.environ.get("CI") == "true"
#: those that run by hand
QUICK = ("kill-grader", "kill-job", "kill-worker", "report-garbled")


def each(experiments: Sequence[Experiment], sandbox: str = "bubblewrap") -> pytest.MarkDecorator:
    """Let a test run for each experiment that is made with a back end."""
    quick = QUICK if sandbox == "bubblewrap" else ()
    chosen = [e for e in experiments if sandbox in e.sandboxes and (IN_CI or e.id in quick)]
    return pytest.mark.parametrize("experiment", chosen, ids=lambda experiment: experiment.id)


def check(suite: Suite, experiment: Experiment) -> None:
    """Make one repetition, and hold it to the invariants."""
    require(not experiment.lacks, experiment.lacks)
    hold(suite.repeat(experiment, "pytest"))


def hold(outcome: Outcome) -> None:
    """Fail if an invariant did not hold."""
    if outcome.problems:
        found = [f"{problem.kind}: {problem.text}" for problem in outcome.problems]
        pytest.fail("\n".join([f"done: {outcome.done}", *found]), pytrace=False)
