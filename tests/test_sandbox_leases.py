"""Uids of sandboxes: exclusive, of no account, and of one back end only."""

from __future__ import annotations

import itertools
import pwd
from pathlib import Path

import pytest

from grader import sandbox
from grader.errors import SandboxUnavailable
from grader.sandbox import leases


@pytest.fixture(autouse=True)
def own_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else takes or returns a uid meanwhile."""
    monkeypatch.setattr(leases, "runtime_folder", lambda: tmp_path)


def test_leases_are_exclusive_and_come_back() -> None:
    one, two = leases.take("process"), leases.take("process")
    assert one.uid != two.uid
    one.close()
    one.close()
    three = leases.take("process")
    assert three.uid == one.uid
    two.close(), three.close()


def test_no_uid_of_an_account_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "uids", lambda _backend: iter([0]))
    with pytest.raises(SandboxUnavailable, match="all uids of sandbox docker are in use"):
        leases.take("docker")


def test_every_back_end_has_uids_that_no_other_one_has() -> None:
    assert set(leases.USERS) == set(sandbox.BACKENDS)
    ranges = [set(leases.uids(name)) for name in sandbox.BACKENDS]
    assert all(len(found) >= leases.FEW_EACH for found in ranges)
    assert all(not one & other for one, other in itertools.combinations(ranges, 2))


def test_uids_are_nobody_elses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "_namespace", lambda: leases.OUTERMOST)
    every = set().union(*map(leases.uids, leases.USERS))
    assert not every & {entry.pw_uid for entry in pwd.getpwall()}
    # Source: https://systemd.io/UIDS-GIDS
    assert not any(61_184 <= uid <= 65_535 or uid >= 100_000 for uid in every)


def test_a_uid_that_is_not_mapped_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "_mapped", lambda: ((0, 65_536),))
    assert max(leases.uids("container")) < 65_536
    monkeypatch.setattr(leases, "_mapped", lambda: ((0, 1),))
    with pytest.raises(SandboxUnavailable, match="lower --jobs"):
        leases.take("container")


def test_containers_have_uids_that_neither_the_machine_nor_another_one_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(leases, "_mapped", lambda: ((0, 2**32 - 1),))
    ranges = []
    # the machine, the first namespaces that the kernel numbers, and the last that has uids
    for number in (0, 4, 5, leases.INNER_COUNT - 1):
        monkeypatch.setattr(leases, "_namespace", lambda number=number: leases.OUTERMOST + number)
        ranges += [set(leases.uids(name)) for name in leases.USERS]
    assert all(ranges)
    assert all(not one & other for one, other in itertools.combinations(ranges, 2))
    # more, and an engine refuses them
    assert max(set().union(*ranges)) < 2**31


def test_a_container_without_those_uids_has_the_usual_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "_mapped", lambda: ((0, 65_536),))
    monkeypatch.setattr(leases, "_namespace", lambda: leases.OUTERMOST + 4)
    assert next(leases.uids("bubblewrap")) == leases.FEW
