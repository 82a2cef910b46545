"""What the back ends share: start a process on three pipes, wait for it, say how it ended."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import subprocess
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from grader.errors import Crashed
from grader.sandbox.base import Limits


class Pipes(NamedTuple):
    """Our ends of a command's standard input, output and error."""

    stdin: int
    stdout: int
    stderr: int

    def close(self) -> None:
        """Close all three."""
        for descriptor in self:
            os.close(descriptor)


def spawn(
    argv: Sequence[str], *, pass_fds: Sequence[int] = (), env: Mapping[str, str] | None = None
) -> tuple[subprocess.Popen[bytes], Pipes]:
    """Start a program with its pipes, `pass_fds` and `env`, and nothing else of ours."""
    theirs_in, ours_in = os.pipe2(os.O_CLOEXEC)
    ours_out, theirs_out = os.pipe2(os.O_CLOEXEC)
    ours_err, theirs_err = os.pipe2(os.O_CLOEXEC)
    pipes = Pipes(ours_in, ours_out, ours_err)
    try:
        process = subprocess.Popen(
            argv,
            stdin=theirs_in,
            stdout=theirs_out,
            stderr=theirs_err,
            pass_fds=pass_fds,
            env=env or {},
            cwd="/",
            # folders that bwrap makes must be passable by other uids
            umask=0o022,
            # an interrupt typed at the terminal is for the grader, not for what it runs
            start_new_session=True,
        )
    except OSError:
        pipes.close()
        raise
    finally:
        for descriptor in (theirs_in, theirs_out, theirs_err):
            os.close(descriptor)
    return process, pipes


def pipe(stack: contextlib.ExitStack) -> tuple[IO[bytes], IO[bytes]]:
    """Return both ends of a pipe as files that `stack` closes."""
    out, in_ = os.pipe2(os.O_CLOEXEC)
    return stack.enter_context(open(out, "rb")), stack.enter_context(open(in_, "wb"))


def resource_limits(limits: Limits, groups: Collection[str]) -> dict[str, int]:
    """Return the limits of one process, by prlimit's names; `groups` limit the whole sandbox."""
    values = {"core": 0, "memlock": 0, "msgqueue": 0}
    values |= {"nofile": limits.open_files, "fsize": limits.file_size}
    if "memory" not in groups:
        values["as"] = limits.memory
    if "pids" not in groups:
        values["nproc"] = limits.processes + _others()
    return values


def _others() -> int:
    """Count what the kernel adds to a sandbox's processes: before 5.14, all of the same user."""
    release = tuple(map(int, re.findall(r"\d+", os.uname().release)[:2]))
    if release >= (5, 14):
        return 0
    own = (path for path in Path("/proc").glob("[0-9]*") if _owner(path) == os.geteuid())
    return sum(1 for path in own for _ in path.glob("task/*"))


def _owner(path: Path) -> int | None:
    try:
        return path.stat().st_uid
    except OSError:
        return None


def ended(pidfd: int, seconds: float) -> bool:
    """Wait until a process has ended, at most so long, and say whether it has."""
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def kill(pidfd: int) -> None:
    """Send SIGKILL to a process, which may have ended."""
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)


def crash(returncode: int) -> Crashed:
    """Name the signal or the exit code that a command ended with."""
    number = -returncode if returncode < 0 else returncode - 128
    with contextlib.suppress(ValueError):
        name = signal.Signals(number).name
        return Crashed(f"the process was ended by signal {name}", killed=name == "SIGKILL")
    return Crashed(f"the process ended with exit code {returncode}", code=returncode)
