"""An image that holds nothing: containers of it see the programs of this machine, read-only.

It is always in step with the grader, needs no registry, and shows exactly what bubblewrap shows.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

from grader.sandbox import runtime
from grader.sandbox.base import Mount
from grader.sandbox.bubblewrap import CONFIGURATION, SYSTEM, is_system
from grader.sandbox.docker.engine import Engine

LABEL = "needle-grader.image=host"


def image(engine: Engine) -> str:
    """Return the name of the image; it is made if the engine does not have it."""
    archive = _archive()
    name = f"needle-grader-host:{hashlib.sha256(archive).hexdigest()[:16]}"
    if engine.image(name) is None:
        engine.import_image(archive, name, LABEL)
    return name


def mounts() -> list[Mount]:
    """Return the system's programs and libraries, and Python where it is elsewhere."""
    found = [Path(top, name) for top in ("/usr", "/") for name in SYSTEM]
    paths = [path for path in found if path.is_dir() and not path.is_symlink()]
    paths += [path for path in map(Path, CONFIGURATION) if path.exists()]
    own = (Path(runtime.python()), *runtime.folders())
    paths += [path for path in own if not is_system(path)]
    return [Mount(source=path, target=str(path)) for path in paths]


def hidden() -> list[str]:
    """Return the folders in which Python would find packages of this machine."""
    return [str(path) for path in runtime.package_folders()]


def _archive() -> bytes:
    """Return folders and links alone, the same bytes every time."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for entry in _entries():
            archive.addfile(entry)
    return file.getvalue()


def _entries() -> Iterator[tarfile.TarInfo]:
    for name in ("etc", "usr", "tmp", "dev", "proc", "sys"):
        folder = tarfile.TarInfo(name)
        # what is mounted there takes the mode
        folder.type, folder.mode = tarfile.DIRTYPE, 0o1777 if name == "tmp" else 0o755
        yield folder
    for path in (Path("/", name) for name in SYSTEM):
        if path.is_symlink():
            link = tarfile.TarInfo(str(path)[1:])
            link.type, link.linkname = tarfile.SYMTYPE, os.readlink(path)
            yield link
