"""What images are built from: the files of a clone, in an archive that is the same everywhere.

Owners, times and modes of a clone differ from one to the next, and the engine builds a layer again
when a mode changes; so all files are root's, 0644 or 0755, and as old as time.
"""

from __future__ import annotations

import importlib
import io
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from grader import provenance
from grader.errors import UsageError

#: what the labels of images are digests of
CONSTRAINTS = ("constraints.txt",)
GRADER = ("grader", "docker", "pyproject.toml")
COURSE = (
    "assignments",
    "reference_solution",
    "tests_public",
    "tests_hidden",
    "student_template",
    "examples",
)


def root_of(folder: Path) -> Path:
    """Return the clone that a folder is in; raise UsageError outside of one."""
    start = folder.resolve()
    for path in (start, *start.parents):
        if (path / "Dockerfile").is_file() and (path / ".dockerignore").is_file():
            return path
    raise UsageError(
        f"{start}: no Dockerfile here or above; images are built from a clone of the grader: "
        "go there, or name it with --course"
    )


def files(root: Path) -> dict[str, Path]:
    """Return the files that `.dockerignore` lets through, by their names."""
    utilities: Any = importlib.import_module("docker.utils.build")
    patterns = (root / ".dockerignore").read_text().split()
    found = sorted(utilities.exclude_paths(str(root), patterns))
    return {name: root / name for name in found if (root / name).is_file()}


def archive(found: Mapping[str, Path]) -> io.BytesIO:
    """Return the files as a tar archive."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, path in found.items():
            content = path.read_bytes()
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
            archive.addfile(entry, io.BytesIO(content))
    made.seek(0)
    return made


def digest(found: Mapping[str, Path], tops: tuple[str, ...]) -> str:
    """Return the digest of the files at and below `tops`."""
    return provenance.digest_files(_contents(found, tops))


def _contents(found: Mapping[str, Path], tops: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    for name, path in found.items():
        if name.split("/", 1)[0] in tops:
            yield name, path.read_bytes()
