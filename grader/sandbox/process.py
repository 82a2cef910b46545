"""Plain processes: for machines without namespaces. What it does not hold back, `notes` says.

    grader ── launcher.py, which becomes the command

With root the command gets a uid of its own, which the grader's memory, signals and private files
are safe from. Without, it has the grader's uid and nothing is safe. There are no mounts either way:
what would be mounted is laid out in a private folder, and paths are translated.

    <temporary>/grader-.../view/<target of each mount>   copies; links for the installed packages
    <temporary>/grader-.../tmp                           scratch space
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from grader.errors import SandboxUnavailable
from grader.sandbox import (
    cgroup,
    landlock,
    launcher,
    leases,
    readable,
    runtime,
    seccomp,
    spawn,
    sweep,
)
from grader.sandbox.base import ENVIRONMENT, Limits, Mount, Running, Sandbox
from grader.sandbox.child import Child
from grader.sandbox.view import View

UNBOUNDED = "scratch space is a folder on disk without a limit of its own"
SAME_UID = (
    "it does not isolate: without root, student code runs as the same user as the grader and can "
    "read its files and its memory, change its verdict, and outlive it"
)
SECOND_UID = (
    "it isolates in part: every file that all users of this machine may read is readable, and "
    "processes and their command lines are visible"
)
NO_FILTER = "there is no system call filter for this processor: the network is open"


class Process(Sandbox):
    """Run commands as plain processes: with root as another user, else as the same one."""

    name = "process"

    @property
    def notes(self) -> tuple[str, ...]:
        """Say what is not isolated and which limits are weak."""
        weak = [cgroup.DEGRADED[name] for name in cgroup.missing()]
        weak += [NO_FILTER] if seccomp.program() is None else []
        return (SECOND_UID if os.geteuid() == 0 else SAME_UID, UNBOUNDED, *weak)

    def start(
        self, command: Sequence[str], *, mounts: Sequence[Mount], workdir: str, limits: Limits
    ) -> Running:
        """Start `command` as a process of its own session."""
        with contextlib.ExitStack() as undo:
            lease = leases.take(self.name) if os.geteuid() == 0 else None
            if lease is not None:
                undo.callback(lease.close)
                # what a killed grader left running under this uid
                sweep.all_of(lease.uid)
                for path in (Path(runtime.python()), *runtime.folders()):
                    readable.require(path, reachable=True)
            view = View(mounts, owner=lease.uid if lease else None)
            undo.callback(view.remove)
            group = cgroup.create(limits)
            undo.callback(group.remove)
            order = {
                "uid": lease.uid if lease else None,
                "limits": spawn.resource_limits(limits, group.controllers),
                "files": self._files(view, mounts),
                "filter": _filter(),
                "workdir": view.path(workdir),
                "environment": ENVIRONMENT | {"HOME": view.scratch, "TMPDIR": view.scratch},
                "command": [view.path(word) for word in command],
            }
            running = _launch(self.name, order, view, group, lease)
            undo.pop_all()
        return running

    def _files(self, view: View, mounts: Sequence[Mount]) -> list[landlock.Rule] | None:
        """Name what may be opened; None: whatever the modes of files allow."""
        return None


class _Running(Child):
    def __init__(
        self,
        process: subprocess.Popen[bytes],
        pipes: spawn.Pipes,
        view: View,
        group: cgroup.Group,
        lease: leases.Lease | None,
    ) -> None:
        super().__init__(process, pipes, os.pidfd_open(process.pid), group, lease)
        self._view = view

    def scratch_path(self, name: str) -> str:
        """Path of a file or folder in the scratch folder."""
        return f"{self._view.scratch}/{name}"

    def path(self, target: str) -> str:
        """Path in the private folder."""
        return self._view.path(target)

    def _end(self) -> None:
        self._process.kill()
        self._group.kill()
        try:
            if self._lease is None:
                sweep.session(self._process.pid)
            else:
                sweep.all_of(self._lease.uid)
        finally:
            # also when something cannot be ended
            self._process.wait()
            self._view.remove()


def _launch(
    name: str,
    order: Mapping[str, Any],
    view: View,
    group: cgroup.Group,
    lease: leases.Lease | None,
) -> _Running:
    """Start the launcher, put it into its group, then tell it what to do."""
    with contextlib.ExitStack() as stack:
        order_out, order_in = spawn.pipe(stack)
        report_out, report_in = spawn.pipe(stack)
        words = ["-I", "-S", "-B", launcher.__file__, str(order_out.fileno())]
        process, pipes = spawn.spawn(
            [runtime.python(), *words], pass_fds=[order_out.fileno(), report_in.fileno()]
        )
        try:
            group.add(process.pid)
            order_in.write(json.dumps({**order, "report": report_in.fileno()}).encode())
            order_in.close()
            report_in.close()
            said = report_out.read().decode(errors="replace")
        except OSError as error:
            said = str(error)
        if said != launcher.READY:
            process.kill()
            process.wait()
            said = said or os.read(pipes.stderr, 4096).decode(errors="replace")
            pipes.close()
            raise SandboxUnavailable(
                f"back end {name} cannot start {order['command'][0]}: {said.strip()}: "
                "run `grader verify` to see what this machine can do"
            )
    return _Running(process, pipes, view, group, lease)


def _filter() -> str | None:
    """Without namespaces, nothing in shared memory that would stay."""
    code = seccomp.program(shared_memory=False)
    return None if code is None else base64.b64encode(code).decode()
