"""Containers that a killed grader left behind; its name is on each, see `owner`."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Mapping
from pathlib import Path

from grader.errors import SandboxUnavailable
from grader.sandbox import owner
from grader.sandbox.docker import pipes
from grader.sandbox.docker.engine import Engine

#: who made a container, and in which run of the machine
OWNER, BOOT = "needle-grader.owner", "needle-grader.boot"


def labels(name: str) -> Mapping[str, str]:
    """Return the labels of a container with this name."""
    return {OWNER: name, BOOT: _boot()}


def reap(engine: Engine) -> None:
    """Remove what graders that are no more have left: containers, then their pipes."""
    for container in engine.labelled(OWNER):
        found = container["Labels"]
        # after a restart of the machine nobody is left whose process number could be asked for
        if found.get(BOOT) != _boot() or owner.is_abandoned(found[OWNER]):
            # another grader may be removing it
            with contextlib.suppress(SandboxUnavailable):
                engine.remove(container["Id"])
    pipes.reap()


@functools.cache
def once(where: str) -> None:
    """Do the same, the first time that a process asks."""
    reap(Engine(where))


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
