"""Extra test files: what they read beside themselves.

A course's tests run in the folder of its homework, and may name files from there, such as
`tests/hw4_extra/data/expected.npy`. So the folder called `tests` that an extra file lies in is
found under this name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from grader.errors import UsageError

#: what courses call the folder of their tests
NAME = "tests"


def folder(files: Sequence[Path]) -> Path | None:
    """Return the folder called `tests` that extra files lie in; UsageError if there are two."""
    found: dict[Path, Path] = {}
    for file in files:
        for parent in file.parents:
            if parent.name == NAME:
                found.setdefault(parent, file)
                break
    if len(found) > 1:
        (one, first), (other, second) = list(found.items())[:2]
        raise UsageError(
            f"--tests {first} and {second}: tests read files by paths such as {NAME}/data, and "
            f"these would be in {one} and in {other}; grade with one of them at a time"
        )
    return next(iter(found), None)


def read(files: Sequence[Path]) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the files, and of what lies beside them that is not Python.

    Hidden files and folders, such as pytest's cache, do not count.
    """
    for file in files:
        yield file.name, file.read_bytes()
    top = folder(files)
    if top is None:
        return
    for beside in sorted({file.parent for file in files}):
        for path in sorted(beside.rglob("*")):
            name = path.relative_to(top).as_posix()
            is_data = path.suffix not in {".py", ".pyc"} and "/." not in f"/{name}"
            if is_data and path.is_file():
                yield f"{NAME}/{name}", path.read_bytes()
