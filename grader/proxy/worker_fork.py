"""The worker's parent: warm, empty of student code, forks one child for each test.

    trusted side              parent                     child
    HELLO  ----------------->  answers
    BEGIN, token ----------->  keeps the token, forks --> answers, takes over both pipes
    REQUEST ---------------------------------------------> answers
    QUIT -------------------------------------------------> exits
    END  ------------------->  sweeps what is left, empties scratch, answers with the token

The token lies in memory that a fork does not copy and is never in Python's heap, so that a child
cannot take the parent's place and go on into the next test.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import gc
import itertools
import json
import mmap
import os
import random
import signal
import sys
import time
from collections.abc import Sequence
from typing import Any, NoReturn

from grader.proxy import wire, worker_compile, worker_hooks, worker_ops, worker_serve

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_CHILD_SUBREAPER = 1, 4, 36
#: seconds for killing what a test left behind
_SWEEP_SECONDS = 4.0
#: high descriptors for the protocol: student code that closes the low ones hurts only itself
_LOWEST_DESCRIPTOR = 100
#: looked up once: every child needs it
_C_PRCTL = ctypes.CDLL(None).prctl


def _prctl(option: int, value: int) -> None:
    _C_PRCTL(option, value, 0, 0, 0)


class Parent:
    """Forks children and cleans up behind them."""

    def __init__(self, source: int, target: int, *, sweep: bool, scratch: Sequence[str]) -> None:
        self.source = source
        self.target = target
        self.sweep_all = sweep
        self.scratch = scratch
        self.codes = worker_compile.Codes()
        self.child: worker_serve.Child | None = None
        self.token = mmap.mmap(-1, mmap.PAGESIZE)
        self.token.madvise(mmap.MADV_DONTFORK)

    def run(self) -> NoReturn:
        """Serve control frames until the trusted side hangs up."""
        actions = {wire.HELLO: self.hello, wire.BEGIN: self.begin, wire.END: self.end}
        with contextlib.suppress(EOFError, BrokenPipeError):
            while True:
                kind, _, number, body, _ = wire.read_frame(self.source)
                actions[kind](number, json.loads(body))
        os._exit(0)

    def hello(self, number: int, body: list[Any]) -> None:
        """Get everything ready that is the same for each child; nothing of the student's runs."""
        folders, drivers = body
        self.codes.compile([os.path.abspath(folder) for folder in folders])
        worker_ops.compile_ahead(drivers)
        self.child = worker_serve.Child(self.source, self.target, folders, self.codes)
        random.seed(0)  # children draw alike, from now on in every run
        gc.freeze()
        gc.enable()
        wire.write_all(self.target, wire.frame(wire.REPLY, number, [os.getpid()]))

    def begin(self, number: int, body: list[list[str]]) -> None:
        """Fork the child of one test and wait until it is gone."""
        with memoryview(self.token) as view:
            if os.readv(self.source, [view[: wire.TOKEN_BYTES]]) != wire.TOKEN_BYTES:
                raise EOFError
        child = os.fork()
        if not child:
            _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            worker_hooks.give_back()
            assert self.child is not None
            worker_serve.serve(self.child, number, body)
        status = _wait_for(child)
        if status != worker_serve.CLEAN_EXIT:
            self.die_like(status)

    def die_like(self, status: int) -> NoReturn:
        """Tell that the child is dead, then end the same way, so that the sandbox can tell why."""
        wire.write_all(self.target, wire.frame(wire.DIED, 0, [status]))
        if status < 0:
            if -status not in (signal.SIGKILL, signal.SIGSTOP):
                signal.signal(-status, signal.SIG_DFL)
            os.kill(os.getpid(), -status)
        os._exit(status if status >= 0 else 128 - status)

    def end(self, number: int, _: object) -> None:
        """Leave nothing of the test behind, and say so."""
        if not _sweep(everything=self.sweep_all):
            os._exit(70)
        for folder in self.scratch:
            _empty(folder)
        data = wire.frame(wire.END, number, [])
        with memoryview(self.token) as view, view[: wire.TOKEN_BYTES] as token:
            os.writev(self.target, [data, token])


def _wait_for(child: int) -> int:
    """Reap until `child` is gone, and orphans on the way; return its exit code or -signal."""
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == child:
            return os.waitstatus_to_exitcode(status)


def _sweep(*, everything: bool) -> bool:
    """Kill every process that is left over; False when that does not come to an end."""
    if not _reap() and not everything:
        return True
    deadline = time.monotonic() + _SWEEP_SECONDS
    rounds = 0
    while time.monotonic() < deadline:
        left = _kill_everything() if everything else _kill_children()
        rounds += 1
        # without a namespace of its own, kill(-1) also says yes for processes it may not kill; it
        # reaches all it may at once, and orphans become children, so that two rounds are enough
        if not _reap() and (not left or (everything and rounds > 1)):
            return True
        time.sleep(0.0005)
    return False


def _reap() -> bool:
    """Collect what has died; True while there are children."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def _kill_everything() -> bool:
    try:
        os.kill(-1, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _kill_children() -> bool:
    """Kill our children; orphans become children, so this goes down one level a round."""
    own = os.getpid()
    children = [pid for pid in _processes() if _parent_of(pid) == own]
    for pid in children:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return bool(children)


def _processes() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _parent_of(pid: int) -> int | None:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return int(file.read().rpartition(b")")[2].split()[1])
    except OSError:
        return None


def _empty(folder: str) -> None:
    """Remove all that is in `folder`, flattening it: depth costs no recursion and no long path."""
    with contextlib.suppress(OSError):
        while entries := list(os.scandir(folder)):
            for entry in entries:
                if not entry.is_dir(follow_symlinks=False):
                    os.unlink(entry.path)
                    continue
                os.chmod(entry.path, 0o700)
                for inner in list(os.scandir(entry.path)):
                    if inner.is_dir(follow_symlinks=False):
                        os.chmod(inner.path, 0o700)
                        os.rename(inner.path, f"{folder}/{os.urandom(8).hex()}")
                    else:
                        os.unlink(inner.path)
                os.rmdir(entry.path)


def _take_descriptors() -> tuple[int, int]:
    """Move the protocol away from 0 and 1, where prints and `input()` go."""
    source = fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, _LOWEST_DESCRIPTOR)
    target = fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, _LOWEST_DESCRIPTOR)
    nothing, other = os.pipe()
    os.close(other)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return source, target


def main(arguments: Sequence[str]) -> NoReturn:
    """Run the worker's parent."""
    sweep = "--sweep" in arguments
    pairs = itertools.pairwise(arguments)
    scratch = [folder for option, folder in pairs if option == "--scratch"]
    source, target = _take_descriptors()
    _prctl(_PR_SET_DUMPABLE, 0)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    sys.argv = [""]
    Parent(source, target, sweep=sweep, scratch=scratch).run()
