"""What befalls files, ours and students': the real grader, at a random moment."""

from __future__ import annotations

from tests.faults import kit
from tests.faults.experiments import FILES, Experiment
from tests.faults.runner import Suite


@kit.each(FILES)
def test_nothing_is_lost_or_wrong_or_left(suite: Suite, experiment: Experiment) -> None:
    kit.check(suite, experiment)
