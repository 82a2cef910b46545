"""Who is who below a running grader, for those who mean one of them harm."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

#: grader: the command; server: its fork server; job: the process that runs pytest; share: one that
#: shares a job's tests; launcher: bwrap; init: process 1 of a sandbox; worker: student processes
ROLES = ("grader", "server", "job", "share", "launcher", "init", "worker")
#: what starts a container's first process, as the process table has it
SHIM = "containerd-shim"


class Process(NamedTuple):
    """A line of the process table."""

    pid: int
    parent: int
    name: str
    state: str


def table() -> dict[int, Process]:
    """Return all processes."""
    found = (_read(path) for path in Path("/proc").iterdir() if path.name.isdigit())
    return {process.pid: process for process in found if process is not None}


def _read(folder: Path) -> Process | None:
    try:
        before, _, after = (folder / "stat").read_text(errors="replace").rpartition(")")
    except OSError:
        return None
    state, parent = after.split()[:2]
    return Process(int(folder.name), int(parent), before.partition("(")[2], state)


def below(root: int, mark: str) -> dict[int, str]:
    """Return the living processes of the grader `root`, with their roles.

    Those in containers are no children of it: something with `mark` in its path is mounted there,
    which it is not while the machine is probed.
    """
    everybody = {pid: p for pid, p in table().items() if p.state not in "ZX"}
    roles = {root: "grader"} if root in everybody else {}
    shims = {pid for pid, p in everybody.items() if p.name == SHIM}
    started = (pid for pid, p in everybody.items() if p.parent in shims)
    roles |= {pid: "init" for pid in started if mark.encode() in content(pid, "mountinfo")}
    level = set(roles)
    while level:
        children = [p for p in everybody.values() if p.parent in level and p.pid not in roles]
        for child in children:
            roles[child.pid] = _role(child, roles[child.parent])
        level = {child.pid for child in children}
    return roles


def _role(process: Process, parent: str) -> str:
    if parent in ("init", "worker"):
        # setpriv and prlimit become the worker
        return "worker"
    if process.name == "bwrap":
        # the command itself has one, too, while it probes the machine
        return {"job": "launcher", "share": "launcher", "launcher": "init"}.get(parent, "other")
    if not process.name.startswith("python"):
        return "other"
    return {"grader": "server", "server": "job", "job": "share"}.get(parent, "other")


def content(pid: int, file: str) -> bytes:
    """Return a file of a process; nothing when it is gone."""
    try:
        return Path(f"/proc/{pid}/{file}").read_bytes()
    except OSError:
        return b""


def marked(mark: str) -> Iterator[str]:
    """Yield living processes that have `mark` in their environment, command line or mounts."""
    for process in table().values():
        if process.state in "ZX":
            continue
        files = [content(process.pid, "environ"), content(process.pid, "cmdline")]
        with contextlib.suppress(OSError):
            # what is mounted here everybody has
            namespace = Path(f"/proc/{process.pid}/ns/mnt").readlink()
            if namespace != Path("/proc/self/ns/mnt").readlink():
                files.append(_mounted(process.pid))
        if any(mark.encode() in file for file in files):
            yield f"process {process.pid} ({process.name})"


def _mounted(pid: int) -> bytes:
    """Return what is mounted for a process, not where: it may have a copy of another's mounts."""
    return b" ".join(line.split()[3] for line in content(pid, "mountinfo").splitlines())
