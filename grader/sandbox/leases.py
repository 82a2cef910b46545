"""User ids for sandboxes: one each, so that two that run at once cannot signal or trace each other.

A lease is an exclusive lock on a file named after the uid. The kernel drops it with its holder, so
a killed grader leaves nothing to clean.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import stat
from pathlib import Path

from grader.errors import SandboxUnavailable
from grader.sandbox import owner

#: a range that neither Debian, nor systemd, nor usual directory services hand out
FIRST_UID = 60_600
COUNT = 512


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


def take(first: int = FIRST_UID, count: int = COUNT) -> Lease:
    """Return a lease on a uid that no sandbox uses now and that belongs to no account."""
    folder = runtime_folder()
    for uid in range(first, first + count):
        lease = None if _has_account(uid) else _lock(folder / f"uid-{uid}", uid)
        if lease is not None:
            return lease
    raise SandboxUnavailable(
        f"all uids from {first} to {first + count - 1} are in use: lower --jobs, or end the "
        f"processes that hold a lock in {folder}"
    )


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
