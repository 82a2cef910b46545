"""What a container runs first: takes an order, starts the command, tells how that ended.

    python -I -S -B launcher.py FOLDER

FOLDER holds the named pipes `PIPES`. A line of JSON {workdir, environment, command, filter, python}
on `order` starts the command on `stdin`, `stdout` and `stderr`. `status` says `READY`, then the
command's exit code, negative for a signal. When `order` is closed, whoever gave it is gone: this
process ends, and with it, as the first of its namespace, all others. Nobody else can see into it
or stop it. Standard library only; imports nothing of the grader.
"""

from __future__ import annotations

import base64
import ctypes
import json
import os
import select
import signal
import sys
from typing import Any

STDIN, STDOUT, STDERR, ORDER, STATUS = PIPES = ("stdin", "stdout", "stderr", "order", "status")
READY = "ready"
PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 4, 22, 38
SECCOMP_MODE_FILTER = 2


class _Program(ctypes.Structure):
    """`struct sock_fprog`."""

    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def _prctl(option: int, *arguments: Any) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    padded = [*arguments, *(ctypes.c_ulong(0) for _ in range(4 - len(arguments)))]
    if libc.prctl(option, *padded):
        error = ctypes.get_errno()
        raise OSError(error, f"prctl({option}): {os.strerror(error)}")


def _become(order: dict[str, Any], pipes: dict[str, int]) -> None:
    """Become the command; all other descriptors close with that."""
    for number, name in enumerate((STDIN, STDOUT, STDERR)):
        os.dup2(pipes[name], number)
    # the first to go when memory runs out, so that the parent can tell
    _prctl(PR_SET_DUMPABLE, ctypes.c_ulong(1))
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")
    for number in (signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    os.setsid()
    os.umask(0o077)
    os.chdir(order["workdir"])
    _prctl(PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1))
    code = base64.b64decode(order["filter"])
    program = _Program(len(code) // 8, code)
    _prctl(PR_SET_SECCOMP, ctypes.c_ulong(SECCOMP_MODE_FILTER), ctypes.byref(program))
    os.execve(order["command"][0], order["command"], order["environment"])


def _start(order: dict[str, Any], pipes: dict[str, int]) -> int:
    """Start the command; return its process, or raise what it could not do."""
    if order["python"] != list(sys.version_info[:2]):
        mine, theirs = sys.version_info[:2], order["python"]
        raise ValueError(
            f"the image has Python {mine[0]}.{mine[1]} and the grader {theirs[0]}.{theirs[1]}: "
            "build it for the same one"
        )
    failed, failure = os.pipe2(os.O_CLOEXEC)
    pid = os.fork()
    if pid == 0:
        try:
            _become(order, pipes)
        except Exception as error:
            os.write(failure, str(error).encode())
        os._exit(127)
    os.close(failure)
    with open(failed, "rb") as file:
        said = file.read().decode(errors="replace")
    if said:
        raise OSError(said)
    return pid


def _line(pipe: int) -> bytes:
    """Read up to the end of a line; nothing if the pipe is closed before."""
    said = b""
    while not said.endswith(b"\n"):
        part = os.read(pipe, 1 << 16)
        if not part:
            return b""
        said += part
    return said


def _wait(command: int, order: int, status: int) -> None:
    """Collect whatever ends, until the one who gave the order is gone."""
    woken, wakes = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    poll = select.poll()
    poll.register(woken, select.POLLIN)
    poll.register(order, 0)
    while True:
        try:
            pid, how = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            pid = how = 0
        if pid == command:
            os.write(status, b"%d\n" % os.waitstatus_to_exitcode(how))
        if pid:
            continue
        ready = dict(poll.poll())
        if order in ready:
            return
        os.read(woken, 4096)


def main() -> None:
    """Wait for the order and see it through."""
    _prctl(PR_SET_DUMPABLE, ctypes.c_ulong(0))
    # the kernel keeps from a first process what it does not handle: Python handles this one
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    folder = sys.argv[1]
    pipes = {
        name: os.open(f"{folder}/{name}", os.O_RDONLY if name in (STDIN, ORDER) else os.O_WRONLY)
        for name in PIPES
    }
    line = _line(pipes[ORDER])
    if not line:
        return
    status = pipes[STATUS]
    try:
        command = _start(json.loads(line), pipes)
    except (OSError, ValueError) as error:
        os.write(status, f"{error}\n".encode())
        return
    for name in (STDIN, STDOUT, STDERR):
        os.close(pipes[name])
    os.write(status, f"{READY}\n".encode())
    _wait(command, pipes[ORDER], status)


if __name__ == "__main__":
    main()
