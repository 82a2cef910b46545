"""What may not remain of a run: processes, containers, mounts, control groups, files."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from grader.sandbox.docker import engine, reaper

#: what attacks would leave outside their own folders
TRACES = (
    "/tmp/escaped.py",
    "/tmp/pwned",
    "/tmp/rt_hook",
    "/tmp/rt_planted",
    "/tmp/startup-hook-ran",
    "/tmp/.mark",
)


def find(temporary: Path, around: Path, daemon: str, grader: int) -> list[str]:
    """Return what remains of a run: temporary files below `temporary`, all files below `around`.

    `daemon` is the name of the run's own daemons, `grader` the process id that its grader had:
    other graders and the negative controls may run beside it.
    """
    return [
        *_processes(str(temporary), daemon),
        *_containers(str(temporary)),
        *_mounts(str(temporary)),
        *_groups(grader),
        *_files(temporary, around),
    ]


def _processes(mark: str, daemon: str) -> Iterator[str]:
    """Yield processes that see a mount of the run, are in its folders, or are a daemon."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            is_there = os.readlink(folder / "cwd").startswith(mark)
            is_there |= mark in (folder / "mountinfo").read_text(errors="replace")
            name = (folder / "comm").read_text(errors="replace").strip()
            if is_there or name == daemon:
                yield f"process {folder.name} ({name})"


def _containers(mark: str) -> Iterator[str]:
    """Yield containers that show a folder of the run."""
    if engine.answers():
        for found in engine.Engine(engine.address()).labelled(reaper.OWNER):
            if any(mount.get("Source", "").startswith(mark) for mount in found["Mounts"]):
                yield f"container {found['Id'][:12]}"


def _mounts(mark: str) -> Iterator[str]:
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return (f"mount {line}" for line in lines if mark in line)


def _groups(grader: int) -> Iterator[str]:
    """Yield control groups of the run's grader; other graders, killed ones too, have their own."""
    for folder in Path("/sys/fs/cgroup").glob(f"**/grader-*-{grader}-*"):
        yield f"control group {folder}"


def _files(temporary: Path, around: Path) -> Iterator[str]:
    yield from (f"file {path}" for path in temporary.rglob("*"))
    yield from (f"file {path}" for path in TRACES if Path(path).exists())
    yield from (f"file {path}" for path in around.rglob("escaped.py"))
