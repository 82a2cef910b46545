"""The pipes of a container: named while both sides open them, then without a name.

What an engine offers instead (its attach call) passes through three processes and marks every
piece with a header. A pipe that both sides open by its path is one pipe, as fast as between
parent and child. The folder is mounted read-only, which does not matter to pipes.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import time
from pathlib import Path

from grader.sandbox import leases, owner
from grader.sandbox.docker import launcher
from grader.sandbox.spawn import Pipes

#: pipes that we write; the launcher writes the others
OURS = (launcher.STDIN, launcher.ORDER)


class Ends:
    """Our ends, and, until the launcher has its own, both ends of every pipe."""

    def __init__(self, name: str) -> None:
        self.folder = _base() / name
        self.mounted = self.folder / "pipes"
        self._ends: dict[str, int] = {}
        self._kept: dict[str, int] = {}
        # our folder keeps other users out; whoever sees the inner one by its mount may open
        self.folder.mkdir(mode=0o700)
        self.mounted.mkdir()
        self.mounted.chmod(0o711)
        for pipe in launcher.PIPES:
            os.mkfifo(self.mounted / pipe)
            (self.mounted / pipe).chmod(0o666)
            self._open(pipe)

    def _open(self, pipe: str) -> None:
        path, flags = self.mounted / pipe, os.O_CLOEXEC | os.O_NOFOLLOW
        # in this order neither waits for the other
        out = os.open(path, os.O_RDONLY | os.O_NONBLOCK | flags)
        in_ = os.open(path, os.O_WRONLY | os.O_NONBLOCK | flags)
        ours, kept = (in_, out) if pipe in OURS else (out, in_)
        os.set_blocking(ours, True)
        self._ends[pipe], self._kept[pipe] = ours, kept

    def write_order(self, order: bytes) -> None:
        """Tell the launcher what to do; the pipe stays open as long as it shall run."""
        os.write(self._ends[launcher.ORDER], order + b"\n")

    def ready(self, seconds: float) -> str:
        """Wait for the launcher; return what it says: `launcher.READY`, or what went wrong."""
        said, deadline = b"", time.monotonic() + seconds
        while not said.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.status], [], [], left)[0]:
                return f"nothing for {seconds:g} s"
            # no more than its line: a short command's exit code may be there, too
            part = os.read(self.status, 1)
            if not part:
                break
            said += part
        return said.decode(errors="replace").strip()

    def settle(self) -> Pipes:
        """Let go of what the launcher has now, and of all names; return the command's pipes."""
        for kept in self._kept.values():
            os.close(kept)
        self._kept.clear()
        for pipe in launcher.PIPES:
            (self.mounted / pipe).unlink(missing_ok=True)
        names = (launcher.STDIN, launcher.STDOUT, launcher.STDERR)
        return Pipes(*(self._ends.pop(name) for name in names))

    @property
    def status(self) -> int:
        """Return the pipe on which the launcher says how the command ended."""
        return self._ends[launcher.STATUS]

    def close(self) -> None:
        """Close what is ours, which ends the launcher, and remove the folder. Safe to repeat."""
        for descriptor in (*self._ends.values(), *self._kept.values()):
            os.close(descriptor)
        self._ends.clear()
        self._kept.clear()
        shutil.rmtree(self.folder, ignore_errors=True)


def reap() -> None:
    """Remove the folders of graders that are no more."""
    for left in _base().glob(f"{owner.PREFIX}*"):
        if owner.is_abandoned(left.name):
            shutil.rmtree(left, ignore_errors=True)


def _base() -> Path:
    folder = leases.runtime_folder() / "docker"
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    return folder
