"""Reads a folder, without following a link and without waiting for anything."""

from __future__ import annotations

import itertools
import os
import stat
from collections.abc import Iterator

from grader.archive.ledger import Entry, Ledger
from grader.errors import InfrastructureError

#: relative to a folder that is open, so that nobody can put a link in the way meanwhile
_OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_OPEN_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC

#: what a folder holds when it is an environment, whatever its name
_ENVIRONMENT = {"pyvenv.cfg", "conda-meta"}

_KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFBLK: "a device",
    stat.S_IFCHR: "a device",
    stat.S_IFDIR: "a folder",
    stat.S_IFREG: "a file",
}


def describe(mode: int) -> str:
    """Return in words what kind of file a mode speaks of."""
    return _KINDS.get(stat.S_IFMT(mode), "an unknown kind of file")


def entries(descriptor: int, ledger: Ledger) -> Iterator[Entry]:
    """Yield the regular files below an open folder."""
    return _Reader(ledger, os.fstat(descriptor).st_uid).below(descriptor, "")


class _Reader:
    def __init__(self, ledger: Ledger, owner: int) -> None:
        self._ledger = ledger
        self._owner = owner

    def below(self, folder: int, path: str) -> Iterator[Entry]:
        """Yield the files of a folder, and of the folders in it."""
        most = self._ledger.limits.entries + self._ledger.limits.clutter
        try:
            with os.scandir(folder) as found:
                names = sorted(entry.name for entry in itertools.islice(found, most + 1))
            for name in names:
                yield from self._entry(folder, name, f"{path}{name}")
        except OSError as error:
            raise InfrastructureError(f"cannot read the submission {path}: {error}") from error

    def _entry(self, folder: int, name: str, path: str) -> Iterator[Entry]:
        if self._ledger.is_clutter(path):
            return
        mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            self._ledger.refuse(f"{describe(mode)}; only files and folders are taken", path)
        self._ledger.admit(self._ledger.normalize(path), is_folder=stat.S_ISDIR(mode))
        if stat.S_ISDIR(mode):
            yield from self._inside(folder, name, path)
        else:
            yield self._file(folder, name, path)

    def _inside(self, folder: int, name: str, path: str) -> Iterator[Entry]:
        inner = os.open(name, _OPEN_FOLDER, dir_fd=folder)
        try:
            if any(_exists(inner, mark) for mark in _ENVIRONMENT):
                self._ledger.pass_over("environments")
                return
            yield from self.below(inner, f"{path}/")
        finally:
            os.close(inner)

    def _file(self, folder: int, name: str, path: str) -> Entry:
        """Read a file; one that nobody wants is not opened, whatever its size."""
        if not self._ledger.wanted(path):
            size = os.stat(name, dir_fd=folder, follow_symlinks=False).st_size
            return Entry(name=path, size=size, content=None)
        descriptor = os.open(name, _OPEN_FILE, dir_fd=folder)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                self._ledger.refuse(f"{describe(status.st_mode)}; it was a file before", path)
            if status.st_nlink > 1 and status.st_uid != self._owner:
                self._ledger.refuse("a hard link to a file of another owner", path)
            self._ledger.count(path, status.st_size)
            content = file.read(status.st_size + 1)
        if len(content) != status.st_size:
            raise InfrastructureError(
                f"{path} of the submission had {status.st_size} bytes and then other ones: "
                "grade it again once nobody writes to it"
            )
        return Entry(name=path, size=len(content), content=content)


def _exists(folder: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True
