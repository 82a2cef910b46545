"""Writes a file at once or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

#: what the names of files end with that are not yet what they will be
_UNFINISHED = ".unfinished"


def write(path: Path, text: str, *, mode: int = 0o644, lasting: bool = False) -> Path:
    """Make `path` hold `text`; whoever reads it meanwhile finds the old content or the new.

    What is `lasting` is so after a power cut, too.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, unfinished = tempfile.mkstemp(
        prefix=f".{path.name}.", suffix=_UNFINISHED, dir=path.parent
    )
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            if lasting:
                file.flush()
                os.fsync(file.fileno())
        Path(unfinished).chmod(mode)
        Path(unfinished).replace(path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
    return path


def clear(folder: Path) -> None:
    """Remove what a killed writer left in a folder that nobody else writes to."""
    for path in folder.glob(f".*{_UNFINISHED}"):
        path.unlink(missing_ok=True)
