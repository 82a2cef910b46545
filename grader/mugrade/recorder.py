"""Runs the `submit_*` functions of test files and writes down what they send.

python -I -m grader.mugrade.recorder OUT PATHS FILE...

Only for the instructor's files and the reference, both trusted. PATHS, joined by the path
separator, come first on sys.path, as the folders of the course's own `sys.path.append` lines would.
"""

from __future__ import annotations

import json
import os
import sys
import types
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from grader.mugrade import wire

#: pytest ran what it found: all is well, something failed, there was nothing
_RAN = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)


class Recorder:
    """Stands for the client: the plugin of pytest, and the module that tests import."""

    def __init__(self) -> None:
        self.problems: dict[str, list[Any]] = {}
        self.failures: dict[str, str] = {}
        self._values: list[Any] | None = None

    def module(self) -> types.ModuleType:
        """Return what `import mugrade` gives."""
        module = types.ModuleType("mugrade")
        module.submit = self.submit  # type: ignore[attr-defined]
        return module

    def submit(self, value: Any) -> None:
        """Write down a value, where the client sends it."""
        if self._values is None:
            raise RuntimeError("mugrade.submit is called outside of a function submit_*")
        self._values.append(wire.encode(value))

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, Any, Any]:
        """Collect the values of one function under the name of its problem."""
        problem = pyfuncitem.originalname.removeprefix("submit_")
        if problem in self.problems:
            raise RuntimeError(
                f"a second function, or a second case, submits the problem {problem!r}"
            )
        self._values = self.problems[problem] = []
        try:
            return (yield)
        finally:
            self._values = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.outcome != "passed":
            self.failures[report.nodeid] = report.longreprtext

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.outcome == "failed":
            self.failures[report.nodeid] = report.longreprtext


def main(out: str, paths: str, *files: str) -> None:
    """Run the functions in `files` and write what they sent to `out`."""
    sys.path[:0] = [path for path in paths.split(os.pathsep) if path]
    recorder = Recorder()
    sys.modules["mugrade"] = recorder.module()
    options = ["-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:warnings", "-c", os.devnull]
    options.append("--continue-on-collection-errors")
    options += [f"--rootdir={Path(files[0]).parent}", "-o", "python_functions=submit_*"]
    code = pytest.main([*options, *files], plugins=[recorder])
    if code not in _RAN:
        sys.exit(code)
    found = {"problems": recorder.problems, "failures": recorder.failures}
    Path(out).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
