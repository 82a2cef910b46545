"""What `grader grade` shows on the terminal: live progress, then a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from grader import verdict
from grader.batch import Update
from grader.datasets import DataSets
from grader.export import summary
from grader.isolation import Finding
from grader.results import Report, RunStatus, Status

#: characters of a cause
_LONGEST = 200
#: how a test ended that costs points, once and several times
_WORDS = {
    Status.FAILED: ("wrong answer", "wrong answers"),
    Status.ERROR: ("exception", "exceptions"),
    Status.TIMEOUT: ("time limit", "time limits"),
    Status.MEMORY: ("memory limit", "memory limits"),
    Status.OUTPUT: ("output limit", "output limits"),
    Status.PROCESSES: ("process limit", "process limits"),
    Status.CRASHED: ("crash", "crashes"),
    Status.PROTOCOL: ("disturbance of grading", "disturbances of grading"),
    Status.NOT_RUN: ("not run", "not run"),
    Status.SKIPPED: ("skipped", "skipped"),
    Status.BROKEN: ("failure of the grader", "failures of the grader"),
}
_STYLES = {RunStatus.GRADED: "", RunStatus.REJECTED: "yellow", RunStatus.BROKEN: "bold red"}


class Display:
    """Live bars on a terminal, one plain line per submission elsewhere."""

    def __init__(self, console: Console, *, submissions: int, tests: int) -> None:
        self._console = console
        self._tests = tests
        self._total = submissions
        self._done = 0
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._all = self._bars.add_task("submissions", total=submissions)
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, update: Update) -> None:
        match update.event:
            case "started":
                self._tasks[update.name] = self._bars.add_task(
                    escape(update.name), total=self._tests
                )
            case "test":
                self._bars.advance(self._tasks[update.name])
            case "retried":
                self._line(f"{update.name}: the grader failed, trying again")
            case _:
                self._finished(update)

    def _finished(self, update: Update) -> None:
        self._done += 1
        self._bars.advance(self._all)
        if (task := self._tasks.pop(update.name, None)) is not None:
            self._bars.remove_task(task)
        if update.report is not None:
            again = " (unchanged, kept)" if update.event == "unchanged" else ""
            self._line(f"{update.name}: {outcome(update.report)}{again}")

    def _line(self, text: str) -> None:
        self._console.print(f"[{self._done}/{self._total}] {text}", markup=False, highlight=False)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()


def outcome(report: Report) -> str:
    """Return one phrase for a report: its score, or why it has none."""
    if report.score is None:
        return str(report.status)
    return f"{report.score:g} of {report.max_score:g}"


def table(reports: Sequence[Report]) -> Table:
    """Return the score table of a run."""
    grid = Table(title="Scores")
    grid.add_column("submission", no_wrap=True)
    grid.add_column("status")
    for heading in ("score", "tests", "seconds"):
        grid.add_column(heading, justify="right", no_wrap=True)
    grid.add_column("what happened")
    for report in reports:
        tally = summary.tally(report.tests)
        grid.add_row(
            escape(report.submission),
            str(report.status),
            "-" if report.score is None else f"{report.score:g} / {report.max_score:g}",
            f"{tally.passed} / {tally.total}" if report.tests else "-",
            f"{report.seconds:.1f}",
            escape(_summary(report)),
            style=_STYLES[report.status],
        )
    return grid


def probes(finding: Finding) -> Table:
    """Return what one back end holds back on this machine, attempt by attempt."""
    verdict = "isolates" if finding.isolates else "does NOT isolate"
    grid = Table(title=f"{finding.backend}: {finding.unavailable or verdict}")
    for heading in ("", "attempt", "what it got at"):
        grid.add_column(heading)
    for probe in finding.probes:
        open_ = "[yellow]known weak[/]" if probe.admitted else "[bold red]BROKEN[/]"
        mark = "held" if probe.held else open_
        grid.add_row(mark, escape(probe.attempt), escape(probe.evidence))
    grid.caption = "\n".join(finding.notes) or None
    return grid


def _summary(report: Report) -> str:
    """Return what cost points, counted; or why there is no score."""
    if report.status is not RunStatus.GRADED:
        return report.message
    lost = [t for t in report.tests if t.status is not Status.PASSED and t.max_score]
    counts = Counter(test.status for test in lost)
    parts = [f"{n} {_WORDS[status][n > 1]}" for status, n in sorted(counts.items())]
    flags = [f"{len(report.flags)} flagged for staff"] if report.flags else []
    return ", ".join(parts + flags) + _one_cause(report)


def _one_cause(report: Report) -> str:
    """Return what keeps the package from being imported, where nothing is earned for it."""
    said = (line for test in report.tests for line in test.message.splitlines())
    causes = {line for line in said if line.startswith(verdict.UNLOADABLE)}
    return f": {causes.pop()[:_LONGEST]}" if len(causes) == 1 and not report.score else ""


class Download:
    """A bar for one file that arrives."""

    def __init__(self, console: Console, name: str) -> None:
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task(escape(name), total=None)

    def __call__(self, arrived: int, total: int | None) -> None:
        self._bar.update(self._task, completed=arrived, total=total)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()


def data_sets(found: DataSets) -> Table:
    """Return what is in place of the data sets of a course."""
    table = Table("data set", "file", "state", title=f"Data sets in {escape(str(found.folder))}")
    for name, dataset in found.known.items():
        for file in dataset.file:
            table.add_row(f"{name} ({escape(dataset.title)})", file.path, found.state(file))
    return table
