"""`source/NAME`: the assignment as nbgrader generates, releases and collects it.

Students' files lie beside the notebook: nbgrader releases and collects whole folders. What was
written is listed with digests in the course, so that a file that an instructor has changed since is
known, and is not written over.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from grader import release, sanitize
from grader.errors import UsageError
from grader.export import files
from grader.manifest import Assignment
from grader.nbcourse import handout

CONFIG = "nbgrader_config.py"

_CONFIG_TEXT = '''"""What nbgrader reads when it is run in this folder."""

c = get_config()  # noqa: F821 - defined by nbgrader

c.CourseDirectory.course_id = "{course}"
'''


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Changes:
    """What writing an assignment into a folder would do."""

    write: dict[str, bytes]
    #: files of an earlier export that are no longer part of it
    remove: list[str]
    #: files that somebody else wrote or changed, and that would be lost
    foreign: list[str]


def write(assignment: Assignment, course: Path, *, overwrite: bool = False) -> list[str]:
    """Write `source/NAME` into the course; return a sentence for everything that was done.

    UsageError, and nothing written, where files would be lost that this did not write.
    """
    if course.exists() and not course.is_dir():
        raise UsageError(f"{course} is not a folder; an nbgrader course is one")
    folder = course / "source" / assignment.name
    changes = _compare(_content(assignment), folder, _earlier(course, assignment.name))
    if changes.foreign and not overwrite:
        listing = "\n  ".join(changes.foreign)
        raise UsageError(
            f"{folder} has files that were changed since, or that `grader export` did not write; "
            f"nothing was written:\n  {listing}\nMove them away, or give --overwrite to lose them."
        )
    return [*_config(course), *_apply(changes, folder, course, assignment)]


def _content(assignment: Assignment) -> dict[str, bytes]:
    """Return what `source/NAME` holds: the template's files, and the notebook."""
    content = dict(release.build(assignment).files)
    notebook = f"{assignment.name}.ipynb"
    course = content.pop(notebook) if assignment.release.notebook is not None else None
    if notebook in content:
        raise UsageError(
            f"{assignment.name}: the template has a {notebook} of its own, and nbgrader needs that "
            "name for the notebook with the scores; rename it in the reference"
        )
    return content | {notebook: handout.notebook(assignment, course).encode()}


def _listing(course: Path, name: str) -> Path:
    return course / f".grader-export-{name}.json"


def _earlier(course: Path, name: str) -> Mapping[str, str]:
    """Return path -> digest of what an earlier export wrote."""
    path = _listing(course, name)
    if not path.exists():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))["files"]
        return {str(key): str(value) for key, value in found.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{path} is not the list that `grader export` writes; delete it, and give --overwrite "
            "if what is in the folder may be lost"
        ) from error


def _compare(content: dict[str, bytes], folder: Path, earlier: Mapping[str, str]) -> _Changes:
    wanted = {name: data for name, data in content.items() if not _holds(folder / name, data)}
    gone = [name for name in earlier if name not in content and (folder / name).is_file()]
    foreign = [name for name in [*wanted, *gone] if _is_foreign(folder / name, earlier.get(name))]
    return _Changes(write=wanted, remove=gone, foreign=sorted(foreign))


def _holds(path: Path, data: bytes) -> bool:
    return path.is_file() and not path.is_symlink() and path.read_bytes() == data


def _is_foreign(path: Path, written: str | None) -> bool:
    """Tell whether something is there that an earlier export did not write."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        return True
    return path.exists() and _digest(path.read_bytes()) != written


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _config(course: Path) -> list[str]:
    """Write the configuration where there is none."""
    path = course / CONFIG
    if path.exists():
        return []
    name = sanitize.folder_name(course.resolve().name, "course")
    files.write(path, _CONFIG_TEXT.format(course=name))
    return [f"{path}: written, course id {name}"]


def _apply(changes: _Changes, folder: Path, course: Path, assignment: Assignment) -> list[str]:
    for name in changes.foreign:
        if (folder / name).is_symlink():
            (folder / name).unlink()  # not written through: it leads to somebody's file
    release.write_files(changes.write, folder)
    for name in changes.remove:
        (folder / name).unlink()
    digests = {name: _digest(data) for name, data in sorted(_content(assignment).items())}
    text = json.dumps({"assignment": assignment.name, "files": digests}, indent=2)
    files.write(_listing(course, assignment.name), text + "\n")
    said = [f"{folder / name}: overwritten, though it was changed" for name in changes.foreign]
    said += [f"{folder / name}: removed, no longer part of it" for name in changes.remove]
    return [*said, _summary(changes, folder, assignment)]


def _summary(changes: _Changes, folder: Path, assignment: Assignment) -> str:
    return (
        f"{folder}: {len(changes.write)} files written, {len(assignment.questions)} questions, "
        f"{assignment.max_score:g} points"
    )
