"""The folder that stands for the mounts where there are none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from grader.sandbox import owner as owners
from grader.sandbox import readable
from grader.sandbox.base import Mount


class View:
    """A private folder with copies of what is mounted, and scratch space."""

    def __init__(self, mounts: Sequence[Mount], *, owner: int | None) -> None:
        base = owners.temporary()
        _clear(base)
        self._targets = [PurePosixPath(mount.target) for mount in mounts]
        self._folder = base / owners.new_name()
        self._folder.mkdir(mode=0o700)
        try:
            Path(self.given).mkdir(mode=0o755)
            self._lay_out(mounts, owner)
        except OSError:
            self.remove()
            raise

    @property
    def scratch(self) -> str:
        """Return the writable folder."""
        return str(self._folder / "tmp")

    @property
    def given(self) -> str:
        """Return the folder below which everything that was mounted is, or is linked to."""
        return f"{self._folder}/view"

    def path(self, word: str) -> str:
        """Translate a path that is a mount, or above or below one; leave other words alone."""
        pure = PurePosixPath(word)
        if not pure.is_absolute() or len(pure.parts) == 1:
            return word
        if pure.is_relative_to("/tmp"):
            return f"{self._folder}{pure}"
        near = (pure.is_relative_to(t) or t.is_relative_to(pure) for t in self._targets)
        return f"{self._folder}/view{pure}" if any(near) else word

    def remove(self) -> None:
        """Delete the folder, however deep or unreadable student code made it. Safe to repeat."""
        _delete(self._folder)

    def _lay_out(self, mounts: Sequence[Mount], owner: int | None) -> None:
        scratch = Path(self.scratch)
        scratch.mkdir(mode=0o700)
        for mount in mounts:
            _place(mount.source, Path(self.path(mount.target)), private=owner is None)
        if owner is not None:
            os.chown(scratch, owner, owner)
            for folder in (self._folder, *_folders_above(self._targets, self._folder / "view")):
                folder.chmod(0o755)


def _place(source: Path, target: Path, *, private: bool) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if _is_installed(source):
        # large, and not writable for the other uid
        if not private:
            readable.require(source, reachable=True)
        target.symlink_to(source)
    elif source.is_dir():
        shutil.copytree(source, target, symlinks=True)
    else:
        shutil.copyfile(source, target)
    if not target.is_symlink():
        subprocess.run(["/bin/chmod", "-R", "u+rwX,go+rX,go-w", str(target)], check=True)


def _is_installed(source: Path) -> bool:
    real = source.resolve()
    return any(real.is_relative_to(Path(top).resolve()) for top in (sys.prefix, sys.base_prefix))


def _folders_above(targets: Iterable[PurePosixPath], top: Path) -> set[Path]:
    below = {parent for target in targets for parent in target.parents}
    return {Path(f"{top}{parent}") for parent in below}


def _clear(base: Path) -> None:
    """Delete the folders of graders that are no more."""
    for left in base.glob(f"{owners.PREFIX}*"):
        if owners.is_abandoned(left.name) and left.lstat().st_uid == os.geteuid():
            _delete(left)


def _delete(folder: Path) -> None:
    if folder.exists():
        subprocess.run(["/bin/chmod", "-R", "u+rwX", str(folder)], stderr=subprocess.DEVNULL)
        subprocess.run(["/bin/rm", "-rf", "--one-file-system", str(folder)], check=True)
