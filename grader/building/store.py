"""Built modules by the digest of all that they are made from, in folders of the grader alone."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

#: so many modules are kept
KEPT = 200
#: locks, of which there are 256 at most
_LOCK = ".lock-"
#: seconds after which a file that is not complete belongs to no run
_UNFINISHED = 3600.0


class Store:
    """A folder that only this user can enter, with one file per digest."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise PermissionError(
                f"{folder} holds compiled modules and has to be a folder of user "
                f"{os.geteuid()}: remove what is there, or set XDG_CACHE_HOME"
            )
        folder.chmod(0o700)
        self._folder = folder

    def get(self, name: str) -> bytes | None:
        """Return what is kept under a name, if anything is."""
        path = self._folder / name
        with contextlib.suppress(OSError):
            os.utime(path)
            return path.read_bytes()
        return None

    def put(self, name: str, content: bytes) -> None:
        """Keep something, in one step; what was asked for longest ago makes room."""
        handle, unfinished = tempfile.mkstemp(dir=self._folder, prefix=".")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(unfinished).replace(self._folder / name)
        self._make_room()

    @contextlib.contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Let other jobs that want the same wait: they will find it here."""
        with (self._folder / f"{_LOCK}{name[:2]}").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _make_room(self) -> None:
        """Remove what was asked for longest ago, and what a run that was cut off has left."""
        found = list(self._folder.iterdir())
        kept = sorted((path for path in found if not path.name.startswith(".")), key=_age)
        unfinished = [
            path
            for path in found
            if path.name.startswith(".")
            and not path.name.startswith(_LOCK)
            and _age(path) > _UNFINISHED
        ]
        for path in (*kept[KEPT:], *unfinished):
            path.unlink(missing_ok=True)


def _age(path: Path) -> float:
    """Return for how many seconds nobody has used a file; 0 when another run has removed it."""
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def default_folder(environment: Mapping[str, str]) -> Path:
    """Return where modules are kept from run to run."""
    chosen = environment.get("XDG_CACHE_HOME", "")
    base = Path(chosen) if chosen.startswith("/") else Path.home() / ".cache"
    return base / "needle-grader" / "native"
