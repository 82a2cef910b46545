"""The Order: one submission to grade, as plain data that goes from the batch to its workers."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from grader import extras, manifest, provenance
from grader.errors import InfrastructureError
from grader.manifest import Assignment, TestSpec
from grader.results import Visibility
from grader.sandbox.base import Limits

#: file in the run's private folder that collecting extra tests writes
ITEMS = "extra-items.json"
#: Seconds that a test of an extra file, and a run with extra files, get beyond the assignment's
#: limits. Such files were written for one process, where nothing is far: they check gradients
#: element by element and train on all the data there is.
EXTRA_TEST_SECONDS, EXTRA_JOB_SECONDS = 120.0, 600.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Order:
    """One submission to grade; plain data, so that it can be sent to another process."""

    #: path of the manifest
    assignment: str
    submission: str
    #: name of the submission in reports, and of its folder below `out`
    name: str
    out: str
    #: private folder of the run
    scratch: str
    sandbox: str
    #: the back end held every isolation probe on this machine
    isolated: bool
    #: folder of compiled modules that lasts, beside others of its kind; empty: what is compiled is
    #: kept for this run only
    cache: str = ""
    #: how that back end is set up: see `Sandbox.settings`
    sandbox_settings: str = ""
    device: str = "cpu"
    #: what the GPUs are called that student code may be given; None: it is given none
    gpu: str | None = None
    #: None: derived from the digests of assignment, tests and submission
    seed: int | None = None
    #: extra test files, and the items in them (one point each) that the reference collects
    extra_files: tuple[str, ...] = ()
    extra_items: tuple[str, ...] = ()
    #: Processors that the job keeps to; each gets a share of the tests. None: wherever it comes to
    #: run. Two processes that take turns, as the tests and the student's, are faster on one.
    cpus: tuple[int, ...] = ()
    #: grade: make a report; collect: only list the items of the extra files; prepare: do what
    #: orders of the assignment have in common, and say nothing if that fails
    purpose: str = "grade"

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read what `to_json` wrote."""
        values: dict[str, Any] = json.loads(text)
        values |= {key: tuple(v) for key, v in values.items() if isinstance(v, list)}
        return cls(**values)

    def to_json(self) -> str:
        """Return the order as one line."""
        return json.dumps(dataclasses.asdict(self)) + "\n"

    @property
    def loaded(self) -> Assignment:
        """Return the assignment; it is read once in a process."""
        return load(self.assignment)

    def digests(self) -> tuple[str, str]:
        """Return the digests of assignment and tests, as they were when first asked for."""
        return _digests(self.assignment, self.extra_files)

    def require_same_tests(self) -> None:
        """Raise unless the files of the tests are what `digests` says, which a report will say."""
        try:
            now = _tests_digest(self.assignment, self.extra_files)
        except OSError as error:
            raise InfrastructureError(f"a test file cannot be read any more: {error}") from error
        if now != self.digests()[1]:
            raise InfrastructureError(
                f"test files of {self.loaded.name} changed while it was graded: grade again"
            )

    @property
    def limits(self) -> Limits:
        """Return the limits of the run; a test of the assignment keeps its own `test_seconds`."""
        return limits(self.loaded, self.extra_files)

    @property
    def build_seconds(self) -> float:
        """Return the longest time that compiling can take before the tests."""
        return len(self.loaded.native) * self.loaded.limits.build_wait

    @property
    def folder(self) -> Path:
        """Return where the report goes."""
        return Path(self.out) / self.name

    @property
    def work(self) -> Path:
        """Return the folder of the job, where no other name can be a submission's."""
        return Path(self.scratch) / "jobs" / self.name

    @property
    def log(self) -> Path:
        """Return the file that takes what the job prints."""
        return Path(self.scratch) / "logs" / f"{self.name}.log"

    @property
    def tests(self) -> list[TestSpec]:
        """Return the fixed list of tests that the report has results for."""
        return [*self.loaded.tests, *map(_extra, self.extra_items)]

    @property
    def max_score(self) -> float:
        """Return the points of all tests, whether they are heard of or not."""
        return sum(spec.points for spec in self.tests)


@functools.cache
def load(path: str) -> Assignment:
    """Return the assignment whose manifest is at `path`; it is read once in a process."""
    return manifest.load(Path(path))


@functools.cache
def _digests(path: str, extra_files: tuple[str, ...]) -> tuple[str, str]:
    return load(path).digest(), _tests_digest(path, extra_files)


def _tests_digest(path: str, extra_files: tuple[str, ...]) -> str:
    tests = load(path).tests_digest()
    if not extra_files:
        return tests
    extra = extras.read([Path(file) for file in extra_files])
    return provenance.digest_files([("suites", tests.encode()), *extra])


def limits(assignment: Assignment, extra_files: Sequence[str]) -> Limits:
    """Return the limits of a run of an assignment's tests and of extra files."""
    if not extra_files:
        return assignment.limits
    return dataclasses.replace(
        assignment.limits,
        call_seconds=assignment.limits.call_seconds + EXTRA_TEST_SECONDS,
        job_seconds=assignment.limits.job_seconds + EXTRA_JOB_SECONDS,
    )


def _extra(item: str) -> TestSpec:
    """Return the test for one item of an extra file: one point, and its values stay with staff."""
    file, *names = item.split("::")
    return TestSpec(
        id=item,
        question="extra",
        points=1.0,
        visibility=Visibility.HIDDEN,
        path=Path(file),
        function="::".join(names),
        summary="",
    )
