"""Which files a module is made of: its source and the local headers that this includes."""

from __future__ import annotations

import re
from pathlib import Path

from .errors import BuildError

_INCLUDE = re.compile(rb'^[^\S\n]*#[^\S\n]*include[^\S\n]*"([^"\n]+)"', re.MULTILINE)


def local_files(source: Path) -> dict[Path, bytes]:
    """Return the content of a source and of every header that it includes in quotation marks.

    Headers that are nowhere beside their includer belong to the compiler, or are its error to tell.
    """
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
            header = (path.parent / name.decode("utf-8", "replace")).resolve()
            if header.is_file():
                pending.append(header)
    return found
