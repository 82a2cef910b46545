"""A warm process that forks one child per submission.

Starting Python, pytest and NumPy costs most of a second; a fork costs milliseconds. The batch
starts this module with `python -I` and an empty environment, so nothing in the folder or the
environment of the caller is imported, and writes one JSON order a line to its standard input.
Events come back on standard output, one JSON object a line: `started` (pid), `test` (id), `graded`
(only the report is still to be written), `unchanged`, `ended` (code), `refused` (message: what is
wrong with the course).

A child that dies takes only its own submission with it; children die with this process (PDEATHSIG),
and sandboxes die with their child.
"""

from __future__ import annotations

import gc

gc.disable()  # what is imported is no garbage; looking for some would take a tenth of the time

import functools
import json
import os
import resource
import selectors
import signal
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

from grader import grade
from grader.errors import UsageError
from grader.order import Order
from grader.shares import die_with_parent

#: bytes of address space for a trusted child: it computes with sizes that students give
MEMORY = 16 << 30


class Events:
    """Writes events to the batch; lines are short enough to be written in one piece."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def send(self, event: str, name: str, **more: Any) -> None:
        line = json.dumps({"event": event, "name": name, **more}) + "\n"
        os.write(self._descriptor, line.encode())


def serve(events: Events, orders: int) -> None:
    """Fork a child for every order that arrives on descriptor `orders`, until it is closed."""
    wakeup, wakeup_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(wakeup_end, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    children: dict[int, str] = {}
    buffer = b""
    with selectors.DefaultSelector() as selector:
        selector.register(orders, selectors.EVENT_READ)
        selector.register(wakeup, selectors.EVENT_READ)
        while True:
            ready = {key.fd for key, _ in selector.select()}
            if wakeup in ready:
                os.read(wakeup, 4096)
                _reap(children, events)
            if orders in ready:
                chunk = os.read(orders, 1 << 16)
                if not chunk:
                    return
                *lines, buffer = (buffer + chunk).split(b"\n")
                for line in lines:
                    order = Order.from_json(line)
                    if _prepare(order, events) and order.purpose != "prepare":
                        children[_spawn(order, events)] = order.name


def _prepare(order: Order, events: Events) -> bool:
    """Read the course, or tell the batch what is wrong with it."""
    try:
        grade.prepare(order)
    except UsageError as error:
        if order.purpose != "prepare":
            events.send("refused", order.name, message=str(error)[:2000])
        return False
    _settle(order.assignment, order.extra_files)
    return True


@functools.cache
def _settle(_assignment: str, _extra_files: tuple[str, ...]) -> None:
    """Take what is there for no garbage: children need not look at it, nor copy it."""
    gc.freeze()
    gc.enable()


def _spawn(order: Order, events: Events) -> int:
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        _child(order, events, parent)
    events.send("started", order.name, pid=pid)
    return pid


def _child(order: Order, events: Events, parent: int) -> None:
    """Grade one submission and end; never returns."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        die_with_parent(parent)
        processors = os.sched_getaffinity(0)
        if order.cpus:
            os.sched_setaffinity(0, order.cpus)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        # what tests leave behind goes with the job
        tempfile.tempdir = str(order.work / "temporary")
        Path(tempfile.tempdir).mkdir(parents=True)
        _quiet(order.log)
        if grade.fulfil(
            order,
            progress=lambda test: events.send("test", order.name, test=test),
            graded=lambda: _leave(processors, order, events),
        ):
            events.send("unchanged", order.name)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _leave(processors: set[int], order: Order, events: Events) -> None:
    """Make room for the next job, whose tests may be timed, before the report is written."""
    os.sched_setaffinity(0, processors)
    os.nice(10)
    events.send("graded", order.name)


def _quiet(log: Path) -> None:
    """Send what this process prints to a log file: the batch reads events only."""
    log.parent.mkdir(exist_ok=True)
    null = os.open(os.devnull, os.O_RDWR)
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for source, target in ((null, 0), (out, 1), (out, 2)):
        os.dup2(source, target)
    os.close(null)
    os.close(out)


def _reap(children: dict[int, str], events: Events) -> None:
    while children:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        name = children.pop(pid, None)
        if name is not None:
            events.send("ended", name, code=os.waitstatus_to_exitcode(status))


def main() -> None:
    """Serve orders; standard output is kept for events alone."""
    parent, cache = int(sys.argv[1]), sys.argv[2]
    die_with_parent(parent)
    os.umask(0o077)
    events = Events(os.dup(1))
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    grade.warm_up()
    # from here on, what is compiled (test modules) is kept in a folder of this run, or in one that
    # lasts, if an order names it
    sys.pycache_prefix = cache
    serve(events, 0)


if __name__ == "__main__":
    main()
