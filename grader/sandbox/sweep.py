"""Ending processes that no namespace holds together: by uid, or by session."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from grader.errors import InfrastructureError
from grader.sandbox import proc

#: for how long to sweep: an active fork bomb was measured to need two turns, and what was killed
#: may have to wait for a processor before it can end
SECONDS, LONGEST_PAUSE = 30.0, 0.1


class Entry(NamedTuple):
    """A line of the process table."""

    pid: int
    uid: int
    session: int


def all_of(uid: int) -> None:
    """Kill every process of a uid that is not ours."""
    _until_none(lambda entry: entry.uid == uid, lambda found: _kill_as(uid))


def session(leader: int) -> None:
    """Kill every process of a session. One that left it by `setsid` is not found."""
    _until_none(lambda entry: entry.session == leader, _kill_each)


def living() -> list[Entry]:
    """Return all processes but zombies."""
    entries = (_read(path) for path in Path("/proc").iterdir() if path.name.isdigit())
    return [entry for entry in entries if entry is not None]


def _until_none(
    chosen: Callable[[Entry], bool], kill: Callable[[list[Entry]], None], pause: float = 0.002
) -> None:
    deadline, turns = time.monotonic() + SECONDS, 0
    while found := [entry for entry in living() if chosen(entry)]:
        if time.monotonic() > deadline:
            raise InfrastructureError(
                f"process {found[0].pid} of uid {found[0].uid} survived SIGKILL, {turns} times in "
                f"{SECONDS:g} s: end it by hand, then grade again"
            )
        kill(found)
        time.sleep(min(pause * turns, LONGEST_PAUSE))
        turns += 1


def _kill_as(uid: int) -> None:
    """Become the uid and kill all it can: atomic for the kernel, so that forking does not help."""
    # a machine full of processes may refuse one more for a moment: the next turn tries again
    with contextlib.suppress(BlockingIOError):
        subprocess.run(
            ["/bin/sh", "-c", "kill -KILL -1"],
            user=uid,
            group=uid,
            extra_groups=[],
            env={},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def _kill_each(found: list[Entry]) -> None:
    for entry in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(entry.pid, signal.SIGKILL)


def _read(path: Path) -> Entry | None:
    try:
        fields = proc.fields(path)
        if fields[0] in "ZX":
            return None
        return Entry(int(path.name), path.stat().st_uid, int(fields[3]))
    except OSError:
        return None
