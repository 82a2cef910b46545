"""Runs pytest files twice, in one process with the code under test and through the proxy.

The plugin is the smallest that can do it: a loading scope for each module, a running scope for
each test.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import types
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
PROXY = REPOSITORY / "grader" / "proxy"


class Verdicts:
    """Writes test id, outcome and the first words of the failure."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.found: dict[str, tuple[str, str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            words = ""
            if report.failed and (crash := getattr(report.longrepr, "reprcrash", None)):
                words = crash.message.split("\n")[0][:40]
            self.found[report.nodeid] = report.outcome, words

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.found[report.nodeid] = "not collected", ""

    def pytest_sessionfinish(self) -> None:
        self.path.write_text(json.dumps(self.found))


class Remoting:
    """Scopes of a session around modules and tests."""

    def __init__(self, session: Any) -> None:
        self.session = session

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Iterator[None]:
        if not isinstance(collector, pytest.Module):
            return (yield)
        with self.session.loading(collector.nodeid):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        module = item.getparent(pytest.Module)
        assert module is not None
        with self.session.running(module.nodeid, seconds=60):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Iterator[None]:
        report: Any = yield
        if self.session.fault and report.when == "call":
            report.outcome = "failed"
        return report


def main(options: dict[str, Any]) -> int:
    """Run in a process of its own: with `path`, in-process; with `modules`, through the proxy."""
    os.chdir(options["folder"])
    verdicts = Verdicts(Path(options["out"]))
    plugins: list[Any] = [verdicts]
    arguments = [
        "-q",
        "--continue-on-collection-errors",
        "-p",
        "no:cacheprovider",
        "-c",
        os.devnull,
        "--rootdir",
        options["folder"],
    ]
    arguments += ["--basetemp", options["temp"], *options["files"]]
    session = None
    if options["proxy"]:
        session = make_session(options)
        session.install()
        plugins.append(Remoting(session))
        sys.path = [entry for entry in sys.path if entry]
    else:
        sys.path += options["path"]
        sys.modules["mugrade"] = types.ModuleType("mugrade")
        sys.modules["mugrade"].submit = lambda value: None  # type: ignore[attr-defined]
    try:
        pytest.main(arguments, plugins=plugins)
    finally:
        if session:
            session.uninstall()
            session.close()
    return 0


def make_session(options: dict[str, Any]) -> Any:
    """Return a session over the fake sandbox."""
    from grader import proxy
    from grader.proxy.client import Session
    from grader.sandbox.base import Limits
    from grader.sandbox.fake import FakeSandbox

    limits = Limits()

    def start() -> Any:
        command = proxy.worker_command(sys.executable, str(PROXY))
        return FakeSandbox().start(command, mounts=[], workdir=options["submission"], limits=limits)

    return Session(
        start,
        limits=limits,
        modules=options["modules"],
        path=options["path"],
        exports=options["exports"],
        files_root=Path(options["temp"]),
    )


def verdicts(
    files: Sequence[Path],
    tmp_path: Path,
    *,
    proxy: bool,
    path: Sequence[Path],
    modules: Sequence[str],
    exports: dict[str, dict[str, str | None]],
) -> dict[str, tuple[str, str]]:
    """Run `files` and return outcome and first words by test id."""
    name = "proxy" if proxy else "inside"
    folder = tmp_path / name
    folder.mkdir()
    copies = []
    for file in files:
        copies.append(f"test_{file.name}")
        (folder / copies[-1]).write_text(file.read_text())
    options = {
        "proxy": proxy,
        "folder": str(folder),
        "files": copies,
        "out": str(folder / "verdicts.json"),
        "temp": str(tmp_path / f"{name}-temp"),
        "path": [str(entry) for entry in path],
        "submission": str(path[0]),
        "modules": list(modules),
        "exports": exports,
    }
    code = f"import sys; sys.path.insert(0, {str(REPOSITORY)!r})\n"
    code += "from tests import proxy_harness; import json\n"
    code += f"sys.path.remove({str(REPOSITORY)!r})\n" if not proxy else ""
    code += f"proxy_harness.main(json.loads({json.dumps(options)!r}))"
    done = subprocess.run(
        [sys.executable, "-B", "-c", code], capture_output=True, text=True, timeout=500, check=False
    )
    out = Path(options["out"])
    assert out.exists(), done.stdout[-3000:] + done.stderr[-3000:]
    (folder / "log.txt").write_text(done.stdout + done.stderr)
    return {key: tuple(value) for key, value in json.loads(out.read_text()).items()}
