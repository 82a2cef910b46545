"""Code objects of the student's files, compiled once in the parent and used by every child.

Compiling is most of what importing a package costs. Nothing of the code runs here; a file that does not
compile is left to the child, where the error belongs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import machinery
from types import CodeType

#: files beyond this are compiled by the child that imports them
_MOST_FILES = 500
_MOST_BYTES = 1 << 20


class Codes:
    """Compiled files by path."""

    def __init__(self) -> None:
        self.by_path: dict[str, CodeType] = {}

    def compile(self, folders: Sequence[str]) -> None:
        """Compile every Python file below `folders`."""
        for path in _python_files(folders)[:_MOST_FILES]:
            try:
                with open(path, "rb") as file:
                    source = file.read(_MOST_BYTES + 1)
                if len(source) <= _MOST_BYTES:
                    self.by_path[path] = compile(source, path, "exec", dont_inherit=True)
            except Exception:
                continue

    def install(self) -> None:
        """Let imports of this process use what was compiled."""
        codes = self.by_path

        class Loader(machinery.SourceFileLoader):
            def get_code(self, fullname: str) -> CodeType | None:
                code = codes.get(self.path)
                return super().get_code(fullname) if code is None else code

        details = (
            (machinery.ExtensionFileLoader, machinery.EXTENSION_SUFFIXES),
            (Loader, machinery.SOURCE_SUFFIXES),
        )
        sys.path_hooks.insert(0, machinery.FileFinder.path_hook(*details))


def _python_files(folders: Sequence[str]) -> list[str]:
    found: dict[str, None] = {}
    for folder in folders:
        for base, _, names in os.walk(folder):
            found.update((os.path.join(base, name), None) for name in names if name.endswith(".py"))
    return list(found)
