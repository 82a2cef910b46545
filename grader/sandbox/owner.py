"""Names that say which grader made a thing, so that the next one can clear what a killed one left.

grader-<pid namespace>-<pid>-<start time>-<serial number>
"""

from __future__ import annotations

import itertools
import os
import tempfile
from pathlib import Path

from grader.sandbox import proc

PREFIX = "grader-"

_serial = itertools.count()


def new_name() -> str:
    """Return a name that no other thing of any grader has."""
    return f"{_process(os.getpid())}-{next(_serial)}"


def is_abandoned(name: str) -> bool:
    """Say whether a grader made this name that has ended; False if another machine may have."""
    parts = name.removeprefix(PREFIX).split("-")
    if not name.startswith(PREFIX) or len(parts) < 4 or parts[0] != _namespace():
        return False
    return not name.startswith(f"{_process(int(parts[1]))}-")


def _process(pid: int) -> str:
    """Name a process for all time: pids are used again, pairs of pid and start time are not."""
    return f"{PREFIX}{_namespace()}-{pid}-{_start_time(pid)}"


def _namespace() -> str:
    return os.readlink("/proc/self/ns/pid").strip("pid:[]")


def _start_time(pid: int) -> str:
    try:
        fields = proc.fields(Path(f"/proc/{pid}"))
    except OSError:
        return "gone"
    # whoever adopts a process may wait for it late or never
    return "gone" if fields[0] in "ZX" else fields[19]


def temporary() -> Path:
    """Return the folder for temporary files of the whole machine, also where a job has its own."""
    return Path(os.environ.get("TMPDIR") or tempfile.gettempdir())
