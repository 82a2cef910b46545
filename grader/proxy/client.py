"""The Session: student code in a sandbox, used by the tests of one pytest process."""

from __future__ import annotations

import contextlib
import copy
import gc
import importlib
import os
import signal
import threading
import time
import types
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from grader.errors import InfrastructureError, StudentFault, TimedOut
from grader.proxy import arrays, wire
from grader.proxy.channel import Channel, Deadline, WorkerEnded
from grader.proxy.files import Files
from grader.proxy.link import Heard, Link
from grader.proxy.output import Output
from grader.proxy.shipping import function_source
from grader.sandbox import pausing
from grader.sandbox.base import Limits, Running

__all__ = ["Session"]

#: seconds for the worker's parent to start, to fork, and to clean up
_START_SECONDS = 30.0
_END_SECONDS = 15.0
#: seconds after a test's limit until it is interrupted where it does not ask the worker anything
_ALARM_SECONDS = 1.0


class _Loaded(NamedTuple):
    """What the import of a test module left: its requests, and the handles that they made."""

    requests: list[Any]
    snapshot: Any
    functions: dict[tuple[str, str], Any]
    pending: list[Any]


#: what is left where nothing was asked
_NOTHING = _Loaded([], ({}, {}), {}, [])


class Session:
    """A student's submission, ready to be used by tests.

        session = Session(start, limits=limits, modules={"needle"}, path=["python"], exports={})
        session.install()
        with session.loading("tests/test_ops.py"):
            import test_ops                       # `import needle` in it is remote
        with session.running("tests/test_ops.py", seconds=60):
            test_ops.test_add()
        if session.fault: ...                     # the test fails, whatever it did
        session.close()

    Every scope has a process of its own on the student's side. Requests made while a module is
    loaded are made again in the process of each of its tests, so that handles kept by the module
    stay valid. `drivers` are functions that many tests run over there: compiled once for all.
    """

    def __init__(
        self,
        start: Callable[[], Running] | None,
        *,
        limits: Limits,
        modules: Collection[str],
        path: Sequence[str],
        exports: Mapping[str, Mapping[str, str | None]],
        files_root: Path | None = None,
        environment: Mapping[str, str] | None = None,
        drivers: Sequence[types.FunctionType] = (),
    ) -> None:
        self._start = start
        self._limits = limits
        self._path = list(path)
        self._environment = dict(environment or {})
        self._drivers = [function_source(function) for function in drivers]
        self._output = Output(limits.output)
        self._link = Link(limits, modules, exports, files_root)
        self._idle: Channel | None = None
        self._loaded: dict[str, _Loaded] = {}
        self._heard: dict[str, tuple[str, ...]] = {}
        self._imported: dict[tuple[str, ...], _Loaded | None] = {}
        self._cpus: set[int] = set()

    # --- what callers see

    @property
    def fault(self) -> StudentFault | InfrastructureError | None:
        """The first fatal fault of the present or last scope: its test fails in any case."""
        return self._link.fault

    @property
    def output(self) -> bytes:
        """Prints and warnings of the student's side in the present or last scope."""
        return self._output.kept()

    def install(self) -> None:
        """Let `import` statements find the student's modules, and stay on one CPU.

        A request hands the CPU to the worker and waits: on one CPU that takes 8 microseconds, over
        two it takes 50 or more. The sandbox inherits the CPU; a process that has only one keeps it.
        """
        self._link.importer.install()
        gc.callbacks.append(self._collected)
        self._cpus = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {sorted(self._cpus)[os.getpid() % len(self._cpus)]})

    @contextlib.contextmanager
    def listening(self, key: str) -> Iterator[Heard]:
        """Import a test module before there is a submission: note what it imports."""
        link = self._link
        link.importer.install()
        link.importer.forget_imports()
        heard = link.heard = Heard()
        try:
            yield heard
        finally:
            link.heard = None
            link.importer.forget_imports()
            self._heard[key] = tuple(heard.names)

    def bind(self, start: Callable[[], Running], files_root: Path) -> None:
        """Use a submission, whose worker `start` starts, for modules that were imported before."""
        self._start = start
        self._link.encoder.files = Files(files_root)
        self._link.importer.forget_answers()

    def load_again(self, key: str) -> bool:
        """Do for a module that was only listened to what `loading` does; False if it has to.

        Modules that import the same have been loaded when one of them is.
        """
        names = self._heard[key]
        if names not in self._imported:
            self._imported[names] = self._import_all(names) if names else _NOTHING
        loaded = self._imported[names]
        if loaded is None:
            return False
        self._loaded[key] = loaded
        return True

    def _import_all(self, names: Sequence[str]) -> _Loaded | None:
        """Import modules in a fresh process; None if that fails or draws random numbers."""
        key = " ".join(names)
        np.random.seed(0)
        before = self._link.generator.state()
        try:
            with self.loading(key):
                for name in names:
                    importlib.import_module(name)
        except (Exception, StudentFault):
            return None
        has_drawn = self._link.generator.state() != before
        return None if self.fault is not None or has_drawn else self._loaded[key]

    def uninstall(self) -> None:
        """Undo `install`."""
        self._link.importer.uninstall()
        with contextlib.suppress(ValueError):
            gc.callbacks.remove(self._collected)
        if self._cpus:
            os.sched_setaffinity(0, self._cpus)

    def close(self) -> None:
        """Kill the sandbox."""
        self._link.drop()
        if self._idle is not None:
            self._idle.close()
            self._idle = None

    @contextlib.contextmanager
    def loading(self, key: str) -> Iterator[None]:
        """Import a test module: a fresh process, whose requests are recorded under `key`."""
        self._begin()
        link = self._link
        seconds = self._limits.import_seconds + self._limits.test_seconds
        link.scope_deadline = Deadline(
            time.monotonic() + seconds, f"{seconds:g} s for loading the tests"
        )
        link.recording = []
        try:
            yield
        finally:
            requests, link.recording = link.recording, None
            self._loaded[key] = _Loaded(
                requests, link.table.snapshot(), dict(link.module_cache), list(link.shipper.pending)
            )
            self._end()

    @contextlib.contextmanager
    def running(self, key: str, *, seconds: float) -> Iterator[None]:
        """Run one test: a fresh process in which `key` was loaded; `seconds` for the whole test.

        A fault while loading again is raised by the first request of the test, and is in `fault`.
        """
        self._begin()
        link = self._link
        try:
            loaded = self._loaded.get(key)
            if loaded is not None:
                with contextlib.suppress(StudentFault):
                    self._replay(loaded)
            limit = f"{seconds:g} s for the test"
            link.scope_deadline = Deadline(time.monotonic() + seconds, limit)
            with self._alarm(seconds, limit):
                yield
        finally:
            self._end()

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Let nothing of the sandbox run meanwhile; what waits for a request does not notice."""
        channel = self._link.channel
        root = None if channel is None else channel.running.root
        with contextlib.nullcontext() if root is None else pausing.paused(root):
            yield

    @contextlib.contextmanager
    def serving(self, *, seconds: float) -> Iterator[None]:
        """Have a process in which nothing was loaded, beside the scope of another session."""
        self._begin()
        try:
            self._link.scope_deadline = Deadline(
                time.monotonic() + seconds, f"{seconds:g} s for serving"
            )
            yield
        finally:
            self._end()

    @contextlib.contextmanager
    def _alarm(self, seconds: float, limit: str) -> Iterator[None]:
        """End a test that goes on by itself: a loop here can depend on a number from over there."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def ring(number: int, frame: object) -> None:
            fault = TimedOut(f"Time limit: {limit}.")
            self._link.fail(fault)
            raise fault

        before = signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, seconds + _ALARM_SECONDS)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    def run_function(
        self,
        function: Callable[..., Any],
        arguments: Sequence[Any] = (),
        keywords: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run a function of a test on the student's side; it takes and returns plain data."""
        # copies, as student code may write into what it is given, and the test compares with that
        given, named = copy.deepcopy((tuple(arguments), dict(keywords or {})))
        value = self._link.request("call", function, given, named)
        return _plain(value, function)

    def request(self, operation: str, *arguments: Any) -> Any:
        """Make one request of the present scope; tests use student objects instead."""
        return self._link.request(operation, *arguments)

    # --- scopes

    def _begin(self) -> None:
        """Have a fresh child, in a new sandbox when the last one is gone."""
        link = self._link
        if link.channel is not None:
            raise InfrastructureError("A scope of a session began inside another one.")
        link.fault = None
        self._output.clear()
        link.importer.forget_imports()
        reused = self._idle is not None
        try:
            self._fork()
        except (WorkerEnded, StudentFault) as error:
            self._discard()
            if not reused:
                raise InfrastructureError(self._cannot_start(error)) from None
            self._begin_again()
        link.table.restore({}, {})
        link.module_cache = {}
        link.shipper.start_scope()
        link.generator.start_scope()

    def _begin_again(self) -> None:
        """Try once more with a new sandbox: the old one was damaged by the test before."""
        self._output.clear()
        try:
            self._fork()
        except (WorkerEnded, StudentFault) as error:
            self._discard()
            raise InfrastructureError(self._cannot_start(error)) from None

    def _cannot_start(self, error: BaseException) -> str:
        printed = self._output.kept()[-2000:].decode(errors="replace").strip()
        return f"The worker does not start: {str(error) or 'it ended'}. {printed}".strip()

    def _discard(self) -> None:
        if self._idle is not None:
            self._idle.close()
            self._idle = None

    def _fork(self) -> None:
        """Ask the parent for a child."""
        deadline = Deadline(time.monotonic() + _START_SECONDS, f"{_START_SECONDS:g} s for starting")
        if self._idle is None:
            if self._start is None:
                raise InfrastructureError("A session has no submission to start a worker for.")
            self._idle = Channel(self._start(), self._output)
            greeting = self._greeting(self._idle.running)
            self._ask(self._idle, wire.HELLO, greeting, deadline)
        self._token = os.urandom(wire.TOKEN_BYTES)
        body = [list(item) for item in self._environment.items()]
        self._ask(self._idle, wire.BEGIN, body, deadline, self._token)
        self._link.channel, self._idle = self._idle, None

    def _greeting(self, running: Running) -> list[Any]:
        """Tell where the student's files are, and the source of what many tests send."""
        sources = [(item.text, item.file, item.line) for item in self._drivers]
        return [[running.path(folder) for folder in self._path], sources]

    def _ask(
        self, channel: Channel, kind: int, body: Any, deadline: Deadline, extra: bytes = b""
    ) -> None:
        number = channel.number()
        channel.send(wire.frame(kind, number, body) + extra, deadline)
        channel.receive(number, deadline, 0)

    def _end(self) -> None:
        """End the child; the sandbox is kept only if its parent confirms that nothing is left."""
        link = self._link
        channel = link.channel
        if channel is None:
            return
        number = channel.number()
        deadline = Deadline(
            time.monotonic() + _END_SECONDS, f"{_END_SECONDS:g} s for ending the test"
        )
        try:
            frames = wire.frame(wire.QUIT, number, []) + wire.frame(wire.END, number, [])
            channel.send(frames, deadline)
            channel.expect_end(number, self._token, deadline)
            channel.drain()
        except WorkerEnded:
            link.fail(link.ended_late())
        except StudentFault as fault:
            link.fail(fault)
        except BaseException:
            link.drop()
            raise
        else:
            link.channel, self._idle = None, channel

    def _replay(self, loaded: _Loaded) -> None:
        """Make the requests of the module's import again; the replies have to look the same."""
        link = self._link
        seconds = self._limits.import_seconds
        link.scope_deadline = Deadline(time.monotonic() + seconds, f"{seconds:g} s for importing")
        for request in loaded.requests:
            link.replay(request)
        references, classes = loaded.snapshot
        link.table.restore(references, classes)
        link.module_cache = dict(loaded.functions)
        link.shipper.pending = list(loaded.pending)

    def _collected(self, phase: str, information: Mapping[str, int]) -> None:
        """A full garbage collection here is one over there too."""
        if phase == "start" and information["generation"] == 2:
            self._link.collect = True


def _plain(value: Any, function: Callable[..., Any]) -> Any:
    """Return plain data with base arrays of its own; refuse handles."""
    if arrays.isinstance_remote(value):
        return arrays.local(value).copy()
    if isinstance(value, list):
        return [_plain(item, function) for item in value]
    if isinstance(value, tuple):
        return tuple(_plain(item, function) for item in value)
    if isinstance(value, dict):
        return {key: _plain(item, function) for key, item in value.items()}
    if type(value).__module__ in ("builtins", "numpy") and not isinstance(value, types.ModuleType):
        return value
    name = getattr(function, "__name__", "function")
    raise TypeError(
        f"{name} returned a {type(value).__name__} from the student's side: only plain data may."
    )
