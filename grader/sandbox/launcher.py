"""What the process back end runs first: gives up everything, then becomes the command.

    python -I -S -B launcher.py DESCRIPTOR

reads from DESCRIPTOR, up to its end, a JSON object {uid, limits, filter, workdir, environment,
command, report}. It writes `READY` to the descriptor `report`, then an error if one happens: when
that is closed without one, the command runs. Standard library only; imports nothing of the grader.
"""

from __future__ import annotations

import base64
import ctypes
import json
import os
import resource
import signal
import sys
from collections.abc import Mapping
from typing import Any

PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 22, 38
SECCOMP_MODE_FILTER = 2
READY = "ready"


class _Program(ctypes.Structure):
    """`struct sock_fprog`."""

    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def _prctl(option: int, *arguments: Any) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    padded = [*arguments, *(ctypes.c_ulong(0) for _ in range(4 - len(arguments)))]
    if libc.prctl(option, *padded):
        error = ctypes.get_errno()
        raise OSError(error, f"prctl({option}): {os.strerror(error)}")


def _become(uid: int) -> None:
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def _restrict(limits: Mapping[str, int]) -> None:
    for name, value in limits.items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name.upper()}"), (value, value))


def _filter(code: bytes) -> None:
    program = _Program(len(code) // 8, code)
    _prctl(PR_SET_SECCOMP, ctypes.c_ulong(SECCOMP_MODE_FILTER), ctypes.byref(program))


def _give_up(order: Mapping[str, Any]) -> None:
    _restrict(order["limits"])
    if order["uid"] is not None:
        _become(order["uid"])
    # after the uid: a change of uid clears it
    _prctl(PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL))
    _prctl(PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1))
    os.umask(0o077)
    os.chdir(order["workdir"])
    if order["filter"] is not None:
        _filter(base64.b64decode(order["filter"]))


def main() -> None:
    """Read the order, give up everything, become the command."""
    with open(int(sys.argv[1]), "rb") as file:
        order = json.load(file)
    report = order["report"]
    os.set_inheritable(report, False)
    try:
        _give_up(order)
        os.closerange(3, report)
        os.closerange(report + 1, 1 << 16)
        os.write(report, READY.encode())
        os.execve(order["command"][0], order["command"], order["environment"])
    except (OSError, ValueError) as error:
        os.write(report, str(error).encode())


if __name__ == "__main__":
    main()
