"""Control groups: finding them in either version, on folders that look like them, and for real."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from grader.errors import MemoryExceeded, ProcessesExceeded
from grader.sandbox import cgroup, owner
from grader.sandbox.base import Limits


def test_version_1_is_read() -> None:
    membership = "9:name=systemd:/\n8:pids:/\n4:memory:/user/x\n0::/\n"
    mounts = (
        "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
        "39 31 0:36 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
        "22 31 0:5 / /proc rw - proc proc rw\n"
    )
    assert cgroup._memberships(membership)["memory"] == "/user/x"
    found = list(cgroup._hierarchies(mounts))
    assert [(sorted(names & {"memory", "pids"}), str(path)) for names, _, path in found] == [
        (["memory"], "/sys/fs/cgroup/memory"),
        (["pids"], "/sys/fs/cgroup/pids"),
    ]


def test_version_2_takes_the_nearest_ancestor_that_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[Path] = []

    def works(folder: Path, controllers: list[str]) -> bool:
        tried.append(folder)
        return folder == tmp_path / "user" and controllers == ["memory", "pids"]

    monkeypatch.setattr(cgroup, "_works", works)
    mounts = f"30 23 0:26 / {tmp_path} rw - cgroup2 cgroup2 rw\n"
    found = cgroup._parents("0::/user/session\n", mounts)
    assert found == {"memory": tmp_path / "user", "pids": tmp_path / "user"}
    assert tried == [tmp_path / "user" / "session", tmp_path / "user"]


def test_a_hierarchy_without_the_controller_does_not_hide_the_one_that_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unified, memory = tmp_path / "unified", tmp_path / "memory"
    for folder in (unified / "box", memory / "box"):
        folder.mkdir(parents=True)
    (memory / "box" / "memory.limit_in_bytes").touch()
    mounts = [(frozenset[str](), "/", unified), (frozenset({"memory"}), "/", memory)]
    monkeypatch.setattr(cgroup, "_hierarchies", lambda _: mounts)
    monkeypatch.setattr(cgroup, "_memberships", lambda _: {"": "/box", "memory": "/box"})
    assert cgroup.of(os.getpid()).controllers == {"memory"}


def test_nothing_in_reach_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroup, "_works", lambda *_arguments: False)
    assert cgroup._parents(Path("/proc/self/cgroup").read_text(), "") == {}
    monkeypatch.setattr(cgroup, "parents", dict)
    assert cgroup.missing() == ("memory", "pids")
    assert cgroup.create(Limits()).controllers == frozenset()


def test_version_2_limits_and_events(tmp_path: Path) -> None:
    for name in ("memory.max", "memory.swap.max", "pids.max"):
        (tmp_path / name).write_text("max")
    group = cgroup.Group({"memory": tmp_path, "pids": tmp_path})
    group.limit(Limits(memory=1 << 20, processes=5))
    assert (tmp_path / "memory.max").read_text() == str(1 << 20)
    assert (tmp_path / "memory.swap.max").read_text() == "0"
    assert (tmp_path / "pids.max").read_text() == str(5 + cgroup.OVERHEAD)
    assert group.fault() is None
    (tmp_path / "pids.events").write_text("max 3\n")
    assert isinstance(group.fault(), ProcessesExceeded)
    (tmp_path / "memory.events").write_text("low 0\noom 1\noom_kill 1\n")
    assert isinstance(group.fault(), MemoryExceeded)


@pytest.mark.skipif(bool(cgroup.missing()), reason="no control group is writable")
def test_groups_of_a_grader_that_is_gone_are_removed() -> None:
    with subprocess.Popen(["/bin/sleep", "60"]) as member:
        parts = owner.new_name().split("-")
        parent = cgroup.parents()["pids"]
        left = parent / "-".join([*parts[:3], "1", *parts[4:]])
        left.mkdir()
        (left / "cgroup.procs").write_text(str(member.pid))
        kept = cgroup.create(Limits())
        cgroup._reap(parent)
        assert not left.exists()
        assert member.wait() == -9
        assert all(folder.exists() for folder in kept._folders.values())
        kept.remove()
        kept.remove()


def test_names_tell_the_living_from_the_gone() -> None:
    name = owner.new_name()
    assert not owner.is_abandoned(name)
    prefix, namespace, pid, start, serial = name.split("-")
    assert pid == str(os.getpid())
    assert owner.is_abandoned(f"{prefix}-{namespace}-{pid}-1{start}-{serial}")
    # another namespace may be another machine: not ours to judge
    assert not owner.is_abandoned(f"{prefix}-1{namespace}-{pid}-1{start}-{serial}")
    assert not owner.is_abandoned("something-else")
