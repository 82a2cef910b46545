"""What the kernel says of a process: proc(5)."""

from __future__ import annotations

from pathlib import Path


def fields(folder: Path) -> list[str]:
    """Return what `stat` in a folder of /proc says after the name: state, parent, group, session...

    The name is whatever bytes the process has chosen. Raises OSError when the process is gone.
    """
    return (folder / "stat").read_bytes().rpartition(b")")[2].decode("ascii").split()
