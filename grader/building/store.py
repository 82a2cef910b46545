"""Built modules by the digest of all that they are made from, in folders of the grader alone."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

#: so many modules are kept
KEPT = 200


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
        with (self._folder / f".lock-{name[:2]}").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _make_room(self) -> None:
        kept = [path for path in self._folder.iterdir() if not path.name.startswith(".")]
        with contextlib.suppress(OSError):
            kept.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        for path in kept[KEPT:]:
            path.unlink(missing_ok=True)


def default_folder(environment: Mapping[str, str]) -> Path:
    """Return where modules are kept from run to run."""
    chosen = environment.get("XDG_CACHE_HOME", "")
    base = Path(chosen) if chosen.startswith("/") else Path.home() / ".cache"
    return base / "needle-grader" / "native"
