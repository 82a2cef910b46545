"""Many submissions: in parallel, resumable, live; one bad job never stops the others."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import itertools
import os
import shutil
import signal
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from grader import export, intake, record, sanitize
from grader.errors import InfrastructureError, SandboxUnavailable, UsageError
from grader.export import files
from grader.order import Order
from grader.results import Report
from grader.server import ForkServer

#: how often a job that ended without a report is tried in all
ATTEMPTS = 3
#: seconds beyond the submission's own limit after which the trusted side itself is taken for hung
GRACE_SECONDS = 60.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Update:
    """Something that happened to one submission."""

    name: str
    #: started, test, retried, unchanged, finished
    event: str
    #: id of the test that just ended
    test: str = ""
    report: Report | None = None


@dataclasses.dataclass
class _Job:
    order: Order
    attempts: int = 0
    pid: int | None = None
    cpus: tuple[int, ...] = ()
    deadline: float = 0.0
    #: only its files are still to be written, which needs the disk and hardly a processor
    is_writing: bool = False
    unchanged: bool = False


class Batch:
    """Grades orders in a bounded number of parallel jobs."""

    def __init__(
        self,
        orders: Sequence[Order],
        *,
        jobs: int,
        job_seconds: float,
        require: Callable[[], None] = lambda: None,
    ) -> None:
        """Grade `orders`; `require` raises when this machine can grade nothing any more."""
        self._require = require
        self._waiting = deque(_Job(order) for order in orders)
        self._running: dict[str, _Job] = {}
        self._jobs = jobs
        self._job_seconds = job_seconds
        #: removes folders: a file system may take its time for that
        self._remover = ThreadPoolExecutor(1)

    def run(self, server: ForkServer) -> Iterator[Update]:
        """Run all orders; yield what happens, ending each submission with one `finished`."""
        with self._remover:
            while self._waiting or self._running:
                while self._waiting and self._has_room():
                    yield self._start(server, self._waiting.popleft())
                for event in server.events(timeout=0.5):
                    yield from self._handle(event)
                self._stop_overdue()

    def _has_room(self) -> bool:
        return len(self._grading()) < self._jobs and len(self._running) < 2 * self._jobs

    def _grading(self) -> list[_Job]:
        return [job for job in self._running.values() if not job.is_writing]

    def _start(self, server: ForkServer, job: _Job) -> Update:
        name = job.order.name
        job.attempts += 1
        # another job may compile the same before
        seconds = self._job_seconds + 2 * job.order.build_seconds + GRACE_SECONDS
        job.pid, job.deadline = None, time.monotonic() + seconds
        job.is_writing = False
        job.cpus = self._idlest_cpus()
        self._running[name] = job
        server.submit(dataclasses.replace(job.order, cpus=job.cpus))
        return Update(name=name, event="started" if job.attempts == 1 else "retried")

    def _idlest_cpus(self) -> tuple[int, ...]:
        """Return one processor, and those that no other job will need."""
        used = [cpu for job in self._grading() for cpu in job.cpus]
        count = max(1, self._jobs - len(used) - len(self._waiting))
        return tuple(sorted(sorted(os.sched_getaffinity(0)), key=used.count)[:count])

    def _handle(self, event: dict[str, Any]) -> Iterator[Update]:
        job = self._running[event["name"]]
        match event["event"]:
            case "refused":
                raise UsageError(event["message"])
            case "started":
                job.pid = event["pid"]
            case "graded":
                job.is_writing = True
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
        self._remove(order.work, job.attempts)
        report = record.load(order.folder) if code == 0 else None
        if report is None or report.status == "broken":
            # else each of the others would wait for what is gone, three times
            self._require()
            if job.attempts < ATTEMPTS:
                self._waiting.append(job)
                return
            if report is None:
                report = record.broken(order, self._why(order, code))
                record.write(report, order.folder)
        yield Update(
            name=order.name, event="unchanged" if job.unchanged else "finished", report=report
        )

    def _remove(self, work: Path, attempt: int) -> None:
        """Remove the folder of a job; the next attempt finds nothing of it from now on."""
        old = work.parent.with_name("old") / f"{attempt}-{work.name}"
        try:
            old.parent.mkdir(parents=True, exist_ok=True)
            work.rename(old)
        except OSError:  # there is no space, or none of the name: then here and now, if at all
            shutil.rmtree(work, ignore_errors=True)
        else:
            self._remover.submit(shutil.rmtree, old, ignore_errors=True)

    def _why(self, order: Order, code: int) -> str:
        text = order.log.read_text(errors="replace") if order.log.exists() else ""
        last = text.strip().splitlines()[-1:]
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
    seconds = GRACE_SECONDS * 2 + order.build_seconds
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for event in server.events(timeout=0.5):
            if event["event"] == "refused":
                raise UsageError(event["message"])
            if event["event"] == "ended":
                return int(event["code"])
    raise InfrastructureError(f"{order.name}: no end within {seconds:g} s")


def names(submissions: Sequence[Path]) -> list[str]:
    """Return a folder name for each submission.

    Equal names, as of `alice/hw1.zip` and `bob/hw1.zip`, get their folder's in front; where this
    does not tell them apart, a number in the order given.
    """
    plain = [intake.name_of(path) for path in submissions]
    shared = {name for name, count in Counter(plain).items() if count > 1}
    wanted = [
        _with_folder(path, name) if name in shared else name
        for path, name in zip(submissions, plain, strict=True)
    ]
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


def _with_folder(path: Path, name: str) -> str:
    return sanitize.folder_name(f"{path.absolute().parent.name}_{name}")


def run(
    orders: Sequence[Order],
    server: ForkServer,
    *,
    out: Path,
    jobs: int,
    job_seconds: float,
    show: Callable[[Update], None],
    require: Callable[[], None] = lambda: None,
) -> list[Report]:
    """Grade all `orders`; write scores.csv and index.html for everything below `out`.

    `require` raises when this machine can grade nothing any more, which ends the run.
    """
    done: dict[str, Report] = {}
    todo = Batch(orders, jobs=jobs, job_seconds=job_seconds, require=require)
    with _alone(out):
        try:
            for update in todo.run(server):
                show(update)
                if update.report is not None:
                    done[update.name] = update.report
        except SandboxUnavailable as error:
            left = len(orders) - len(done)
            raise InfrastructureError(
                f"{error}; {left} of {len(orders)} submissions are not graded: when this is "
                "mended, the same command again goes on from here"
            ) from error
        finally:
            files.clear(out)
            export.write_summary(record.load_all(out), out)
    lost = [order.name for order in orders if record.load(order.folder) is None]
    if lost:
        raise InfrastructureError(
            f"{out}: {len(lost)} reports that were written are gone, that of {lost[0]} first: "
            "somebody else changes this folder; the same command again makes them anew"
        )
    record.require_whole(out)
    return [done[order.name] for order in orders]


@contextlib.contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Keep other graders from the same reports; the kernel ends that with this process."""
    out.mkdir(parents=True, exist_ok=True)
    folder = os.open(out, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InfrastructureError(
                f"{out}: another grader is writing reports there: wait until it has ended, or "
                "choose another folder with --out"
            ) from error
        yield
    finally:
        os.close(folder)
