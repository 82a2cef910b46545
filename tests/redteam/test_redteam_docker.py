"""Attacks on the sandbox itself, where it is back end docker. CI and `make redteam` run them."""

from __future__ import annotations

import os

import pytest

from tests.redteam import claims, corpus
from tests.redteam.corpus import Attack
from tests.redteam.runner import Campaign

ATTACKS = corpus.on_the_sandbox()
pytestmark = pytest.mark.skipif("CI" not in os.environ, reason="takes minutes; CI runs it")


@pytest.fixture(scope="module")
def campaign() -> Campaign:
    return claims.campaign("docker", ATTACKS)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_attack_does_not_win(campaign: Campaign, attack: Attack) -> None:
    claims.attack_does_not_win(campaign, attack)


def test_nothing_comes_of_it(campaign: Campaign) -> None:
    claims.nothing_comes_of_it(campaign)
