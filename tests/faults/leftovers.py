"""What may not remain of a trial: processes, mounts, control groups, leases, files."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

from grader.sandbox import cgroup, leases, outside
from grader.sandbox.docker import pipes
from tests.faults import processes
from tests.faults.trial import Trial

#: seconds until a killed process has to be gone, and others have cleared what is theirs
PATIENCE = 60.0
#: what an engine leaves of itself that is killed between making a container and starting it: the
#: command never began, and the engine that is started next does not know of it
RUNC = "(runc:["


def find(trial: Trial) -> list[str]:
    """Return what remains of a trial whose last run has ended."""
    deadline = time.monotonic() + PATIENCE
    while (left := [*_all(trial)]) and time.monotonic() < deadline:
        time.sleep(0.2)
        _clear()
    return left


def _clear() -> None:
    """Clear what graders left that were killed beside this trial, as their next one would."""
    cgroup.parents.cache_clear()
    cgroup.parents()
    pipes.reap()
    with outside.targets():
        pass


def _all(trial: Trial) -> Iterator[str]:
    yield from (each for each in processes.marked(str(trial.folder)) if RUNC not in each)
    yield from _mounts(str(trial.temporary))
    yield from _groups()
    yield from _shared_memory()
    yield from _containers(trial)
    yield from (f"file {path}" for path in _below(trial.temporary))
    hidden = (path for path in _below(trial.out) if path.name.startswith("."))
    yield from (f"file {path}" for path in hidden if path.name != ".ballast")


def _below(top: Path) -> Iterator[Path]:
    """Return everything below a folder, where others may be removing things."""
    for folder, folders, names in os.walk(top):
        yield from (Path(folder, name) for name in (*folders, *names))


def _mounts(mark: str) -> Iterator[str]:
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return (f"mount {line}" for line in lines if f"{mark}/" in line)


def _groups() -> Iterator[str]:
    """Return the groups of graders that were started where we were: others clear their own."""
    places = set(cgroup.parents().values())
    for folder in _below(Path("/sys/fs/cgroup")):
        ours = folder.parent in places or folder.parent.name.startswith(f"faults-{os.getpid()}-")
        if ours and _is_orphan(folder.name):
            yield f"control group {folder}"


def _containers(trial: Trial) -> Iterator[str]:
    if trial.daemon is not None:
        yield from (f"container {name}" for name in trial.daemon.containers())
        folders = (leases.runtime_folder() / "docker").glob("grader-*")
        yield from (f"pipes {path}" for path in folders if _is_orphan(path.name))


def _shared_memory() -> Iterator[str]:
    for path in Path("/dev/shm").glob("grader-*"):
        if _is_orphan(path.name):
            yield f"shared memory {path.name}"
    for line in Path("/proc/sysvipc/shm").read_text().splitlines()[1:]:
        key, number, _, _, creator, *_ = map(int, line.split())
        if key >> 20 == outside.KEYS and not Path(f"/proc/{creator}").exists():
            yield f"shared memory segment {number}"


def _is_orphan(name: str) -> bool:
    found = re.match(r"grader-\d+-(\d+)-", name)
    return found is not None and not Path(f"/proc/{found[1]}").exists()
