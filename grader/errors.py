"""Everything that can go wrong, and whose doing it is.

GraderError                      the run cannot go on; `exit_code` is what the command line returns
├── UsageError            2      the command line or the assignment is wrong
│   ├── ManifestError            a manifest says something that cannot be
│   ├── MarkerError              a solution marker is damaged, nested or unpaired
│   └── ProofError               a release or a machine failed its proof
├── SubmissionRejected    1      the student's archive is refused before anything runs
└── InfrastructureError   3      the machine or the grader failed; never a student's zero
    └── SandboxUnavailable       a sandbox back end cannot be used here
StudentFault                     what student code did to a run; final, and costs only that test
├── TimedOut  MemoryExceeded  OutputExceeded  ProcessesExceeded  Crashed  ProtocolViolation
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from grader.results import Status


class GraderError(Exception):
    """The grader cannot go on."""

    exit_code: ClassVar[int] = 3


class UsageError(GraderError):
    """The command line or the assignment is wrong."""

    exit_code: ClassVar[int] = 2


class ManifestError(UsageError):
    """A manifest says something that cannot be."""


class MarkerError(UsageError):
    """A solution marker is damaged, nested or unpaired."""

    def __init__(self, path: Path | str, line: int, problem: str) -> None:
        super().__init__(f"{path}:{line}: {problem}")
        self.path = path
        self.line = line


class ProofError(UsageError):
    """A release or a machine failed its proof."""


class SubmissionRejected(GraderError):
    """A submission is refused before anything of it runs: names the entry and the rule."""

    exit_code: ClassVar[int] = 1

    def __init__(self, entry: str, rule: str) -> None:
        super().__init__(f"{entry}: {rule}")
        self.entry = entry
        self.rule = rule


class InfrastructureError(GraderError):
    """The machine or the grader failed; the submission has no score and is tried again."""


class SandboxUnavailable(InfrastructureError):
    """A sandbox back end cannot be used on this machine."""


class StudentFault(BaseException):
    """What student code did to the run it was in.

    Not an `Exception`: a test's own `except Exception` or `pytest.raises(Exception)` must not
    swallow a time limit and go on to pass.
    """

    status: ClassVar[Status]


class TimedOut(StudentFault):
    """A time limit passed."""

    status = Status.TIMEOUT


class MemoryExceeded(StudentFault):
    """The memory limit was reached."""

    status = Status.MEMORY


class OutputExceeded(StudentFault):
    """More was printed or returned than the limit allows."""

    status = Status.OUTPUT


class ProcessesExceeded(StudentFault):
    """More processes or threads were started than the limit allows."""

    status = Status.PROCESSES


class Crashed(StudentFault):
    """The student's process ended in the middle of a call."""

    status = Status.CRASHED

    def __init__(self, message: str, *, code: int | None = None, killed: bool = False) -> None:
        super().__init__(message)
        #: exit code of the process, where it ended by itself
        self.code = code
        #: by SIGKILL, which is how others end a process, too: the kernel, or somebody with root
        self.killed = killed


class ProtocolViolation(StudentFault):
    """The student's process sent something that is not a valid reply."""

    status = Status.PROTOCOL
