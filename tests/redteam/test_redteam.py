"""Attacks against the real grader: none may win, and none may leave anything behind.

All of them take minutes. So CI and `make redteam` run all, and a run by hand every second one.
"""

from __future__ import annotations

import os

import pytest

from tests.redteam import corpus, runner
from tests.redteam.corpus import Attack
from tests.redteam.runner import Campaign

ALL = corpus.attacks()
ATTACKS = ALL if os.environ.get("CI") else ALL[::2]
BACKENDS = ("bubblewrap",)


@pytest.fixture(scope="module", params=BACKENDS)
def campaign(request: pytest.FixtureRequest) -> Campaign:
    reason = runner.available(request.param)
    if reason and os.environ.get("CI") != "true":
        pytest.skip(reason)
    return runner.run(ATTACKS, backend=request.param)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_attack_does_not_win(campaign: Campaign, attack: Attack) -> None:
    assert runner.problems(campaign.outcomes[attack.id], campaign.course) == []


def test_nothing_remains(campaign: Campaign) -> None:
    assert list(campaign.remains) == []


def test_nobody_called_home(campaign: Campaign) -> None:
    assert list(campaign.heard) == []


def test_command_says_what_happened(campaign: Campaign) -> None:
    assert campaign.code == 1, campaign.printed  # some submissions are refused, none is broken
    assert "\x1b]52" not in campaign.printed


def test_attacks_are_real() -> None:
    """Each attack has an id, code or an archive, and a sentence that says how it works."""
    assert len({attack.id for attack in ALL}) == len(ALL) >= 120
    for attack in ALL:
        parts = ("attack.py", "archive.py", "simple_ml.py", "files.toml", "native.cc")
        assert any((attack.folder / part).exists() for part in parts), attack.name
        assert attack.how.endswith("."), attack.name
