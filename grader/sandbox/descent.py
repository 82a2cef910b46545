"""What descends from a process, in whatever session it is, and what it does just now."""

from __future__ import annotations

import contextlib
from pathlib import Path

from grader.sandbox import proc


def states(root: int) -> dict[int, str]:
    """Return the letter of proc(5) for the state of each descendant of process `root`."""
    processes: dict[int, tuple[int, str]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = proc.fields(entry)
                processes[int(entry.name)] = int(fields[1]), fields[0]
    found: dict[int, str] = {}
    level = {root}
    while level := {pid for pid, (parent, _) in processes.items() if parent in level}:
        found |= {pid: processes[pid][1] for pid in level}
    return found


def wants_processor(root: int) -> bool:
    """Tell whether process `root` or a descendant could go on if the machine let it.

    It computes or would compute (R), or waits for a disk (D), rather than for another process.
    """
    with contextlib.suppress(OSError):
        own = proc.fields(Path(f"/proc/{root}"))[0]
        return not {own, *states(root).values()}.isdisjoint("RD")
    return False
