"""Whether student code, which runs as another user, may read what it is given."""

from __future__ import annotations

from pathlib import Path

from grader.errors import SandboxUnavailable


def require(path: Path, *, reachable: bool) -> None:
    """Refuse a path that another user cannot read or, without mounts, cannot even get to."""
    _require(path, 0o005 if path.is_dir() else 0o004, "readable")
    for parent in path.parents if reachable else ():
        _require(parent, 0o001, "passable (mode o+x)")


def _require(path: Path, bits: int, rule: str) -> None:
    mode = path.stat().st_mode & 0o777
    if mode & bits != bits:
        raise SandboxUnavailable(
            f"{path} has mode {mode:04o}, and must be {rule} for the user that student code runs "
            f"as: change it, or move it out of private folders (Python, for example, to /opt)"
        )
