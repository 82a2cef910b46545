"""The Sandbox: where untrusted commands run.

A back end is one method, `start`. Every back end gives the command three pipes (standard input,
output and error) and nothing else: no environment, no other descriptor, no file but the mounts.
"""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar, Self

from grader.errors import StudentFault

#: all variables that a command sees; HOME and TMPDIR are its scratch space
ENVIRONMENT = MappingProxyType(
    {
        "HOME": "/tmp",
        "LANG": "C.UTF-8",
        "MKL_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PATH": "/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "TMPDIR": "/tmp",
    }
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Mount:
    """A host file or folder that the command sees read-only at `target`."""

    source: Path
    target: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Limits:
    """What one submission may use."""

    #: bytes of memory for all processes of the submission together
    memory: int = 2 << 30
    #: processes and threads
    processes: int = 64
    #: bytes of scratch space (`/tmp`), which is memory
    scratch: int = 256 << 20
    #: bytes of one written file
    file_size: int = 64 << 20
    #: open descriptors of one process
    open_files: int = 256
    #: bytes of prints per test: what is beyond is dropped, 64 times as much kills
    output: int = 4 << 20
    #: seconds for importing the student's package, for one call, and for one test
    import_seconds: float = 30.0
    call_seconds: float = 30.0
    test_seconds: float = 60.0
    #: seconds for the whole submission
    job_seconds: float = 1200.0
    #: seconds of processor time and bytes of memory for compiling one native module
    build_seconds: float = 120.0
    build_memory: int = 2 << 30

    @property
    def build_wait(self) -> float:
        """Return for how many seconds by the clock to wait for a module: a processor is shared."""
        return max(60.0, 5 * self.build_seconds)


class Running(ABC):
    """A command that runs in a sandbox.

    The three descriptors belong to the caller, who closes them; `kill` does not. `kill` and `fault`
    may be called from any thread, in any order, any number of times.
    """

    #: write end of the command's standard input
    stdin: int
    #: read ends of the command's standard output and error
    stdout: int
    stderr: int

    @abstractmethod
    def kill(self) -> None:
        """Kill every process of the sandbox and wait until none is left. Safe to repeat."""

    @abstractmethod
    def fault(self) -> StudentFault | None:
        """Say why the command ended, or what it ran into (waits up to 2 s for the end).

        `MemoryExceeded` when the memory limit killed any process of the sandbox,
        `ProcessesExceeded` when the process limit was hit (both also while the command itself still
        runs), else `Crashed` naming the signal or the exit code; None while it still runs. After
        `kill`: what was so just before.
        """

    def scratch_path(self, name: str) -> str:
        """Path, as the command sees it, of a file or folder in its writable scratch space."""
        return f"/tmp/{name}"

    @property
    def root(self) -> int | None:
        """Our own process from which all processes of the sandbox descend, if there is one."""
        return None

    def path(self, target: str) -> str:
        """Path, as the command sees it, of what is mounted at or below `target`.

        The command line and `workdir` are translated by `start`; this is for paths told later.
        """
        return target


class Sandbox(ABC):
    """A way to run untrusted commands."""

    #: name on the command line and in reports
    name: ClassVar[str]

    @property
    def settings(self) -> str:
        """Return what `configured` needs to make the same back end in another process."""
        return ""

    @classmethod
    def configured(cls, settings: str) -> Self:
        """Return a back end as `settings` of another one describe it."""
        return cls()

    @property
    def isolates(self) -> bool:
        """Say whether the back end means to keep commands away from the grader and its files."""
        return False

    @property
    def admits(self) -> frozenset[str]:
        """Name the attempts of `probes` that it is known not to hold off; `notes` tells people."""
        return frozenset()

    @property
    def notes(self) -> tuple[str, ...]:
        """Name the limits that are weaker on this machine than they could be, one sentence each."""
        return ()

    def require(self) -> None:  # noqa: B027 - most back ends need nothing but this machine
        """Raise SandboxUnavailable when what runs the commands is gone, so that none can start."""

    def warm_up(self) -> None:
        """Find out what is the same for every start: once, before processes are forked.

        Raises SandboxUnavailable when nothing can be started.
        """
        return

    @abstractmethod
    def start(
        self, command: Sequence[str], *, mounts: Sequence[Mount], workdir: str, limits: Limits
    ) -> Running:
        """Start `command` (absolute path first) with working directory `workdir`.

        The interpreter of `runtime.python()` and the system's own programs are there besides the
        mounts. Words of `command` that begin with the target of a mount are paths in the sandbox.
        Call it from a thread that lives as long as the sandbox shall: the kernel ends a sandbox
        with the thread that started it. Raises SandboxUnavailable when this machine cannot run the
        back end.
        """
