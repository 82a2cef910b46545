"""What may not remain of a run: processes, mounts, control groups, files."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator
from pathlib import Path

#: what attacks would leave outside their own folders
TRACES = (
    "/tmp/escaped.py",
    "/tmp/pwned",
    "/tmp/rt_hook",
    "/tmp/rt_planted",
    "/tmp/startup-hook-ran",
    "/tmp/.mark",
)


def find(temporary: Path, around: Path, daemon: str) -> list[str]:
    """Return what remains of a run: temporary files below `temporary`, all files below `around`.

    `daemon` is the name of the run's own daemons: the negative controls may run beside it.
    """
    return [
        *_processes(str(temporary), daemon),
        *_mounts(str(temporary)),
        *_groups(),
        *_files(temporary, around),
    ]


def _processes(mark: str, daemon: str) -> Iterator[str]:
    """Yield processes that see a mount of the run, or are named like the daemon of its attacks."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            mounted = mark in (folder / "mountinfo").read_text()
            name = (folder / "comm").read_text().strip()
            if mounted or name == daemon:
                yield f"process {folder.name} ({name})"


def _mounts(mark: str) -> Iterator[str]:
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return (f"mount {line}" for line in lines if mark in line)


def _groups() -> list[str]:
    """Return control groups whose grader is no more, and which no grader removes in a while.

    Another test may have killed its grader just now; the next one to start cleans up behind it.
    """
    deadline = time.monotonic() + 30
    while (left := list(_orphaned_groups())) and time.monotonic() < deadline:
        time.sleep(0.5)
    return left


def _orphaned_groups() -> Iterator[str]:
    for folder in Path("/sys/fs/cgroup").glob("**/grader-*"):
        found = re.fullmatch(r"grader-\d+-(\d+)-\d+-\w+", folder.name)
        if found and not Path(f"/proc/{found[1]}").exists():
            yield f"control group {folder}"


def _files(temporary: Path, around: Path) -> Iterator[str]:
    yield from (f"file {path}" for path in temporary.rglob("*"))
    yield from (f"file {path}" for path in TRACES if Path(path).exists())
    yield from (f"file {path}" for path in around.rglob("escaped.py"))
