"""Attacks against the real grader: none may win, and none may leave anything behind.

All of them take minutes. So CI and `make redteam` run all, and a run by hand every second one.
"""

from __future__ import annotations

import os

import pytest

from tests.redteam import claims, corpus
from tests.redteam.corpus import Attack
from tests.redteam.runner import Campaign

ALL = corpus.attacks()
ATTACKS = ALL if os.environ.get("CI") else ALL[::2]


@pytest.fixture(scope="module")
def campaign() -> Campaign:
    return claims.campaign("bubblewrap", ATTACKS)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_attack_does_not_win(campaign: Campaign, attack: Attack) -> None:
    claims.attack_does_not_win(campaign, attack)


def test_nothing_comes_of_it(campaign: Campaign) -> None:
    claims.nothing_comes_of_it(campaign)


def test_attacks_are_real() -> None:
    """Each attack has an id, code or an archive, and a sentence that says how it works."""
    assert len({attack.id for attack in ALL}) == len(ALL) >= 170
    for attack in ALL:
        parts = ("attack.py", "archive.py", "simple_ml.py", "files.toml", "native.cc")
        assert any((attack.folder / part).exists() for part in parts), attack.name
        assert attack.how.endswith("."), attack.name


def test_back_ends_are_attacked_where_they_differ() -> None:
    chosen = {attack.id for attack in corpus.on_the_sandbox()}
    assert len(ALL) / 4 < len(chosen) < len(ALL) / 2
    assert {"E1", "E3.2", "E10.2", "N5", "R1.2", "T16.2", "T18", "X3"} <= chosen
