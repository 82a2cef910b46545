"""Stop a sandbox for a while: what measures the time of others must not share the processor."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator

from grader.errors import ProcessesExceeded
from grader.sandbox import descent

#: seconds until all processes have to stand still
SECONDS = 2.0


@contextlib.contextmanager
def paused(root: int) -> Iterator[None]:
    """Stop everything that descends from process `root`, in whatever session it is."""
    stopped: set[int] = set()
    deadline = time.monotonic() + SECONDS
    try:
        # a process that forks while this looks has a child that the next look finds
        while moving := _moving(root):
            if time.monotonic() > deadline:
                raise ProcessesExceeded(
                    f"{len(moving)} processes could not be stopped within {SECONDS:g} s, and the "
                    "time is measured while nothing of yours runs: end what you start"
                )
            for pid in moving:
                _signal(pid, signal.SIGSTOP)
            stopped.update(moving)
            time.sleep(0.001)
        yield
    finally:
        for pid in stopped:
            _signal(pid, signal.SIGCONT)


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _moving(root: int) -> list[int]:
    """Return the descendants of a process that are neither stopped nor dead."""
    return [pid for pid, state in descent.states(root).items() if state not in "TtZX"]
