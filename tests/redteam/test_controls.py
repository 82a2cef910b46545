"""Negative controls: an attack that has one succeeds against a grader built the usual way.

A run by hand leaves out those in native code, which have to be compiled.
"""

from __future__ import annotations

import os

import pytest

from tests.redteam import runner, weak
from tests.redteam.corpus import Attack
from tests.redteam.weak import Weakness

ALL = weak.controlled()
CONTROLLED = [attack for attack in ALL if os.environ.get("CI") or not attack.is_native]


@pytest.fixture(scope="module")
def weaknesses() -> dict[str, Weakness]:
    reason = runner.available("bubblewrap")
    if reason and os.environ.get("CI") != "true":
        pytest.skip(f"attacks are let loose only where nothing can be harmed: {reason}")
    return weak.run(CONTROLLED)


@pytest.mark.parametrize("attack", CONTROLLED, ids=lambda attack: attack.name)
def test_attack_beats_a_weak_grader(weaknesses: dict[str, Weakness], attack: Attack) -> None:
    found = weaknesses[attack.id]
    assert found.succeeded, found.verdict


def test_there_are_controls() -> None:
    assert len(ALL) >= 65
    assert sum(attack.is_native for attack in ALL) >= 10
