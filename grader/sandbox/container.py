"""The uid split: inside one container, or on a host that has neither namespaces nor an engine.

    supervisor: root (SETUID, SETGID, KILL; CHOWN, DAC_OVERRIDE, FOWNER for scratch); pytest, tests
     └─ the student's worker: a uid of its own, no network, only files that Landlock's rules name

It is the back end `process` and a promise: what it is given to open is a list. The list is the
kernel's to enforce (Landlock, Linux 5.13 and later, which needs no privilege); without it, only the
modes of files keep student code out, and the probes say whether they do.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from grader.errors import SandboxUnavailable
from grader.sandbox import cgroup, landlock, runtime, seccomp
from grader.sandbox.base import Limits, Mount, Running
from grader.sandbox.process import NO_FILTER, UNBOUNDED, Process
from grader.sandbox.view import View

SHARED = "process numbers and folder names are those of the grader, which student code can ask for"
NO_RULES = (
    "the kernel has no Landlock, or a filter hides it (docker run --security-opt seccomp=...): "
    "every file that all users may read is readable"
)


class Container(Process):
    """Run commands under a uid of their own that can open only what it was given."""

    name = "container"

    @property
    def isolates(self) -> bool:
        """It means to; whether it does here is for the probes to say."""
        return True

    @property
    def admits(self) -> frozenset[str]:
        """Only an engine, or a mount, could bound the folder that is scratch space."""
        return frozenset({"scratch_space"})

    @property
    def notes(self) -> tuple[str, ...]:
        """Say which limits are weak."""
        weak = [cgroup.DEGRADED[name] for name in cgroup.missing()]
        weak += [NO_FILTER] if seccomp.program() is None else []
        weak += [] if landlock.version() else [NO_RULES]
        return (SHARED, UNBOUNDED, *weak)

    def start(
        self, command: Sequence[str], *, mounts: Sequence[Mount], workdir: str, limits: Limits
    ) -> Running:
        """Start `command` as another uid; raise SandboxUnavailable without root."""
        if os.geteuid() != 0:
            raise SandboxUnavailable(
                "back end container needs root (docs/containers.md names the capabilities), "
                "to give student code a uid of its own: run it as root, or use --sandbox bubblewrap"
            )
        return super().start(command, mounts=mounts, workdir=workdir, limits=limits)

    def _files(self, view: View, mounts: Sequence[Mount]) -> list[landlock.Rule] | None:
        if not landlock.version():
            return None
        # what is installed is linked to, and a rule is about where a path leads
        linked = [view.path(mount.target) for mount in mounts]
        given = [view.given, *linked, runtime.python()]
        return landlock.rules(
            given, view.scratch, system=runtime.folders(), hidden=runtime.package_folders()
        )
