"""What the process back end runs first: gives up everything, then becomes the command.

    python -I -S -B launcher.py DESCRIPTOR

reads from DESCRIPTOR, up to its end, a JSON object {uid, limits, files, filter, workdir,
environment, command, report}. It writes `READY` to the descriptor `report`, then an error if one
happens: when that is closed without one, the command runs. Standard library only; imports nothing
of the grader.
"""

from __future__ import annotations

import base64
import ctypes
import json
import os
import resource
import signal
import stat
import struct
import sys
from collections.abc import Mapping, Sequence
from typing import Any

PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 22, 38
SECCOMP_MODE_FILTER = 2
READY = "ready"
#: Landlock: the calls, and the rights by the version of the interface that brought them
CREATE_RULESET, ADD_RULE, RESTRICT_SELF, GET_VERSION, PATH_BENEATH = 444, 445, 446, 1, 1
READ, FILE_RIGHTS = 0b1101, 0b1100_0000_0000_0111
RIGHTS = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 4: 0x7FFF, 5: 0xFFFF}
#: TCP, from version 4 on; abstract sockets of others, and signals to them, from version 6 on
NETWORK, OUTWARD = 0b11, 0b11


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


def _syscall(number: int, *arguments: Any) -> int:
    result = int(ctypes.CDLL(None, use_errno=True).syscall(number, *arguments))
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"system call {number}: {os.strerror(error)}")
    return result


def _confine(rules: Sequence[tuple[str, bool]]) -> None:
    """Let nothing be opened but what (path, may be changed) name."""
    version = _syscall(CREATE_RULESET, None, ctypes.c_size_t(0), GET_VERSION)
    every = RIGHTS[min(version, max(RIGHTS))]
    handled = struct.pack("=3Q", every, NETWORK, OUTWARD)
    # an older kernel takes fewer words
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = _syscall(CREATE_RULESET, handled, ctypes.c_size_t(size), 0)
    for path, is_writable in [*rules, ("/proc/self", False)]:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
        rights = every if is_writable else READ & every
        if not stat.S_ISDIR(os.fstat(opened).st_mode):
            rights &= FILE_RIGHTS
        _syscall(ADD_RULE, ruleset, PATH_BENEATH, struct.pack("=Qi", rights, opened), 0)
        os.close(opened)
    _syscall(RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def _offer() -> None:
    """Be the first to go when memory runs out: without a group, the limit is per process."""
    with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write("1000")


def _give_up(order: Mapping[str, Any]) -> None:
    _offer()
    _restrict(order["limits"])
    if order["uid"] is not None:
        _become(order["uid"])
    # after the uid: a change of uid clears it
    _prctl(PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL))
    _prctl(PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1))
    os.umask(0o077)
    os.chdir(order["workdir"])
    if order["files"] is not None:
        _confine(order["files"])
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
