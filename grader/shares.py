"""Several processes that share the tests of one submission, on a machine that has processors idle.

Each has a sandbox of its own. They take tests from one queue, so that none of them waits while
there is something to do; every test has a fresh student process in any case, so its verdict does
not depend on who runs it.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import struct
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any

from grader.errors import InfrastructureError

_PR_SET_PDEATHSIG = 1
_NUMBER = struct.Struct("<H")
#: what fits into a pipe on every system
_MOST = 2000


class Queue:
    """Numbers from 0 on, each of which one process gets."""

    def __init__(self, count: int) -> None:
        self._next, end = os.pipe2(os.O_CLOEXEC)
        self._count = count
        # a number of the queue stands for as many tests as it takes to have few numbers
        self._step = -(-count // _MOST) or 1
        numbers = range(0, count, self._step)
        os.write(end, b"".join(_NUMBER.pack(number // self._step) for number in numbers))
        os.close(end)

    def __iter__(self) -> Iterator[int]:
        while data := os.read(self._next, _NUMBER.size):
            first = _NUMBER.unpack(data)[0] * self._step
            yield from range(first, min(first + self._step, self._count))


class Share:
    """A function that runs in a process of its own; what it returns comes back as JSON."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self._result, end = os.pipe2(os.O_CLOEXEC)
        parent = os.getpid()
        self._pid = os.fork()
        if not self._pid:
            _run(function, end, parent)
        os.close(end)

    def result(self) -> Any:
        """Wait until the function has returned, and return the same.

        Raises InfrastructureError when it raised, or when its process ended in another way.
        """
        with open(self._result, "rb") as file:
            data = file.read()
        code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        if code != 0:
            raise InfrastructureError(f"a process that shared the tests ended with code {code}")
        return json.loads(data)


def _run(function: Callable[[], Any], target: int, parent: int) -> None:
    """Run a function and send what it returns; never returns."""
    code = 1
    try:
        die_with_parent(parent)
        with open(target, "wb") as file:
            # text of student code is in it: data and nothing else may come out at the other end
            file.write(json.dumps(function()).encode())
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def die_with_parent(parent: int) -> None:
    """Ask the kernel to kill this process when its parent ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
