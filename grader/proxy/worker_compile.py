"""What every child would do again: compile the student's files, import the standard library's.

Compiling is most of what importing a package costs, and reading folders is most of the rest.
Nothing of the code runs here; a file that does not compile is left to the child, where the error
belongs.
"""

from __future__ import annotations

import importlib
import os
import sys
import time
import types
from collections.abc import Callable, Sequence
from importlib import machinery, util
from types import CodeType
from typing import Any

#: files beyond this are compiled by the child that imports them: what takes the compiler minutes
#: has to meet the limit for importing, which is the student's, and not keep us from starting
_MOST_FILES = 500
_MOST_BYTES = 64 << 10
_MOST_SECONDS = 2.0
#: Modules of the standard library that the parent imports when a student's file names them: those
#: that do nothing but define names when they are imported.
_QUIET = frozenset(
    (
        *("abc", "array", "ast", "base64", "bisect", "calendar", "cmath", "collections"),
        *("contextlib", "copy", "csv", "dataclasses", "datetime", "decimal", "difflib", "enum"),
        *("fractions", "functools", "glob", "gzip", "hashlib", "heapq", "inspect", "io"),
        *("itertools", "json", "keyword", "math", "numbers", "operator", "pathlib", "pickle"),
        *("pprint", "queue", "random", "re", "shutil", "statistics", "string", "struct"),
        *("tempfile", "textwrap", "time", "timeit", "traceback", "types", "typing", "unittest"),
        *("urllib", "warnings", "weakref", "zipfile", "zlib"),
    )
)
#: how the names of native code end
_NATIVE = tuple(machinery.EXTENSION_SUFFIXES)


class Codes:
    """Compiled files by path, and what their folders hold."""

    def __init__(self) -> None:
        self.by_path: dict[str, CodeType] = {}
        self.finders: dict[str, machinery.FileFinder] = {}
        self.hook = self._make_hook()

    def compile(self, folders: Sequence[str]) -> None:
        """Compile what can be imported from `folders`."""
        paths = _python_files(folders)[:_MOST_FILES]
        end = time.monotonic() + _MOST_SECONDS
        for path in paths:
            if time.monotonic() < end:
                self._compile_file(path)
        for folder in {*folders, *map(os.path.dirname, paths)}:
            self._look_into(folder)
        machinery.PathFinder.find_spec("a_module_that_is_nowhere")
        self._import_quiet()

    def _import_quiet(self) -> None:
        """Import what the files will import of the standard library; nothing of a student's."""
        named = {name for code in self.by_path.values() for name in code.co_names}
        for name in sorted(named & _QUIET & sys.stdlib_module_names):
            importlib.import_module(name)

    def _compile_file(self, path: str) -> None:
        try:
            with open(path, "rb") as file:
                source = file.read(_MOST_BYTES + 1)
            if len(source) <= _MOST_BYTES:
                self.by_path[path] = compile(source, path, "exec", dont_inherit=True)
        except Exception:
            return

    def _look_into(self, folder: str) -> None:
        try:
            finder = self.hook(folder)
            finder.find_spec("a_module_that_is_nowhere")
        except ImportError:
            return
        self.finders[folder] = finder

    def _make_hook(self) -> Callable[[str], Any]:
        codes = self.by_path

        class Loader(machinery.SourceFileLoader):
            def get_code(self, fullname: str) -> CodeType | None:
                code = codes.get(self.path)
                return super().get_code(fullname) if code is None else code

        class Finder(machinery.FileFinder):
            def find_spec(
                self, fullname: str, target: types.ModuleType | None = None
            ) -> machinery.ModuleSpec | None:
                # what was compiled is there: asking the file system again takes half of an import
                base = os.path.join(self.path, fullname.rpartition(".")[2])
                for path, places in ((f"{base}/__init__.py", [base]), (f"{base}.py", None)):
                    if path in codes:
                        loader = Loader(fullname, path)
                        return util.spec_from_file_location(
                            fullname, path, loader=loader, submodule_search_locations=places
                        )
                return super().find_spec(fullname, target)

        return Finder.path_hook(
            (machinery.ExtensionFileLoader, machinery.EXTENSION_SUFFIXES),
            (Loader, machinery.SOURCE_SUFFIXES),
        )

    def install(self) -> None:
        """Let imports of this process use what was compiled and seen."""
        sys.path_hooks.insert(0, self.hook)
        sys.path_importer_cache.update(self.finders)


def _python_files(folders: Sequence[str]) -> list[str]:
    """Return the Python files of `folders` and of packages below them.

    Those beside native code or a folder of their name are left out, for that can come first.
    """
    found: dict[str, None] = {}
    for folder in folders:
        for base, below, names in os.walk(folder):
            first = {name.partition(".")[0] for name in names if name.endswith(_NATIVE)} | {*below}
            # what lies in other folders, as tests do, is hardly ever imported
            below[:] = [each for each in below if os.path.exists(f"{base}/{each}/__init__.py")]
            found.update(
                (os.path.join(base, name), None)
                for name in names
                if name.endswith(".py") and name.removesuffix(".py") not in first
            )
    return list(found)
