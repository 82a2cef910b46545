"""Assignment x Submission x Sandbox -> Report: grade one submission."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import importlib
import importlib.util
import inspect
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from _pytest.config import default_plugins

from grader import (
    building,
    bytecode,
    exports,
    extras,
    intake,
    provenance,
    proxy,
    record,
    release,
    sandbox,
    shares,
    speed,
    testing,
    verdict,
)
from grader.collection import Collection
from grader.errors import InfrastructureError, SubmissionRejected
from grader.export import html
from grader.intake import Submission
from grader.manifest import Assignment, TestSpec
from grader.notebooks import places
from grader.order import EXTRA_TEST_SECONDS, ITEMS, Order, limits, load
from grader.plugin import Found, GraderPlugin
from grader.proxy.client import Session
from grader.results import Provenance, Report, RunStatus, Status, TestResult
from grader.rival import Rival
from grader.sandbox import runtime
from grader.sandbox.base import Mount, Running, Sandbox

INI = Path(__file__).parent / "trusted.ini"
#: where the sandbox shows the student's files and the worker's own
SUBMISSION, WORKER = "/submission", "/grader"
#: what most tests of gradients run on the student's side
_DRIVERS = tuple(
    inspect.unwrap(getattr(testing, name))
    for name in ("_student_gradients", "_gradients", "_weights")
)


def warm_up() -> None:
    """Import what every job needs, once, before jobs are forked."""
    importlib.import_module("numpy.testing")
    for name in default_plugins:
        importlib.import_module(f"_pytest.{name}")


def prepare(order: Order) -> None:
    """Read what all submissions share; done once, before jobs are forked."""
    digests = order.digests()
    if order.cache:
        bytecode.keep_in(Path(order.cache).with_name("bytecode"), *digests)
        html.keep_compiled(Path(order.cache).with_name("pages"))
    html.compile_templates()
    provenance.grader_digest()
    with contextlib.suppress(InfrastructureError):  # it says so again where something is compiled
        building.check_tools(order.loaded)
    with contextlib.suppress(InfrastructureError):  # and where a sandbox is started
        if order.sandbox:
            _box(order.sandbox, order.sandbox_settings).warm_up()
    _worker_files(order.scratch)
    template = _template(order.assignment)
    students = exports.top_levels(exports.modules(template, order.loaded.submission.path))
    for file in order.extra_files:
        _import_libraries(Path(file), students)
    _collected(order.assignment, order.extra_files)


@functools.cache
def _import_libraries(file: Path, students: frozenset[str]) -> None:
    """Import the installed packages that a test file uses, which may take longer than its tests."""
    for name in exports.imported(file.read_bytes()):
        top = name.split(".")[0]
        if top not in students and importlib.util.find_spec(top) is not None:
            importlib.import_module(top)


@functools.cache
def _box(name: str, settings: str) -> Sandbox:
    return sandbox.BACKENDS[name].configured(settings)


@functools.cache
def _worker_files(scratch: str) -> Mapping[str, Path]:
    return proxy.worker_files(Path(scratch) / "worker")


@functools.cache
def _template(path: str) -> dict[str, bytes]:
    return dict(release.build(load(path)).files)


def fulfil(order: Order, *, progress: Callable[[str], None], graded: Callable[[], None]) -> bool:
    """Grade `order` and write its files; True when an earlier report of the same inputs stands.

    `progress` is called with the id of each test that has ended, `graded` before files are written.
    """
    if order.purpose == "collect":
        (Path(order.scratch) / ITEMS).write_text(json.dumps(collect(order)), encoding="utf-8")
        return False
    started = time.monotonic()
    assignment = order.loaded
    try:
        submission = intake.receive(Path(order.submission), assignment, _template(order.assignment))
    except SubmissionRejected as rejection:
        report, same = record.rejected(order, rejection), False
    else:
        origin = record.origin(order, submission.digest)
        same = record.stands(order.folder, origin)
        if not same:
            report = _graded(order, assignment, submission, origin, progress)
    graded()
    if same:
        record.refresh(order.folder)
    else:
        seconds = round(time.monotonic() - started, 3)
        record.write(dataclasses.replace(report, seconds=seconds), order.folder)
    return same


# -- the run ---------------------------------------------------------------------------


def _graded(
    order: Order,
    assignment: Assignment,
    submission: Submission,
    origin: Provenance,
    progress: Callable[[str], None],
) -> Report:
    """Run the tests of one submission."""
    specs = order.tests
    submission = building.add_modules(order, submission)
    if any(spec.speed for spec in specs):
        _reference(order)  # compiling must not take the time of a test
    found = run_tests(order, submission, origin.seed, progress)
    order.require_same_tests()
    results = tuple(_result(spec, found) for spec in specs)
    if submission.notebook is not None:
        results = tuple(places.in_cells(result, *submission.notebook) for result in results)
    is_broken = any(result.status is Status.BROKEN for result in results)
    return Report(
        submission=order.name,
        assignment=assignment.name,
        status=RunStatus.BROKEN if is_broken else RunStatus.GRADED,
        score=None if is_broken else round(sum(result.score for result in results), 4),
        max_score=order.max_score,
        tests=results,
        provenance=origin,
        message="The grader failed on this submission; staff are told. No attempt is lost."
        if is_broken
        else "",
        notices=tuple(submission.notices),
        flags=(*submission.flags, *_disturbance_flags(found.disturbances)),
    )


def _result(spec: TestSpec, found: Found) -> TestResult:
    """Return the result of one test of the manifest, heard of or not."""
    outcomes = found.outcomes.get(spec.id, [])
    if not outcomes and (unloadable := found.unloadable.get(spec.id.split("::")[0])):
        outcomes = [unloadable]
    return verdict.result(spec, outcomes)


def _disturbance_flags(disturbances: Sequence[str]) -> list[str]:
    """Return what staff should look at."""
    return [f"disturbed the grading channel: {text}" for text in sorted(set(disturbances))]


def run_tests(
    order: Order, submission: Submission, seed: int, progress: Callable[[str], None]
) -> Found:
    """Run the tests, here and in a process for each further processor that the order names."""
    names = [spec.id for spec in order.tests]
    queue = shares.Queue(len(names))

    def run(number: int) -> Found:
        if order.cpus:
            os.sched_setaffinity(0, {order.cpus[number]})
        with _bound(order, submission, seed, progress, number) as (plugin, tests):
            for index in queue:
                tests.run(names[index])
        return plugin.found

    def run_elsewhere(number: int) -> dict[str, Any]:
        return run(number).to_json()

    others = [shares.Share(functools.partial(run_elsewhere, i)) for i in range(1, len(order.cpus))]
    found = run(0)
    for other in others:
        found = found.joined(Found.from_json(other.result()))
    return found


@contextlib.contextmanager
def _bound(
    order: Order, submission: Submission, seed: int, progress: Callable[[str], None], share: int = 0
) -> Iterator[tuple[GraderPlugin, Collection]]:
    """Bind the tests to a submission, which a sandboxed worker serves."""
    assignment = order.loaded
    work = order.work / f"share-{share}"
    submission.write(work / "submission")
    (work / "cwd").mkdir()
    session, tests = _collected(order.assignment, order.extra_files)
    session.bind(functools.partial(_start_worker, order, work), work / "tmp")
    plugin = GraderPlugin(
        session,
        test_ids=_test_files(assignment, order.extra_files),
        seed=seed,
        test_seconds=assignment.limits.test_seconds,
        job_seconds=order.limits.job_seconds,
        extra_seconds=dict.fromkeys(map(Path, order.extra_files), EXTRA_TEST_SECONDS),
        progress=progress,
    )
    _enter(work / "cwd", assignment, order.extra_files)
    rival = _rival(order, work / "reference")
    speed.reference_runner, speed.student_paused = rival.run, session.paused
    # every back end compiles CUDA code for the CPU
    speed.not_applicable["cuda"] = "emulated CUDA"
    if order.device == "cuda":
        speed.not_applicable["cpu"] = "no second GPU for the sandbox of the reference"
    session.install()
    try:
        tests.complete(plugin, seed=seed, scratch=work / "tmp")
        yield plugin, tests
    finally:
        session.uninstall()
        session.close()
        rival.close()


@functools.cache
def _collected(path: str, extra_files: tuple[str, ...]) -> tuple[Session, Collection]:
    """Collect the tests of an assignment, for all submissions; extra files wait for each."""
    assignment = load(path)
    roots = assignment.submission.path
    sources = {native.module: native.source for native in assignment.native}
    names = exports.exports(_template(path), roots)
    names |= exports.native_exports(_template(path), roots, sources)
    session = Session(
        None,
        limits=limits(assignment, extra_files),
        modules=exports.top_levels(names),
        path=_import_path(assignment),
        exports=names,
        drivers=_DRIVERS,
    )
    testing.reference_dir = assignment.reference_dir
    testing.hidden_dir = assignment.hidden_dir
    testing.student_side_runner = session.run_function
    folders = [assignment.public_dir, assignment.hidden_dir]
    # the modules that tests share lie beside them; what only hidden tests may know, beside those
    sys.path[:0] = map(str, folders)
    files = _test_files(assignment, extra_files)
    arguments = [
        f"--config-file={INI}",
        f"--rootdir={assignment.root}",
        f"--confcutdir={assignment.root}",
        *(str(path) for path in files if path.exists()),
    ]
    tests = Collection(session, arguments, later=[*map(Path, extra_files)], folders=folders)
    with contextlib.suppress(LookupError):
        testing.reference()
    return session, tests


def _import_path(assignment: Assignment) -> list[str]:
    """Return what is on sys.path in the sandbox."""
    return [*(f"{SUBMISSION}/{root}" for root in assignment.submission.path), SUBMISSION]


def _test_files(assignment: Assignment, extra_files: Sequence[str]) -> dict[Path, str]:
    """Return every test file and the id that it has in reports."""
    files = {assignment.root / spec.path: spec.id.split("::")[0] for spec in assignment.tests}
    return files | {Path(file): Path(file).name for file in extra_files}


def _enter(cwd: Path, assignment: Assignment, extra_files: Sequence[str]) -> None:
    """Work in a folder that holds no student file: only data of the course, and of extra tests."""
    data = _data(assignment)
    if data is not None:
        (cwd / data.name).symlink_to(data)
    tests = extras.folder([Path(file) for file in extra_files])
    if tests is not None and not (cwd / tests.name).exists():
        (cwd / tests.name).symlink_to(tests)
    os.chdir(cwd)


def _data(assignment: Assignment) -> Path | None:
    """Return the folder of data sets that the instructor has put in place, if any."""
    name = assignment.submission.data
    folder = assignment.root / name if name else None
    return folder if folder is not None and folder.is_dir() else None


def _start_worker(order: Order, work: Path) -> Running:
    """Start the worker: its own modules, the student's files, and nothing else in view."""
    box = _box(order.sandbox, order.sandbox_settings)
    assignment, python = order.loaded, runtime.runtime_mounts()
    files = _worker_files(order.scratch)
    mounts = [
        *python.mounts,
        *(Mount(source=path, target=f"{WORKER}/{name}") for name, path in files.items()),
        Mount(source=work / "submission", target=SUBMISSION),
    ]
    data = _data(assignment)
    if data is not None:
        (work / "submission" / data.name).mkdir(exist_ok=True)
        mounts.append(Mount(source=data, target=f"{SUBMISSION}/{data.name}"))
    command = proxy.worker_command(
        python.python,
        WORKER,
        site=python.site,
        sweep=True,
        scratch=("/tmp", "/dev/shm"),
        environment=assignment.submission.environment,
    )
    return box.start(command, mounts=mounts, workdir=SUBMISSION, limits=assignment.limits)


@functools.cache
def _reference(order: Order) -> Submission:
    """Return the reference, compiled as submissions are."""
    files = intake.receive(order.loaded.reference_dir, order.loaded, _template(order.assignment))
    return building.add_modules(order, files)


def _rival(order: Order, work: Path) -> Rival:
    """Return the reference for tests of speed; nothing starts before one of them asks."""

    def start() -> Running:
        if not work.exists():
            _reference(order).write(work / "submission")
        return _start_worker(order, work)

    session = Session(
        start,
        limits=order.limits,
        modules=(),
        path=_import_path(order.loaded),
        exports={},
    )
    return Rival(session, seconds=order.limits.job_seconds)


# -- extra test files ------------------------------------------------------------------


def collect(order: Order) -> list[str]:
    """Return the test items of the extra files as the reference collects them: the fixed list."""
    with _bound(order, _reference(order), 0, lambda _: None) as (plugin, _):
        unloadable, collected = plugin.found.unloadable, plugin.collected
    names = {Path(file).name for file in order.extra_files}
    for name in names & unloadable.keys():
        raise InfrastructureError(
            f"{name} cannot be imported with the reference: {unloadable[name].text} "
            f"{unloadable[name].trace}"
        )
    return [item for item in collected if item.split("::")[0] in names]
