"""Run the compiler in a sandbox, to its end: untrusted sources go in, opaque bytes come out."""

from __future__ import annotations

import dataclasses
import os
import select
import time
from collections.abc import Sequence

from grader.errors import (
    Crashed,
    InfrastructureError,
    OutputExceeded,
    StudentFault,
    TimedOut,
)
from grader.sandbox import descent
from grader.sandbox.base import Limits, Mount, Running, Sandbox

#: bytes of an extension module; a complete backend has less than two million
LARGEST_MODULE = 64 << 20
#: bytes of what a compiler says that are kept; the first errors are at the beginning
_KEPT = 256 << 10
_PIECE = 1 << 16


@dataclasses.dataclass(frozen=True, kw_only=True)
class Finished:
    """How a run ended and what it said."""

    #: bytes of standard output; never looked into
    output: bytes
    #: the beginning of standard error
    complaint: bytes
    #: None: it did what it was asked to
    fault: StudentFault | None


def run(
    box: Sandbox, command: Sequence[str], mounts: Sequence[Mount], workdir: str, limits: Limits
) -> Finished:
    """Run `command` with `limits.build_memory` for `limits.build_wait`, and nothing to read.

    Raises InfrastructureError when the machine was too busy for it.
    """
    limits = dataclasses.replace(limits, memory=limits.build_memory)
    running = box.start(command, mounts=mounts, workdir=workdir, limits=limits)
    try:
        return _listen(running, limits)
    finally:
        running.kill()
        for descriptor in (running.stdin, running.stdout, running.stderr):
            os.close(descriptor)


def _listen(running: Running, limits: Limits) -> Finished:
    """Read both pipes to their ends; stop at the first limit."""
    said = {running.stdout: bytearray(), running.stderr: bytearray()}
    deadline = time.monotonic() + limits.build_wait
    heard = 0
    fault: StudentFault | None = None
    waiting = set(said)
    while waiting and fault is None:
        left = deadline - time.monotonic()
        if left <= 0:
            fault = _waited(running, limits.build_wait)
            break
        for pipe in select.select(list(waiting), [], [], left)[0]:
            piece = os.read(pipe, _PIECE)
            if not piece:
                waiting.discard(pipe)
            elif pipe == running.stdout:
                said[pipe] += piece
            else:
                heard += len(piece)
                said[pipe] += piece[: _KEPT - len(said[pipe])]
        if len(said[running.stdout]) > LARGEST_MODULE:
            fault = OutputExceeded(f"The module has more than {LARGEST_MODULE >> 20} MiB.")
        elif heard > limits.output:
            fault = OutputExceeded(f"The compiler said more than {limits.output} bytes.")
    return Finished(
        output=bytes(said[running.stdout]),
        complaint=bytes(said[running.stderr]),
        fault=fault or _end(running),
    )


def _waited(running: Running, seconds: float) -> StudentFault:
    """Return the fault of a compiler that waits; raise when the machine makes it wait.

    Its processor time is limited as well, to `build_seconds`: a fifth of this, or less where the
    minute that `build_wait` is at least is longer. So one that still computes has not got what it
    was promised. One that sleeps waits for what a source has told it to read. Where its processes
    cannot be seen (`running.root` is None), nobody can tell, and the machine is blamed.
    """
    if running.root is None or descent.wants_processor(running.root):
        raise InfrastructureError(
            f"compiling did not end within {seconds:g} s, and was within its limit of processor "
            "time: the machine is too busy; grade with fewer jobs (--jobs)"
        )
    return TimedOut(
        f"Time limit: {seconds:g} s by the clock for compiling. The compiler only waits: does the "
        "source include something that is no file?"
    )


def _end(running: Running) -> StudentFault | None:
    """Return how a command that has closed its pipes ended; None when it succeeded."""
    fault = running.fault()
    if fault is None:
        return Crashed("The compiler closed its output and went on.")
    return None if isinstance(fault, Crashed) and fault.code == 0 else fault
