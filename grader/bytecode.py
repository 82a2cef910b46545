"""Compiled test files that last from run to run, where nothing old can be taken for new.

Compiling the suites and the reference takes longer than importing all else that a run needs.
Python takes a compiled file for current when time and size of its source are the same, which a
file out of an archive with fixed times can be without being the same. So the folder is named
after the digests of all that is compiled: other content, other folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
import sys
from pathlib import Path

#: so many folders are kept, those used last
KEPT = 20


def keep_in(base: Path, *digests: str) -> None:
    """Let Python keep what it compiles from now on in a folder below `base`.

    `digests` are those of everything that is compiled and is not an installed package. Where
    `base` cannot be a folder of this user alone, compiled files are kept where they were before.
    """
    if (folder := kept(base, *digests)) is not None:
        sys.pycache_prefix = str(folder)


def kept(base: Path, *names: str) -> Path | None:
    """Return a folder below `base` for what was made from `names`; None if nobody may rely on it.

    Only this user can enter it.
    """
    folder = base / hashlib.sha256("|".join(names).encode()).hexdigest()
    with contextlib.suppress(OSError):
        base.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = base.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            return None
        base.chmod(0o700)
        folder.mkdir(exist_ok=True)
        os.utime(folder)
        _make_room(base)
        return folder
    return None


def _make_room(base: Path) -> None:
    """Remove the folders that nobody has used for longest."""
    ages = {path: path.stat().st_mtime for path in base.iterdir()}
    for path in sorted(ages, key=ages.__getitem__)[:-KEPT]:
        shutil.rmtree(path, ignore_errors=True)
