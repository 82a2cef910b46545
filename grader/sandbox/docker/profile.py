"""The system calls that are refused, as an engine wants to read them: JSON for libseccomp.

The tables are those of `seccomp`. The launcher installs `seccomp.program` itself, too, since an
old libseccomp knows no names of young calls and leaves them out.
"""

from __future__ import annotations

import errno
import json
import platform
import socket
from collections.abc import Iterable
from typing import Any

from grader.errors import SandboxUnavailable
from grader.sandbox import seccomp

ARCHITECTURES = {"x86_64": "SCMP_ARCH_X86_64", "aarch64": "SCMP_ARCH_AARCH64"}
_ALL = 0xFFFF_FFFF
#: kinds of UNIX socket that take an address with what they send; raw ones are datagrams, too
ADDRESSED = (socket.SOCK_DGRAM, socket.SOCK_RAW)


def profile(machine: str | None = None) -> str:
    """Return the profile; nothing but the architecture of the machine is let in."""
    architecture = ARCHITECTURES.get(machine or platform.machine())
    if architecture is None:
        raise SandboxUnavailable(
            f"there is no system call filter for {platform.machine()}: known are "
            + ", ".join(ARCHITECTURES)
        )
    rules = [
        _refuse([*seccomp.DENIED, *seccomp.SHARED_MEMORY], errno.EPERM),
        _refuse(["clone3"], errno.ENOSYS),
        *(_refuse(["clone"], errno.EPERM, _bits(0, flag, flag)) for flag in _flags()),
        _refuse(["socket"], errno.EAFNOSUPPORT),
        _refuse(["socketpair"], errno.EAFNOSUPPORT, _is_not(0, socket.AF_UNIX)),
        *(_refuse(["socketpair"], errno.EAFNOSUPPORT, _kind(kind)) for kind in ADDRESSED),
        _refuse(["prlimit64"], errno.EPERM, _is_not(0, 0)),
        # the kernel looks at the lower half of the number only
        *(_refuse(["ioctl"], errno.EPERM, _bits(1, _ALL, n)) for n in seccomp.TERMINAL_INPUT),
    ]
    return json.dumps(
        {"defaultAction": "SCMP_ACT_ALLOW", "architectures": [architecture], "syscalls": rules}
    )


def _refuse(names: Iterable[str], number: int, *conditions: dict[str, Any]) -> dict[str, Any]:
    return {
        "names": list(names),
        "action": "SCMP_ACT_ERRNO",
        "errnoRet": number,
        "args": list(conditions),
    }


def _bits(index: int, mask: int, value: int) -> dict[str, Any]:
    return {"index": index, "value": mask, "valueTwo": value, "op": "SCMP_CMP_MASKED_EQ"}


def _is_not(index: int, value: int) -> dict[str, Any]:
    return {"index": index, "value": value, "valueTwo": 0, "op": "SCMP_CMP_NE"}


def _kind(kind: int) -> dict[str, Any]:
    return _bits(1, seccomp.KIND, kind)


def _flags() -> list[int]:
    """Return the flags that ask for a new namespace, one by one."""
    return [1 << bit for bit in range(32) if seccomp.NEW_NAMESPACE >> bit & 1]
