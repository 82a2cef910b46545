"""Which files student code may open, told to the kernel: Landlock, for places without namespaces.

It needs no privilege, not even a capability, and holds for all descendants. What it covers is
opening and changing files; names and sizes can still be asked for (`stat`) where folders let one
through. Kernels from 6.12 on confine signals and abstract sockets, too.
Source: Documentation/userspace-api/landlock.rst of the kernel.
"""

from __future__ import annotations

import ctypes
import platform
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

#: number of the call that asks for the version, the same on every machine
CREATE = 444
#: devices that programs expect, which hold nothing
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/full")
#: the system's programs, and what they look up
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/sys/devices/system/cpu")
#: what NumPy, compilers and the C library ask about the machine; nothing of other processes
FACTS = ("/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/sys/vm/overcommit_memory")
#: the GPU, where there is one
GPU = ("/proc/driver/nvidia",)

Rule = tuple[str, bool]


def version() -> int:
    """Return the version of the kernel's interface; 0 where there is none."""
    if platform.system() != "Linux":
        return 0
    call = ctypes.CDLL(None).syscall
    return max(0, int(call(CREATE, None, ctypes.c_size_t(0), ctypes.c_uint(1))))


def rules(
    readable: Iterable[str], writable: str, *, system: Iterable[Path], hidden: Iterable[Path]
) -> list[Rule]:
    """Return (path, may be changed) for everything that may be opened.

    `system` are folders like the system's own; `hidden` are folders inside of these that are left
    out: packages that students are not given.
    """
    left_out = {path.resolve() for path in hidden}
    names = dict.fromkeys([*SYSTEM, *FACTS, *GPU, *map(str, system)])
    tops = dict.fromkeys(Path(name).resolve() for name in names if Path(name).exists())
    found = [str(path) for top in tops for path in _around(top, left_out)]
    found += [name for name in dict.fromkeys(readable) if Path(name).exists()]
    devices = [name for name in DEVICES if Path(name).exists()]
    devices += [str(path) for path in Path("/dev").glob("nvidia*") if path.is_char_device()]
    return [*((name, False) for name in found), *((name, True) for name in (*devices, writable))]


def _around(top: Path, left_out: Collection[Path]) -> Iterator[Path]:
    """Name `top`, or what is in it beside the folders that are left out."""
    if top in left_out:
        return
    if not any(path.is_relative_to(top) for path in left_out):
        yield top
        return
    for path in sorted(top.iterdir()):
        if not path.is_symlink():
            yield from _around(path, left_out)
