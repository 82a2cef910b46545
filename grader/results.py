"""The Report: one result per test of the manifest, and whose fault it is when there is none."""

from __future__ import annotations

import dataclasses
import enum
import hashlib
import json
from typing import Any


class Status(enum.StrEnum):
    """How one test ended."""

    PASSED = "passed"
    #: the answer is wrong
    FAILED = "failed"
    #: student code raised an exception
    ERROR = "error"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    OUTPUT = "output"
    PROCESSES = "processes"
    CRASHED = "crashed"
    #: the student's process sent something that is not a valid reply
    PROTOCOL = "protocol"
    #: nothing was heard of the test: no points, and still part of the total
    NOT_RUN = "not_run"
    #: the trusted side decided not to run it (say, no GPU)
    SKIPPED = "skipped"
    #: the grader or the machine failed: no verdict
    BROKEN = "broken"


class Visibility(enum.StrEnum):
    """Who sees a test's messages."""

    VISIBLE = "visible"
    HIDDEN = "hidden"


class RunStatus(enum.StrEnum):
    """How a whole submission ended."""

    GRADED = "graded"
    #: refused before anything ran (not an archive, refused path); the student's doing
    REJECTED = "rejected"
    #: the machine's doing: no score
    BROKEN = "broken"


@dataclasses.dataclass(frozen=True, kw_only=True)
class TestResult:
    """What happened to one test of the manifest."""

    __test__ = False

    #: pytest node id relative to the course root
    id: str
    #: id of the question that the test belongs to
    question: str
    status: Status
    score: float
    max_score: float
    visibility: Visibility
    #: wall-clock seconds by the trusted side's clock
    seconds: float
    #: what the student reads
    message: str = ""
    #: what staff read: traceback, values, prints
    staff_message: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Provenance:
    """What a report was made from and with; enough to run it again and get the same verdicts."""

    #: sha256 over names and contents
    submission_digest: str
    #: sha256 over manifest, template and reference
    assignment_digest: str
    #: sha256 over the public, hidden and extra test files
    tests_digest: str
    grader_version: str
    #: sha256 over the grader's own source files
    grader_digest: str
    sandbox: str
    #: True when the back end passed the isolation probes on this machine
    isolated: bool
    #: container image digest, if any
    image: str | None
    device: str
    seed: int
    limits: dict[str, float]
    #: operating system, machine, CPU count, Python and NumPy versions
    host: dict[str, str]
    #: what the GPUs are called, one of which student code was given; None: it was given none
    gpu: str | None = None
    #: "emulated": CUDA code ran on the CPU; None where there is no CUDA code
    cuda: str | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Report:
    """The outcome of grading one submission."""

    #: the name of the submission: its file or folder name without the archive suffix
    submission: str
    assignment: str
    status: RunStatus
    #: None unless graded: a broken run is never a zero
    score: float | None
    max_score: float
    tests: tuple[TestResult, ...]
    provenance: Provenance
    #: for the student: why it was rejected, what was dropped on intake
    message: str = ""
    notices: tuple[str, ...] = ()
    #: for staff only: signs that somebody should look
    flags: tuple[str, ...] = ()
    #: wall-clock seconds of the whole run
    seconds: float = 0.0

    def to_json(self) -> str:
        """Return the text of `report.json`, its digest included."""
        data = dataclasses.asdict(self)
        data["digest"] = _digest(data)
        return json.dumps(data, indent=2, ensure_ascii=True, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Report:
        """Read what `to_json` wrote; raise ValueError when it is not that any more."""
        data: dict[str, Any] = json.loads(text)
        if not isinstance(data, dict) or data.pop("digest", None) != _digest(data):
            raise ValueError("the content does not match its digest")
        tests = tuple(
            TestResult(
                **{
                    **test,
                    "status": Status(test["status"]),
                    "visibility": Visibility(test["visibility"]),
                }
            )
            for test in data["tests"]
        )
        return cls(
            **{
                **data,
                "status": RunStatus(data["status"]),
                "tests": tests,
                "notices": tuple(data["notices"]),
                "flags": tuple(data["flags"]),
                "provenance": Provenance(**data["provenance"]),
            }
        )


def _digest(data: dict[str, Any]) -> str:
    """Return the sha256 of all fields, in a form that does not depend on how they were written."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
