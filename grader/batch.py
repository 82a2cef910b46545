"""Many submissions: in parallel, resumable, live; one bad job never stops the others."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from grader import export, intake, record
from grader.errors import InfrastructureError, UsageError
from grader.order import Order
from grader.results import Report

#: how often a job that ended without a report is tried in all
ATTEMPTS = 3
#: seconds beyond the submission's own limit after which the trusted side itself is taken for hung
GRACE_SECONDS = 60.0
#: private folders are called this, then the process id of their grader
SCRATCH_PREFIX = "grader-run-"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Update:
    """Something that happened to one submission."""

    name: str
    #: started, test, retried, unchanged, finished
    event: str
    #: id of the test that just ended
    test: str = ""
    report: Report | None = None


class ForkServer:
    """The warm process of `grader.forkserver`, seen from the batch."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        cache = scratch / "pycache"
        command = [
            sys.executable,
            "-I",
            "-m",
            "grader.forkserver",
            str(os.getpid()),
            str(cache),
        ]
        self._log = (scratch / "forkserver.log").open("wb")
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=_environment(),
            cwd=scratch,
        )
        self._buffer = b""
        assert self._process.stdout is not None
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._process.stdout, selectors.EVENT_READ)

    def submit(self, order: Order) -> None:
        """Start one job."""
        assert self._process.stdin is not None
        self._process.stdin.write(order.to_json().encode())
        self._process.stdin.flush()

    def events(self, timeout: float) -> list[dict[str, Any]]:
        """Return the events that arrive within `timeout` seconds."""
        assert self._process.stdout is not None
        if not self._selector.select(timeout):
            return []
        chunk = os.read(self._process.stdout.fileno(), 1 << 16)
        if not chunk:
            raise InfrastructureError(
                f"the grading process ended with code {self._process.wait()}: {self._last_words()}"
            )
        *lines, self._buffer = (self._buffer + chunk).split(b"\n")
        return [json.loads(line) for line in lines]

    def _last_words(self) -> str:
        text = Path(self._log.name).read_text(errors="replace").strip()
        return text.splitlines()[-1] if text else "it printed nothing"

    def close(self) -> None:
        """End the process and, with it, all jobs and their sandboxes."""
        self._process.kill()
        self._process.wait()
        self._selector.close()
        for stream in (self._process.stdin, self._process.stdout, self._log):
            with contextlib.suppress(OSError):
                if stream is not None:
                    stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _environment() -> dict[str, str]:
    """Return the environment of the trusted processes: nothing that could inject code."""
    return {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "TMPDIR": tempfile.gettempdir(),
    }


@dataclasses.dataclass
class _Job:
    order: Order
    attempts: int = 0
    pid: int | None = None
    cpus: tuple[int, ...] = ()
    deadline: float = 0.0
    unchanged: bool = False


class Batch:
    """Grades orders in a bounded number of parallel jobs."""

    def __init__(self, orders: Sequence[Order], *, jobs: int, job_seconds: float) -> None:
        self._waiting = deque(_Job(order) for order in orders)
        self._running: dict[str, _Job] = {}
        self._jobs = jobs
        self._job_seconds = job_seconds

    def run(self, server: ForkServer) -> Iterator[Update]:
        """Run all orders; yield what happens, ending each submission with one `finished`."""
        while self._waiting or self._running:
            while self._waiting and len(self._running) < self._jobs:
                yield self._start(server, self._waiting.popleft())
            for event in server.events(timeout=0.5):
                yield from self._handle(event)
            self._stop_overdue()

    def _start(self, server: ForkServer, job: _Job) -> Update:
        name = job.order.name
        job.attempts += 1
        job.pid, job.deadline = None, time.monotonic() + self._job_seconds + GRACE_SECONDS
        shutil.rmtree(Path(job.order.scratch) / name, ignore_errors=True)
        job.cpus = self._idlest_cpus()
        self._running[name] = job
        server.submit(dataclasses.replace(job.order, cpus=job.cpus))
        return Update(name=name, event="started" if job.attempts == 1 else "retried")

    def _idlest_cpus(self) -> tuple[int, ...]:
        """Return one processor, and those that no other job will need."""
        used = [cpu for job in self._running.values() for cpu in job.cpus]
        count = max(1, self._jobs - len(used) - len(self._waiting))
        return tuple(sorted(sorted(os.sched_getaffinity(0)), key=used.count)[:count])

    def _handle(self, event: dict[str, Any]) -> Iterator[Update]:
        job = self._running[event["name"]]
        match event["event"]:
            case "refused":
                raise UsageError(event["message"])
            case "started":
                job.pid = event["pid"]
            case "unchanged":
                job.unchanged = True
            case "test":
                yield Update(name=event["name"], event="test", test=event["test"])
            case "ended":
                yield from self._ended(job, event["code"])

    def _ended(self, job: _Job, code: int) -> Iterator[Update]:
        """Take the job's report; a job without one, or with a broken one, is tried again."""
        order = job.order
        del self._running[order.name]
        shutil.rmtree(Path(order.scratch) / order.name, ignore_errors=True)
        report = record.load(order.folder) if code == 0 else None
        if report is None or report.status == "broken":
            if job.attempts < ATTEMPTS:
                self._waiting.append(job)
                return
            if report is None:
                report = record.broken(order, self._why(order, code))
                record.write(report, order.folder)
        yield Update(
            name=order.name, event="unchanged" if job.unchanged else "finished", report=report
        )

    def _why(self, order: Order, code: int) -> str:
        log = Path(order.scratch) / f"{order.name}.log"
        last = log.read_text(errors="replace").strip().splitlines()[-1:] if log.exists() else []
        how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        return f"The grading process {how}, {ATTEMPTS} times. " + " ".join(last)

    def _stop_overdue(self) -> None:
        """Kill jobs whose trusted side hangs: their own limits should have ended them long ago."""
        now = time.monotonic()
        for job in self._running.values():
            if job.pid is not None and now > job.deadline:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(job.pid, signal.SIGKILL)


def run_one(server: ForkServer, order: Order) -> int:
    """Run one order to its end, whatever it makes, and return its exit code."""
    server.submit(order)
    deadline = time.monotonic() + GRACE_SECONDS * 2
    while time.monotonic() < deadline:
        for event in server.events(timeout=0.5):
            if event["event"] == "refused":
                raise UsageError(event["message"])
            if event["event"] == "ended":
                return int(event["code"])
    raise InfrastructureError(f"{order.name}: no end within {GRACE_SECONDS * 2:g} s")


def names(submissions: Sequence[Path]) -> list[str]:
    """Return a folder name for each submission; equal names get a number, in the order given."""
    wanted = [intake.name_of(path) for path in submissions]
    taken = set(wanted)
    seen: set[str] = set()
    result = []
    for name in wanted:
        if name in seen:
            name = next(n for n in (f"{name}-{i}" for i in itertools.count(2)) if n not in taken)
            taken.add(name)
        seen.add(name)
        result.append(name)
    return result


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """A private folder of this run; it goes when the run ends, or when the next one starts."""
    _sweep_scratch()
    folder = Path(tempfile.mkdtemp(prefix=f"{SCRATCH_PREFIX}{os.getpid()}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep_scratch() -> None:
    """Remove what a killed grader of this user left behind."""
    for folder in Path(tempfile.gettempdir()).glob(f"{SCRATCH_PREFIX}*"):
        owner = folder.name.removeprefix(SCRATCH_PREFIX).split("-")[0]
        mine = not folder.is_symlink() and folder.stat().st_uid == os.getuid()
        if mine and owner.isdigit() and not Path(f"/proc/{owner}").exists():
            shutil.rmtree(folder, ignore_errors=True)


def run(
    orders: Sequence[Order],
    server: ForkServer,
    *,
    out: Path,
    jobs: int,
    job_seconds: float,
    show: Callable[[Update], None],
) -> list[Report]:
    """Grade all `orders`; write scores.csv and index.html for everything below `out`."""
    done: dict[str, Report] = {}
    for update in Batch(orders, jobs=jobs, job_seconds=job_seconds).run(server):
        show(update)
        if update.report is not None:
            done[update.name] = update.report
    export.write_summary(record.load_all(out), out)
    return [done[order.name] for order in orders]
