"""User ids for sandboxes: one each, so that two that run at once cannot signal or trace each other.

A lease is an exclusive lock on a file named after the uid. The kernel drops it with its holder, so
a killed grader leaves nothing to clean. Graders of different users do not see each other's locks
(an engine is there for all of them, and gives containers whatever uid it is told). So each back end
has uids of its own: where one ends all processes of a uid, it finds none of another.

Nor do graders inside of containers see anybody's locks, while uids are the machine's: a grader
outside would end their processes, and limits on processes would count those of all of them. So each
PID namespace but the machine's own has uids of its own, too.
"""

from __future__ import annotations

import fcntl
import functools
import os
import pwd
import stat
from collections.abc import Iterator
from pathlib import Path

from grader.errors import SandboxUnavailable
from grader.sandbox import owner

#: back ends, in the order of their ranges
USERS = ("bubblewrap", "docker", "process", "container")
#: first uid, and how many each back end has: what neither Debian, nor systemd, nor usual directory
#: services hand out. Source: https://systemd.io/UIDS-GIDS (60706 to 61183 are unused)
FEW, FEW_EACH = 60_706, 119
#: for machines with many processors, where more uids than 65,536 are mapped: below 100,000 begin
#: those of users' own containers (/etc/subuid)
MANY, MANY_EACH = 65_536, 8_192
#: first of those that are for PID namespaces, and how many each back end has in each of them
#: Source: https://systemd.io/UIDS-GIDS (1879048192 to 2147483647 are unused)
INNER, INNER_EACH = 1_879_048_192, 512
#: how many namespaces there are uids for; their numbers are used again, the lowest first
INNER_COUNT = 131_072
#: number of the machine's own PID namespace. Source: PROC_PID_INIT_INO of the kernel
OUTERMOST = 0xEFFF_FFFC


class Lease:
    """The right to use one uid, until `close`."""

    def __init__(self, uid: int, descriptor: int) -> None:
        self.uid = uid
        self._descriptor: int | None = descriptor

    def close(self) -> None:
        """Give the uid back. Safe to repeat."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def take(backend: str) -> Lease:
    """Return a lease on a uid of `backend` that no sandbox uses now and that is of no account."""
    folder = runtime_folder()
    for uid in uids(backend):
        lease = None if _has_account(uid) else _lock(folder / f"uid-{uid}", uid)
        if lease is not None:
            return lease
    raise SandboxUnavailable(
        f"all uids of sandbox {backend} are in use: lower --jobs, or end the processes that hold "
        f"a lock in {folder}"
    )


def uids(backend: str) -> Iterator[int]:
    """Name the uids that `backend` may use: no other back end has any of them."""
    place = USERS.index(backend)
    for first, each in _ranges():
        yield from filter(_is_mapped, range(first + place * each, first + (place + 1) * each))


def _ranges() -> Iterator[tuple[int, int]]:
    """Name first uid and number for each back end, of the ranges that there are here."""
    number = (_namespace() - OUTERMOST) % INNER_COUNT
    first = INNER + number * INNER_EACH * len(USERS)
    if number and _is_mapped(first):
        yield first, INNER_EACH
    else:
        # a user namespace that has no such uids has its own share of the machine's
        yield from ((FEW, FEW_EACH), (MANY, MANY_EACH))


def _namespace() -> int:
    """Return the number of the PID namespace; the machine's own where that is not told."""
    try:
        return os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        return OUTERMOST


def runtime_folder() -> Path:
    """Return a folder that only this user can write, made if need be."""
    system = Path("/run")
    base = system if os.access(system, os.W_OK) else owner.temporary()
    folder = base / f"grader-{os.geteuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    private = stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o077
    if not private or found.st_uid != os.geteuid():
        raise SandboxUnavailable(
            f"{folder} must be a folder of uid {os.geteuid()} with mode 0700, and is not: remove it"
        )
    return folder


def _is_mapped(uid: int) -> bool:
    """Say whether the uid exists here: a user namespace may have 65,536 of them, or one."""
    return any(first <= uid < first + count for first, count in _mapped())


@functools.cache
def _mapped() -> tuple[tuple[int, int], ...]:
    rows = (line.split() for line in Path("/proc/self/uid_map").read_text().splitlines())
    return tuple((int(first), int(count)) for first, _, count in rows)


def _has_account(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _lock(path: Path, uid: int) -> Lease | None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return Lease(uid, descriptor)
