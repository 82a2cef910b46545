"""Which files a module is made of: its source and the local headers that this includes."""

from __future__ import annotations

import os
import re
from pathlib import Path

from .errors import BuildError

_INCLUDE = re.compile(rb'^[^\S\n]*#[^\S\n]*include[^\S\n]*"([^"\n\0]+)"', re.MULTILINE)


def local_files(source: Path, root: Path) -> dict[Path, bytes]:
    """Return the content of a source and of every header that it includes in quotation marks.

    Headers that are not beside their includer, below the root, belong to the compiler, or are its
    error to tell.
    """
    root = root.resolve()
    if not source.resolve().is_relative_to(root):
        raise BuildError(f"{source}: a source lies below the root, {root}")
    if not source.is_file():
        raise BuildError(f"{source}: no such file")
    found: dict[Path, bytes] = {}
    pending = [source.resolve()]
    while pending:
        path = pending.pop()
        if path in found:
            continue
        found[path] = path.read_bytes()
        for name in _INCLUDE.findall(found[path]):
            pending += _header(path.parent, name.decode("utf-8", "replace"), root)
    return found


def _header(folder: Path, name: str, root: Path) -> list[Path]:
    try:
        header = (folder / name).resolve()
        found = header.is_relative_to(root) and header.is_file() and os.access(header, os.R_OK)
    except (OSError, RuntimeError):  # a name too long, a link to itself
        return []
    return [header] if found else []
