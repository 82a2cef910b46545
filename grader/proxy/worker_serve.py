"""The child of one test: reads requests, runs them, writes replies."""

from __future__ import annotations

import gc
import io
import json
import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from typing import Any, Final, NoReturn

import numpy as np

from grader.proxy import (
    randomness,
    wire,
    worker_classes,
    worker_compile,
    worker_objects,
    worker_ops,
)

_decoder: Any = json.JSONDecoder()
_scan = _decoder.scan_once
#: exit code of a child that was told to end
CLEAN_EXIT: Final = 86
_MESSAGE: Final = 8 << 10
_TRACEBACK: Final = 16 << 10
#: seeds that the trusted side may follow
_SMALL_SEED: Final = 1 << 16
#: an array of more bytes stays here until it is asked for
_FRESH_BYTES: Final = 1 << 20


class Child:
    """Serves the requests of one test; made before the fork, where it costs once."""

    def __init__(
        self, source: int, target: int, path: list[str], codes: worker_compile.Codes
    ) -> None:
        self.source = source
        self.target = target
        self.pid = 0
        self.folder = ""
        self.objects = worker_objects.Objects(self.scratch)
        self.watch = randomness.Watch()
        self.mark = self.watch.mark()
        self.seed = -1
        self.references = 0
        self.counted = 0
        self.first = 1
        _prepare(path, codes)
        self._watch_seeds()
        self._calibrate()

    def scratch(self) -> str:
        """Return a new folder for files that the test hands over."""
        return tempfile.mkdtemp(prefix="grader-")

    def _watch_seeds(self) -> None:
        module: Any = np.random
        seed = module.seed

        def watched(seed_value: Any = None) -> None:
            seed(seed_value)
            small = isinstance(seed_value, int | np.integer) and 0 <= seed_value < _SMALL_SEED
            self.seed = int(seed_value) if small else -1

        watched.__name__ = watched.__qualname__ = "seed"
        module.seed = watched

    def run(self) -> NoReturn:
        """Serve until told to end."""
        while True:
            kind, flags, number, body, blobs = wire.read_frame(self.source)
            if kind != wire.REQUEST:
                os._exit(CLEAN_EXIT if kind == wire.QUIT else 70)
            self.serve(number, flags, _scan(body.decode("ascii"), 0)[0], blobs)
            if os.getpid() != self.pid:
                os._exit(0)

    def _calibrate(self) -> None:
        """Learn how many references an array has that only this module knows."""
        self.objects.start(1 << 40)
        self.answer(lambda: np.zeros(1), [])
        self.references = self.counted

    def serve(self, number: int, flags: int, request: list[Any], blobs: list[bytearray]) -> None:
        """Run one request and write its reply."""
        if flags & wire.RANDOM:
            randomness.State.unpack(blobs.pop(0)).install()
            self.mark = self.watch.mark()
        name, first, released, collect, *arguments = request
        objects = self.objects
        for handle in released:
            objects.release(handle)
        if collect:
            gc.collect()
        objects.incoming, objects.lent = blobs, []
        self.first = first
        objects.start(first)
        kind, body = self.run_operation(name, arguments)
        if os.getpid() == self.pid:
            self.reply(kind, number, body)

    def run_operation(self, name: str, arguments: list[Any]) -> tuple[int, Any]:
        """Return kind and body of the reply."""
        objects = self.objects
        try:
            if name == "fetch":
                return wire.REPLY, [self.fetch(objects.decode(arguments[0]))]
            return wire.REPLY, self.answer(
                worker_ops.OPERATIONS[name], [objects.decode(argument) for argument in arguments]
            )
        except BaseException as error:
            objects.undo()
            objects.start(self.first)
            return wire.RAISED, self.raised(error)

    def answer(self, operation: Callable[..., Any], arguments: list[Any]) -> list[Any]:
        """Run an operation and encode what it returns."""
        objects = self.objects
        value = operation(*arguments)
        if type(value) is np.ndarray and self.is_fresh(value, self.references):
            body = [objects.encode_fresh(value)]
        elif type(value) is tuple and sys.getrefcount(value) <= 2 and len(value) < 32:
            body = [self.fresh_tuple(value)]
        else:
            body = [objects.encode(value)]
        changed = objects.returned() if objects.lent else ()
        if objects.classes or changed:
            body += [objects.classes, changed]
        return body

    def is_fresh(self, value: np.ndarray[Any, Any], references: int) -> bool:
        """Whether nothing but our own frames refers to an array or to the memory under it."""
        self.counted = sys.getrefcount(value)
        base = value.base
        return (
            self.counted <= references
            and (
                base is None
                or (type(base) is np.ndarray and sys.getrefcount(base) <= 3 and base.base is None)
            )
            and value.nbytes <= _FRESH_BYTES
            and value.flags.writeable
            and value.dtype.str in wire.DTYPES
            and value.ndim <= wire.DIMENSIONS
        )

    def fresh_tuple(self, value: tuple[Any, ...]) -> Any:
        """Encode a tuple that was made to be returned; its arrays may be fresh too."""
        encoded = []
        for item in value:
            if type(item) is np.ndarray and self.is_fresh(item, self.references + 1):
                encoded.append(self.objects.encode_fresh(item))
            else:
                encoded.append(self.objects.encode(item, 1))
        return ["t", *encoded]

    def fetch(self, array: np.ndarray[Any, Any]) -> Any:
        index = self.objects.blob(np.asarray(array).tobytes())
        return ["v", array.dtype.str, list(array.shape), index, "C"]

    def raised(self, error: BaseException) -> list[Any]:
        """Describe an exception by its class, message, plain arguments and traceback."""
        objects = self.objects
        builtin = type(error).__module__ == "builtins"
        kind = 0 if builtin else objects.class_handle(type(error))
        message = _safely(lambda: str(error))[:_MESSAGE]
        text = _safely(lambda: _traceback_of(error))[-_TRACEBACK:]
        known = worker_classes.exception_base(type(error)) or "Exception"
        system = int(isinstance(error, Exception))
        plain = _plain(error.args)
        arguments = objects.encode(error.args if plain else (message,))
        name = str(type(error).__name__)[: wire.NAME]
        missing = getattr(error, "name", None) if isinstance(error, ImportError) else None
        missing = missing if type(missing) is str and len(missing) <= wire.NAME else None
        node = [kind, known, name, system, message, text, arguments, missing]
        return [node, objects.classes, []]

    def reply(self, kind: int, number: int, body: list[Any]) -> None:
        """Write a reply, with the random generator's state when it changed."""
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except Exception:
            _standard_streams()
        blobs, flags = self.objects.blobs, 0
        mark = self.watch.mark()
        if mark != self.mark:
            self.mark, flags = mark, wire.RANDOM
            blobs = [*blobs, self.watch.state(self.seed).pack()]
            self.seed = -1
        wire.write_all(self.target, wire.frame(kind, number, body, blobs, flags))


def _safely(function: Callable[[], str]) -> str:
    try:
        text = function()
        return text.encode(errors="replace").decode() if type(text) is str else "?"
    except BaseException:
        return "?"


def _plain(values: object, depth: int = 0) -> bool:
    """Whether the arguments of an exception are few and plain."""
    if type(values) is tuple:
        return depth < 3 and len(values) <= 8 and all(_plain(item, depth + 1) for item in values)
    if type(values) is str:
        # a lone surrogate cannot be sent: the message says the same without it
        return len(values) <= _MESSAGE and values.encode(errors="replace").decode() == values
    return values is None or type(values) in (bool, int, float)


def _traceback_of(error: BaseException) -> str:
    """Format a traceback without the frames of this folder."""
    here = os.path.dirname(os.path.abspath(__file__))
    trace = error.__traceback__
    while trace and os.path.dirname(trace.tb_frame.f_code.co_filename) == here:
        trace = trace.tb_next
    return "".join(traceback.format_exception(type(error), error, trace, limit=-20))


def _standard_streams() -> None:
    """Prints go to the error pipe a line at a time; what is read is empty."""
    sys.stdin = io.TextIOWrapper(io.FileIO(0), encoding="utf-8")
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        raw = io.FileIO(descriptor, "w", closefd=False)
        stream = io.TextIOWrapper(
            io.BufferedWriter(raw), encoding="utf-8", errors="backslashreplace", line_buffering=True
        )
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _prepare(path: list[str], codes: worker_compile.Codes) -> None:
    """Make this process what a student's own process would be."""
    _standard_streams()
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if entry != here]
    codes.install()
    sys.path += [os.path.abspath(entry) for entry in path if os.path.abspath(entry) not in sys.path]
    sys.argv = [""]


def serve(child: Child, number: int, environment: list[list[str]]) -> NoReturn:
    """Run the child of one test; never returns."""
    try:
        os.environ.update(dict(environment))
        child.pid = os.getpid()
        wire.write_all(child.target, wire.frame(wire.REPLY, number, []))
        child.run()
    except BrokenPipeError:
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(71)
    os._exit(0)
