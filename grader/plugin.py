"""The pytest plugin: runs trusted tests against a student's package that lives in a sandbox.

One instance serves one submission. It gives every test module and every test a fresh student
process, keeps the deadlines, and writes down one Outcome per case. Exit codes and printed text
decide nothing.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import random
import re
import time
from collections import defaultdict
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from _pytest.runner import runtestprotocol

from grader import sanitize, speed, verdict
from grader.errors import Crashed, InfrastructureError, ProtocolViolation, StudentFault
from grader.proxy import exceptions
from grader.proxy.client import Session
from grader.results import Status
from grader.verdict import Outcome

#: what differs between two runs of the same test, and tells nobody anything
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


@dataclasses.dataclass
class Found:
    """What came out of the tests."""

    #: id of a function, or of one case of it -> outcomes in the order in which they ran
    outcomes: dict[str, list[Outcome]] = dataclasses.field(
        default_factory=lambda: defaultdict(list)
    )
    #: file id -> outcome of importing that file, when it failed
    unloadable: dict[str, Outcome] = dataclasses.field(default_factory=dict)
    #: what was not a valid reply: nobody disturbs the protocol by accident
    disturbances: list[str] = dataclasses.field(default_factory=list)

    def heard(self, fault: BaseException | None) -> None:
        """Write down what staff should look at of what a student's code did."""
        if isinstance(fault, ProtocolViolation):
            self.disturbances.append(str(fault))

    def to_json(self) -> dict[str, Any]:
        """Return the same as plain data, for another process."""
        return {
            "outcomes": {id_: [*map(vars, each)] for id_, each in self.outcomes.items()},
            "unloadable": {id_: vars(each) for id_, each in self.unloadable.items()},
            "disturbances": self.disturbances,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Found:
        """Return what `to_json` was called on."""
        outcomes = {id_: [*map(Outcome.from_json, each)] for id_, each in data["outcomes"].items()}
        unloadable = {id_: Outcome.from_json(each) for id_, each in data["unloadable"].items()}
        return cls(outcomes=outcomes, unloadable=unloadable, disturbances=data["disturbances"])

    def joined(self, other: Found) -> Found:
        """Return what two processes have found that ran different tests."""
        return Found(
            outcomes={**self.outcomes, **other.outcomes},
            unloadable={**other.unloadable, **self.unloadable},
            disturbances=[*self.disturbances, *other.disturbances],
        )


class GraderPlugin:
    """Connects pytest's hooks to a Session and collects Outcomes by test id."""

    def __init__(
        self,
        session: Session,
        *,
        test_ids: Mapping[Path, str],
        seed: int,
        test_seconds: float,
        job_seconds: float,
        extra_seconds: Mapping[Path, float] = MappingProxyType({}),
        progress: Callable[[str], None] = lambda _id: None,
    ) -> None:
        self.session = session
        #: test file -> the id that it has in reports (path relative to the course root)
        self.test_ids = test_ids
        self.seed = seed
        self.test_seconds = test_seconds
        #: test file -> seconds that each of its tests has beyond `test_seconds`
        self.extra_seconds = extra_seconds
        self.deadline = time.monotonic() + job_seconds
        self.job_seconds = job_seconds
        self.progress = progress
        self.found = Found()
        #: item ids (with case) in collection order
        self.collected: list[str] = []
        self._errors: list[BaseException] = []
        self._states: dict[str, dict[str, Any] | tuple[Any, ...]] = {}
        #: test files whose process was killed while they were imported
        self._killed: set[Path] = set()

    # -- collection: one student process per test module -------------------------------

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        if not isinstance(collector, pytest.Module):
            return (yield)
        started = time.monotonic()
        self._seed(f"{collector.path.name}")
        untouched = random_state()
        with self.session.loading(str(collector.path)):
            report = yield
        fault = self.session.fault
        state = random_state()
        if not same_state(state, untouched):
            self._states[str(collector.path)] = state
        if isinstance(fault, Crashed) and fault.killed:
            self._killed.add(collector.path)
        if fault is not None or report.failed:
            error = fault or _collect_error(report)
            self._unloadable(collector, error, report, time.monotonic() - started)
        return report

    def may_load_again(self, path: Path) -> bool:
        """Tell whether a file was killed while it was imported, and forget it: see `_run`."""
        if path not in self._killed:
            return False
        del self.found.unloadable[self._file_id(path)]
        return True

    def _unloadable(
        self,
        collector: pytest.Module,
        error: BaseException | None,
        report: pytest.CollectReport,
        seconds: float,
    ) -> None:
        """Write down that a test file cannot be imported: the student's doing, or ours."""
        self.found.heard(error)
        cause = _cause(error)
        status, category = verdict.classify(cause) if cause else (Status.BROKEN, "")
        if error is not None and (verdict.from_student(error) or status is not Status.BROKEN):
            status, category = verdict.classify(error)
            text = f"{verdict.UNLOADABLE}{_describe(error)}"
        else:
            status, category = Status.BROKEN, verdict.CATEGORIES[Status.BROKEN]
            text = "This test file cannot be imported on the grader's side."
        self.found.unloadable[self._file_id(collector.path)] = Outcome(
            status=status,
            seconds=seconds,
            category=f"your package cannot be imported ({category})"
            if status is not Status.BROKEN
            else category,
            text=text,
            trace=sanitize.text(
                verdict.clip(
                    verdict.remote_trace(error) or str(report.longrepr), verdict.STAFF_LIMIT
                )
            ),
            prints=self._prints(),
        )

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.collected = [self._item_id(item) for item in session.items]

    # -- running: one student process per test -----------------------------------------

    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        started = time.monotonic()
        reports, fault = self._run(item)
        if isinstance(fault, Crashed) and fault.killed:
            # by whom cannot be seen: student code does it again, what befell the machine does not
            again, second = self._run(item)
            if again or second is not None:  # else no time is left, and the first run counts
                reports, fault = again, second
        if fault is None and not reports:
            self._record(item, self._out_of_time())
            return True
        self.found.heard(fault)
        self._record(item, self._outcome(reports, fault, time.monotonic() - started))
        return True

    def _run(self, item: pytest.Item) -> tuple[list[pytest.TestReport], BaseException | None]:
        """Return what pytest says of a test and what it ran into; neither when no time is left."""
        remaining = self.deadline - time.monotonic()
        if remaining <= 0:
            return [], None
        seconds = self.test_seconds + self.extra_seconds.get(item.path, 0.0)
        self._errors = []
        self._restore_seed(item)
        reports: list[pytest.TestReport] = []
        fault: BaseException | None = None
        try:
            with self.session.running(module_id(item), seconds=min(seconds, remaining)):
                # None: fixtures of every scope end with the test, as does the process they live in
                reports = runtestprotocol(item, nextitem=None, log=False)
        except (InfrastructureError, StudentFault) as error:
            fault = error
        _tear_down(item)
        return reports, self.session.fault or fault

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if report.failed and call.excinfo is not None:
            self._errors.append(call.excinfo.value)
        return report

    def _outcome(
        self, reports: Sequence[pytest.TestReport], fault: BaseException | None, seconds: float
    ) -> Outcome:
        """Return what the phases of one test amount to; a fault outweighs whatever pytest says."""
        prints = self._prints()
        error = fault or next(iter(self._errors), None)
        if error is not None:
            status, category = verdict.classify(error)
            return Outcome(
                status=status,
                seconds=seconds,
                category=category,
                text=_describe(error),
                trace=_trace(reports, error),
                prints=prints,
            )
        if any(report.skipped for report in reports):
            reason = next(_skip_reason(report) for report in reports if report.skipped)
            return Outcome(status=Status.SKIPPED, seconds=seconds, category="skipped", text=reason)
        called = any(report.when == "call" and report.passed for report in reports)
        if called and all(report.passed for report in reports):
            return Outcome(
                status=Status.PASSED, seconds=seconds, prints=prints, speed=_speed(reports)
            )
        return Outcome(status=Status.NOT_RUN, seconds=seconds, category="not run")

    def _out_of_time(self) -> Outcome:
        return Outcome(
            status=Status.TIMEOUT,
            seconds=0.0,
            category=verdict.CATEGORIES[Status.TIMEOUT],
            text=f"Not started: the submission had used its {self.job_seconds:g} s in all.",
        )

    def _record(self, item: pytest.Item, outcome: Outcome) -> None:
        outcome = dataclasses.replace(outcome, case=_case(item))
        # a manifest counts a parametrised function as one test, an extra file each case as one
        for name in self.ids(item):
            self.found.outcomes[name].append(outcome)
        self.progress(self._item_id(item))

    def _prints(self) -> str:
        return sanitize.text(verdict.clip(self.session.output.decode("utf-8", "replace"), 2_000))

    # -- names -------------------------------------------------------------------------

    def _file_id(self, path: Path) -> str:
        return self.test_ids.get(path, path.name)

    def ids(self, item: pytest.Item) -> set[str]:
        """Return the ids that reports may know a test by: its own, and that of its function."""
        return {self._function_id(item), self._item_id(item)}

    def _item_id(self, item: pytest.Item) -> str:
        return "::".join([self._file_id(item.path), *item.nodeid.split("::")[1:]])

    def _function_id(self, item: pytest.Item) -> str:
        return self._item_id(item).removesuffix(f"[{_case(item)}]")

    # -- random numbers ----------------------------------------------------------------

    def _seed(self, name: str) -> None:
        """Seed the global generators from the run's seed and `name`."""
        digest = hashlib.sha256(f"{self.seed}:{name}".encode()).digest()
        value = int.from_bytes(digest[:4], "little")
        random.seed(value)
        np.random.seed(value)

    def _restore_seed(self, item: pytest.Item) -> None:
        """Start a test from where importing its module left the generator, if it used it."""
        self._seed(self._item_id(item))
        state = self._states.get(module_id(item))
        if state is not None:
            np.random.set_state(state)


def module_id(item: pytest.Item) -> str:
    """Return what tells a module from all others: pytest gives files outside its root one id."""
    return str(item.path)


def _tear_down(item: pytest.Item) -> None:
    """Tear down what an alarm, between the phases or in the last one, has left set up.

    The next test must not find it: pytest would refuse to run that, and a student would pay.
    """
    state = item.session._setupstate
    if state.stack:
        with contextlib.suppress(Exception):
            state.teardown_exact(None)
        state.stack.clear()


def _speed(reports: Sequence[pytest.TestReport]) -> Any:
    """Return what the fixture `speed` has measured, if the test used it."""
    return dict(reports[-1].user_properties).get(speed.PROPERTY)


def _case(item: pytest.Item) -> str:
    callspec = getattr(item, "callspec", None)
    return "" if callspec is None else str(callspec.id)


def random_state() -> Any:
    """Return the state of NumPy's global generator."""
    return np.random.get_state(legacy=True)


def same_state(first: Any, second: Any) -> bool:
    """Tell whether nothing was drawn between two states."""
    return bool(first[2:] == second[2:] and np.array_equal(first[1], second[1]))


def _collect_error(report: pytest.CollectReport) -> BaseException | None:
    call = getattr(report, "call", None)
    excinfo = getattr(call, "excinfo", None)
    return None if excinfo is None else excinfo.value


def _cause(error: BaseException | None) -> BaseException | None:
    """Return what pytest's own error for a file that cannot be imported was raised from.

    Suites are proven on the reference: a name that is missing is missing in the submission.
    """
    while isinstance(error, pytest.Collector.CollectError) and error.__cause__ is not None:
        error = error.__cause__
    return error


def _describe(error: BaseException) -> str:
    """Return one readable paragraph for an exception of either side."""
    cause = error
    while not hasattr(cause, "remote_traceback") and cause.__cause__ is not None:
        cause = cause.__cause__
    where = _student_line(verdict.remote_trace(cause))
    # a syntax error says its place itself: "(file, line N)"
    text = str(cause.msg if where and isinstance(cause, SyntaxError) else cause)
    said = _ADDRESS.sub(" at 0x...", text)
    message = sanitize.text(verdict.clip(said, verdict.MESSAGE_LIMIT))
    if isinstance(cause, (StudentFault, AssertionError)):
        return message or type(cause).__name__
    return f"{exceptions.described(cause, message)}{where}"


def _student_line(trace: str) -> str:
    """Return ' (file, line N)' for the deepest line of the student's own files in a traceback."""
    lines = [line.strip() for line in trace.splitlines() if 'File "/submission/' in line]
    if not lines:
        return ""
    place = lines[-1].removeprefix('File "/submission/').split(", in ")[0]
    return f" ({sanitize.text(place.replace(chr(34), ''))})"


def _trace(reports: Sequence[pytest.TestReport], error: BaseException) -> str:
    ours = next((report.longreprtext for report in reports if report.failed), "")
    theirs = verdict.remote_trace(error)
    text = sanitize.text("\n".join(part for part in (ours, theirs) if part))
    return _ADDRESS.sub(" at 0x...", text)


def _skip_reason(report: pytest.TestReport) -> str:
    longrepr = report.longrepr
    return str(longrepr[2]) if isinstance(longrepr, tuple) else str(longrepr)
