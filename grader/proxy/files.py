"""Files that a test makes for student code to read: copied into the worker's scratch space."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from grader.proxy.remote import Unsendable

#: most bytes and files that one argument may stand for
MOST_BYTES = 64 << 20
MOST_FILES = 1000


class Files:
    """Finds arguments that are paths of files a test has made."""

    def __init__(self, root: Path | None) -> None:
        self.root = None if root is None else os.path.realpath(root) + os.sep
        self._given = None if root is None else str(root)

    def find(self, text: str) -> Path | None:
        """Return the file or folder below the root that `text` is the path of, else None."""
        if (
            self.root is None
            or self._given is None
            or not text.startswith((self._given, self.root))
        ):
            return None
        path = os.path.realpath(text)
        return Path(path) if path.startswith(self.root) and os.path.exists(path) else None

    @staticmethod
    def read(path: Path) -> Iterator[tuple[list[str], bytes]]:
        """Yield path parts below `path` and the content of each file."""
        left, count = MOST_BYTES, 0
        for file in _files_of(path):
            data = file.read_bytes()
            left, count = left - len(data), count + 1
            if left < 0 or count > MOST_FILES:
                raise Unsendable(
                    f"{path}: more than {MOST_BYTES} bytes or {MOST_FILES} files to pass."
                )
            yield list(file.relative_to(path).parts) if file != path else [], data


def _files_of(path: Path) -> list[Path]:
    return [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
