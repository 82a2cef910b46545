"""Control groups: the memory and process limits that hold for a whole sandbox.

    /sys/fs/cgroup/memory/<ours>/grader-...              version 1, and the same under pids
    /sys/fs/cgroup/<ours or an ancestor>/grader-...      version 2

A group holds sandboxed processes only. Its name (see `owner`) says which grader made it, so that
the next one can remove what a killed one left.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from grader.errors import MemoryExceeded, ProcessesExceeded, StudentFault
from grader.sandbox import owner
from grader.sandbox.base import Limits

#: controller -> the file that has its limit, in version 1 and 2
LIMIT_FILES: Mapping[str, tuple[str, ...]] = {
    "memory": ("memory.limit_in_bytes", "memory.max"),
    "pids": ("pids.max",),
}
#: controller -> what its absence means
DEGRADED: Mapping[str, str] = {
    "memory": "no memory control group is writable: the limit holds for each process by itself "
    "(RLIMIT_AS), not for all of a submission together",
    "pids": "no pids control group is writable: processes are counted per user (RLIMIT_NPROC)",
}
#: bubblewrap's own two processes
OVERHEAD = 2


class Group:
    """The groups of one sandbox: a folder per controller, the same one twice in version 2."""

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self._folders = dict(folders)

    @property
    def controllers(self) -> frozenset[str]:
        """Return the limits that this group enforces: of `memory` and `pids`."""
        return frozenset(self._folders)

    def limit(self, limits: Limits) -> None:
        """Set the limits; before anything is added."""
        for name, folder in self._folders.items():
            for file, value in _settings(name, limits).items():
                if (folder / file).exists():
                    (folder / file).write_text(str(value))

    def add(self, pid: int) -> None:
        """Move a process, which takes its later children along."""
        for folder in set(self._folders.values()):
            (folder / "cgroup.procs").write_text(str(pid))

    def fault(self) -> StudentFault | None:
        """Return the limit that was hit, if one was."""
        if self._count("memory", "oom_kill"):
            return MemoryExceeded("the memory limit was reached")
        if self._count("pids", "max"):
            return ProcessesExceeded("the limit of processes and threads was reached")
        return None

    def kill(self) -> None:
        """Send SIGKILL to every member."""
        for folder in set(self._folders.values()):
            for pid in _members(folder):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def remove(self) -> None:
        """Kill what is left and remove the folders. Safe to repeat."""
        for folder in set(self._folders.values()):
            _remove(folder)

    def _count(self, controller: str, event: str) -> int:
        folder = self._folders.get(controller)
        if folder is None:
            return 0
        files = (folder / name for name in ("memory.oom_control", f"{controller}.events"))
        return max(_event(file, event) for file in files)


def create(limits: Limits) -> Group:
    """Make the groups of a sandbox; with no controller in reach, a group that limits nothing."""
    name = owner.new_name()
    group = Group({controller: parent / name for controller, parent in parents().items()})
    for folder in group._folders.values():
        folder.mkdir(exist_ok=True)
    group.limit(limits)
    return group


def of(pid: int) -> Group:
    """Return the groups that somebody else made for a process; those that can be seen from here."""
    own = _memberships(Path(f"/proc/{pid}/cgroup").read_text())
    found: dict[str, Path] = {}
    for controllers, root, mounted in _hierarchies(Path("/proc/self/mountinfo").read_text()):
        for name in LIMIT_FILES if not controllers else controllers & LIMIT_FILES.keys():
            group = own.get(name if controllers else "")
            folder = mounted / os.path.relpath(group, root) if group else mounted
            # a hierarchy may have a group of the process and not this controller
            if group and folder.is_relative_to(mounted) and _has_limit(folder, name):
                found.setdefault(name, folder)
    return Group(found)


def missing() -> tuple[str, ...]:
    """Return the controllers that cannot be used here."""
    return tuple(name for name in ("memory", "pids") if name not in parents())


@functools.cache
def parents() -> Mapping[str, Path]:
    """Return, for each controller in reach, the folder to make groups in."""
    found = _parents(
        Path("/proc/self/cgroup").read_text(), Path("/proc/self/mountinfo").read_text()
    )
    for folder in set(found.values()):
        _reap(folder)
    return found


def _settings(controller: str, limits: Limits) -> Mapping[str, int]:
    """Return files and values of both versions, in an order that both accept."""
    if controller == "pids":
        return {"pids.max": limits.processes + OVERHEAD}
    return {
        "memory.limit_in_bytes": limits.memory,
        "memory.memsw.limit_in_bytes": limits.memory,
        "memory.max": limits.memory,
        "memory.swap.max": 0,
        "memory.oom.group": 0,
    }


def _parents(membership: str, mounts: str) -> dict[str, Path]:
    """Find the nearest folder, from our own group upwards, that lets us make limited groups."""
    own = _memberships(membership)
    found: dict[str, Path] = {}
    for controllers, root, mounted in _hierarchies(mounts):
        wanted = [name for name in LIMIT_FILES if name in (controllers or LIMIT_FILES)]
        group = own.get(wanted[0] if controllers and wanted else "")
        if group is None or not wanted:
            continue
        usable = (folder for folder in _upwards(mounted, root, group) if _works(folder, wanted))
        folder = next(usable, None)
        if folder is not None:
            found = dict.fromkeys(wanted, folder) | found
    return found


def _memberships(text: str) -> dict[str, str]:
    """Read /proc/self/cgroup: controller -> group; version 2 has the empty name."""
    rows = (line.split(":", 2) for line in text.splitlines())
    return {name: group for _, names, group in rows for name in names.split(",")}


def _hierarchies(text: str) -> Iterator[tuple[frozenset[str], str, Path]]:
    """Read /proc/self/mountinfo: controllers (none in version 2), root of the mount, its place."""
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        kind, _, options = after.split(" ", 2)
        fields = before.split(" ")
        if kind == "cgroup2":
            yield frozenset(), fields[3], Path(fields[4])
        elif kind == "cgroup":
            yield frozenset(options.split(",")), fields[3], Path(fields[4])


def _upwards(mounted: Path, root: str, group: str) -> Iterator[Path]:
    inside = os.path.relpath(group, root) if group.startswith(root) else "."
    folder = mounted / inside
    while folder.is_relative_to(mounted):
        yield folder
        folder = folder.parent


def _works(folder: Path, controllers: Iterable[str]) -> bool:
    """Try it: a child group must be makeable, have the limits, and take a process of ours."""
    trial = folder / owner.new_name()
    with contextlib.suppress(OSError):
        # version 2, and refused unless the group is the root or holds no process
        (folder / "cgroup.subtree_control").write_text("+memory +pids")
    try:
        trial.mkdir(exist_ok=True)
        return all(_has_limit(trial, name) for name in controllers) and _takes(trial)
    except OSError:
        return False
    finally:
        _remove(trial)


def _has_limit(folder: Path, controller: str) -> bool:
    return any((folder / name).exists() for name in LIMIT_FILES[controller])


def _takes(folder: Path) -> bool:
    """Say whether a process can be moved into a group, with one that only waits."""
    waits = subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    with waits, contextlib.suppress(OSError):
        (folder / "cgroup.procs").write_text(str(waits.pid))
        return True
    return False


def _reap(folder: Path) -> None:
    """Remove the groups of graders that are no more."""
    for left in folder.glob(f"{owner.PREFIX}*"):
        if owner.is_abandoned(left.name):
            _remove(left)


def _remove(folder: Path) -> None:
    # what was killed is a member until it is waited for: by us, or by whoever adopts orphans
    deadline = time.monotonic() + 60
    while folder.exists() and time.monotonic() < deadline:
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError as error:
            if error.errno == errno.EROFS:
                return  # the next grader clears it
            for pid in _members(folder):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.002)


def _members(folder: Path) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(pid) for pid in (folder / "cgroup.procs").read_text().split()]
    return []


def _event(file: Path, name: str) -> int:
    with contextlib.suppress(OSError):
        for line in file.read_text().splitlines():
            key, _, value = line.partition(" ")
            if key == name:
                return int(value)
    return 0
