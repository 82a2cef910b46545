"""What is claimed of every back end, for the test files that let the red team loose on one each."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest

from tests.redteam import runner
from tests.redteam.corpus import Attack
from tests.redteam.runner import Campaign


def campaign(backend: str, attacks: Sequence[Attack]) -> Campaign:
    """Run attacks; where the back end is missing, skip, but fail in CI."""
    reason = runner.available(backend)
    if reason and os.environ.get("CI") != "true":
        pytest.skip(reason)
    return runner.run(attacks, backend=backend)


def attack_does_not_win(campaign: Campaign, attack: Attack) -> None:
    """The score is what the honest part earns, and nothing else is told or spoiled."""
    problems = runner.problems(campaign.outcomes[attack.id], campaign.course)
    if problems and not runner.is_win(campaign.outcomes[attack.id], campaign.course):
        # an honest part that lost points on a busy machine; a win is never tried again
        print("tried again:", problems)
        campaign = runner.run([attack], backend=campaign.backend)
        problems = runner.problems(campaign.outcomes[attack.id], campaign.course)
    assert problems == [], problems


def nothing_comes_of_it(campaign: Campaign) -> None:
    """Nothing remains, nobody called home, and the command says what happened."""
    assert list(campaign.remains) == []
    assert list(campaign.heard) == []
    assert "\x1b]52" not in campaign.printed
    refused = any(o.attack.outcome == "rejected" for o in campaign.outcomes.values())
    # some submissions are refused, none is broken
    assert campaign.code == int(refused), campaign.printed
