"""The fake: a complete back end that isolates nothing, for tests. It is never offered to users.

Mount targets are not made. Parts of the command, and the working directory, that begin with a
target are given as the source instead; paths that travel in the protocol should be relative to the
working directory.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import time
from collections.abc import Sequence
from typing import Any

from grader.errors import Crashed, MemoryExceeded, StudentFault
from grader.sandbox import descent
from grader.sandbox.base import ENVIRONMENT, Limits, Mount, Running, Sandbox


class FakeRunning(Running):
    """A plain child process."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        pipes: list[Any] = [process.stdin, process.stdout, process.stderr]
        self.stdin, self.stdout, self.stderr = (os.dup(pipe.fileno()) for pipe in pipes)
        for pipe in pipes:
            pipe.close()

    def kill(self) -> None:
        """Stop the worker, kill what descends from it, then kill it: orphans come to it."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGSTOP)
        while left := _living_descendants(self.process.pid):
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.001)
        self.process.kill()
        self.process.wait()

    def fault(self) -> StudentFault | None:
        """Say how the process ended."""
        try:
            code = self.process.wait(2.0)
        except subprocess.TimeoutExpired:
            return None
        if code == -signal.SIGKILL:
            return MemoryExceeded("The process was killed, as it is when memory runs out.")
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        return Crashed(f"The student's process ended with {how}.", code=code if code >= 0 else None)


class FakeSandbox(Sandbox):
    """Runs the command as a child process with this user's rights."""

    name = "fake"

    def start(
        self, command: Sequence[str], *, mounts: Sequence[Mount], workdir: str, limits: Limits
    ) -> FakeRunning:
        """Start `command`."""
        process = subprocess.Popen(
            [_translated(part, mounts) for part in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=_translated(workdir, mounts),
            env={"PATH": ENVIRONMENT["PATH"]},
            start_new_session=True,
        )
        for kind, value in (
            (resource.RLIMIT_DATA, limits.memory),
            (resource.RLIMIT_FSIZE, limits.file_size),
            (resource.RLIMIT_NOFILE, limits.open_files),
        ):
            resource.prlimit(process.pid, kind, (value, value))
        return FakeRunning(process)


def _translated(path: str, mounts: Sequence[Mount]) -> str:
    for mount in mounts:
        if path == mount.target or path.startswith(mount.target.rstrip("/") + "/"):
            return str(mount.source) + path[len(mount.target.rstrip("/")) :]
    return path


def _living_descendants(root: int) -> list[int]:
    """Return the processes below `root` that are not zombies."""
    return [pid for pid, state in descent.states(root).items() if state not in "ZX"]
