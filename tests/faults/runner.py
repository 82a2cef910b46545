"""Runs experiments and holds what comes of each to the invariants."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from grader.results import Report
from tests.faults import leftovers
from tests.faults import trial as trials
from tests.faults.daemon import Daemon
from tests.faults.experiments import Experiment
from tests.faults.trial import Trial

#: what depends on when a run happened, at the top of a report and in each test
TIMES = ("seconds",)
#: the exit code of an undisturbed run: one submission is refused
USUAL = 1
#: how often a repetition is tried in which nothing was there to be struck
ATTEMPTS = 6
#: what Python itself says when it is interrupted before it runs anything of ours
TOO_EARLY = "Could not import runpy module"
#: the kinds of problems, as columns of the table
KINDS = ("losses", "wrong scores", "double records", "leftovers")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Problem:
    """An invariant that did not hold."""

    kind: str
    text: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Undisturbed:
    """What an undisturbed run makes, and how long it takes here."""

    #: submission -> the parts of report.json that do not depend on time
    reports: Mapping[str, str]
    #: submission -> names of its files
    files: Mapping[str, frozenset[str]]
    summary: str
    seconds: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one repetition."""

    #: its id
    experiment: str
    seed: str
    problems: tuple[Problem, ...]
    #: what was done, in words
    done: tuple[str, ...]


class Suite:
    """Repeats experiments below a folder; may be used by several threads."""

    def __init__(self, root: Path, sandbox: str) -> None:
        self._root = root
        self._sandbox = sandbox
        self._expected: dict[float, Undisturbed] = {}
        self._lock = threading.Lock()
        #: engines that nobody uses at present
        self._daemons: list[Daemon] = []
        self._undo = contextlib.ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End the engines."""
        self._undo.close()

    def expected(self, experiment: Experiment) -> Undisturbed:
        """Return what an undisturbed run of the experiment's course makes."""
        with self._lock:
            limit = experiment.job_seconds
            if limit not in self._expected:
                self._expected[limit] = self._undisturbed(limit)
            return self._expected[limit]

    def _undisturbed(self, job_seconds: float) -> Undisturbed:
        """Run the command once without doing anything to it."""
        seed = f"undisturbed {job_seconds}"
        with self._trial(seed, span=0.0, job_seconds=job_seconds) as trial:
            started = time.monotonic()
            code, said = trial.wait(trial.start())
            seconds = time.monotonic() - started
            if code != USUAL:
                raise RuntimeError(f"an undisturbed run ended with {code}: {said}")
            return Undisturbed(
                reports=dict(_reports(trial.out)),
                files=_files(trial.out),
                summary=_summary(trial.out),
                seconds=seconds,
            )

    @contextlib.contextmanager
    def _trial(self, seed: str, *, span: float, job_seconds: float) -> Iterator[Trial]:
        with (
            self._engine() as daemon,
            trials.new(
                self._root,
                seed=seed,
                span=span,
                sandbox=self._sandbox,
                job_seconds=job_seconds,
                daemon=daemon,
            ) as trial,
        ):
            yield trial

    @contextlib.contextmanager
    def _engine(self) -> Iterator[Daemon | None]:
        """Have an engine that nobody else uses, where the back end needs one."""
        if self._sandbox != "docker":
            yield None
            return
        try:
            daemon = self._daemons.pop()
        except IndexError:
            daemon = self._new_engine()
        daemon.mend()
        yield daemon
        self._daemons.append(daemon)

    def _new_engine(self) -> Daemon:
        folder = Path(tempfile.mkdtemp(prefix="engine-", dir="/tmp"))
        daemon = Daemon(folder)
        self._undo.push(daemon)
        daemon.start()
        return daemon

    def repeat(self, experiment: Experiment, seed: str) -> Outcome:
        """Make one repetition; the seed gives its moments and choices."""
        span = self.expected(experiment).seconds
        for attempt in range(ATTEMPTS):
            # a run that was over too early is made again, with an earlier moment
            missed, outcome = self._repeat(experiment, f"{seed}-{attempt}", span / 2**attempt)
            if not missed or outcome.problems:
                break
        else:
            never = Problem(kind="losses", text="there was never what should be struck")
            outcome = dataclasses.replace(outcome, problems=(never,))
        return dataclasses.replace(outcome, seed=seed)

    def _repeat(self, experiment: Experiment, seed: str, span: float) -> tuple[bool, Outcome]:
        expected = self.expected(experiment)
        with self._trial(
            f"{experiment.id} {seed}", span=span, job_seconds=experiment.job_seconds
        ) as trial:
            problems = tuple(_problems(experiment, trial, expected))
            return trial.missed, Outcome(
                experiment=experiment.id, seed=seed, problems=problems, done=tuple(trial.done)
            )


def _problems(experiment: Experiment, trial: Trial, expected: Undisturbed) -> Iterator[Problem]:
    """Strike a run, then run the command again; yield what is not as it should be."""
    experiment.prepare(trial)
    trial.start(trial.prefix)
    experiment.strike(trial)
    assert trial.process is not None
    code, said = trial.wait(trial.process)
    yield from _ended(code, said)
    if experiment.unharmed and code != USUAL:
        yield Problem(kind="losses", text=f"the struck run ended with {code}: {said[-2000:]}")
    yield from _after_strike(experiment, trial, expected)
    experiment.mend(trial)
    code, said = trial.wait(trial.start(trial.lasting))
    if code != USUAL:
        yield Problem(kind="losses", text=f"the second run ended with {code}: {said[-2000:]}")
    yield from _after_all(trial, expected)
    for left in leftovers.find(trial):
        yield Problem(kind="leftovers", text=left)


def _ended(code: int | None, said: str) -> Iterator[Problem]:
    if code is None:
        yield Problem(kind="losses", text=f"the struck run did not end by itself: {said[-500:]}")
    elif "Traceback (most recent call last)" in said and not said.startswith(TOO_EARLY):
        yield Problem(kind="losses", text=f"a traceback is no message: {said[-2000:]}")


def _after_strike(experiment: Experiment, trial: Trial, expected: Undisturbed) -> Iterator[Problem]:
    """A fault of the machine has no score: there is the right report, or one without a score."""
    for name, text in _reports(trial.out):
        report: dict[str, Any] = json.loads(text)
        if text == expected.reports.get(name):
            continue
        allowed = ["broken", "rejected"] if experiment.may_refuse else ["broken"]
        if experiment.unharmed or report["status"] not in allowed or report["score"] is not None:
            yield Problem(
                kind="wrong scores",
                text=f"{name} when struck: {_change(text, expected.reports.get(name, ''))}",
            )


def _after_all(trial: Trial, expected: Undisturbed) -> Iterator[Problem]:
    """After the second run all is as if nothing had happened."""
    found = dict(_reports(trial.out))
    for name, text in expected.reports.items():
        if name not in found:
            yield Problem(kind="losses", text=f"{name} has no report")
        elif found[name] != text:
            yield Problem(kind="wrong scores", text=f"{name}: {_change(found[name], text)}")
    files = _files(trial.out)
    if files != expected.files:
        yield Problem(kind="double records", text=f"files are {files}")
    if _summary(trial.out) != expected.summary:
        yield Problem(kind="double records", text=f"scores.csv is {_summary(trial.out)}")


def _change(found: str, expected: str) -> str:
    """Return where a report differs from the one that it should be."""
    pairs = zip(found, expected, strict=False)
    same = next((i for i, (one, other) in enumerate(pairs) if one != other), 0)
    start = max(0, same - 120)
    return f"...{found[start : start + 300]}... instead of ...{expected[start : start + 300]}..."


def _reports(out: Path) -> Iterator[tuple[str, str]]:
    """Yield names, and the parts of the reports that do not depend on time."""
    for path in sorted(out.glob("*/report.json")):
        try:
            text = path.read_text()
            Report.from_json(text)
        except (ValueError, TypeError, KeyError):
            yield path.parent.name, json.dumps({"status": "unreadable", "score": "unreadable"})
            continue
        report = json.loads(text)
        del report["digest"]
        for part in (report, *report["tests"]):
            for name in TIMES:
                del part[name]
            if part["status"] == "crashed":
                # tried twice: what follows is where the second one was when it was struck
                part["staff_message"] = part["staff_message"].partition("\n")[0]
        # tracebacks name the course's files
        yield path.parent.name, json.dumps(report).replace(str(out.parent), "")


def _files(out: Path) -> dict[str, frozenset[str]]:
    """Return the names of all files that are not empty, by folder."""
    return {
        str(folder.relative_to(out)): frozenset(
            path.name for path in folder.iterdir() if path.is_dir() or path.stat().st_size
        )
        for folder in (out, *out.glob("*/"))
    }


def _summary(out: Path) -> str:
    """Return scores.csv without the column of seconds."""
    path = out / "scores.csv"
    rows = path.read_text().splitlines() if path.exists() else []
    column = rows[0].split(",").index("seconds") if rows else 0
    cells = (row.split(",") for row in rows)
    return "\n".join(",".join([*row[:column], *row[column + 1 :]]) for row in cells)
