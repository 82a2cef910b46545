"""A time limit can pass between the phases of a test, and the next test must not notice."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.errors import TimedOut
from grader.plugin import GraderPlugin
from grader.results import Status

TESTS = """
import pytest

@pytest.fixture
def thing():
    yield 1

def test_interrupted(thing):
    assert thing == 1

def test_next(thing):
    assert thing == 1
"""


class QuietSession:
    """A session in which nothing is asked of anybody."""

    fault = None
    output = b""

    @contextlib.contextmanager
    def _scope(self, *_: Any, **__: Any) -> Iterator[None]:
        yield

    loading = running = _scope


class Alarm:
    """Rings in one phase of the first test, or while pytest reports on it."""

    def __init__(self, phase: str) -> None:
        self.phase = phase

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        if item.name == "test_interrupted" and call.when == self.phase:
            raise TimedOut("Time limit: 1 s for the test.")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        if item.name == "test_interrupted" and self.phase == "in teardown":
            raise TimedOut("Time limit: 1 s for the test.")


@pytest.mark.parametrize("phase", ["setup", "call", "teardown", "in teardown"])
def test_alarm_between_phases_costs_one_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, phase: str
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # as in a run
    path = tmp_path / "test_two.py"
    path.write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    session: Any = QuietSession()
    plugin = GraderPlugin(
        session, test_ids={path: "test_two.py"}, seed=1, test_seconds=5, job_seconds=60
    )
    options = ["-p", "no:terminal", "-p", "no:cacheprovider", "--import-mode=importlib"]
    pytest.main([f"--rootdir={tmp_path}", *options, str(path)], plugins=[plugin, Alarm(phase)])
    assert plugin.found.outcomes["test_two.py::test_interrupted"][0].status is Status.TIMEOUT
    assert plugin.found.outcomes["test_two.py::test_next"][0].status is Status.PASSED
