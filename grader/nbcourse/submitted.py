"""`submitted/`: what nbgrader collected, and whose it is.

Folder names of students become names of submissions, which are safe in every path. Which student a
report belongs to, and when the work was handed in, is kept beside the reports.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pydantic

from grader import sanitize
from grader.errors import UsageError
from grader.export import files

#: beside the reports: whose they are
STUDENTS = "nbgrader.json"
TIMESTAMP = "timestamp.txt"
#: bytes of a timestamp that anybody would read
_LONGEST = 100


class Collected(pydantic.BaseModel):
    """One student's work, as nbgrader collected it."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    #: nbgrader's id of the student
    student: str
    #: what `timestamp.txt` says, in nbgrader's format; empty: there is none
    timestamp: str = ""


class Students(pydantic.BaseModel):
    """What `nbgrader.json` holds."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    assignment: str
    #: name of the submission -> whose it is
    submissions: dict[str, Collected]


def find(course: Path, assignment: str) -> list[Path]:
    """Return the folders `submitted/STUDENT/ASSIGNMENT` of a course, sorted by student."""
    submitted = course / "submitted"
    found = [path for path in sorted(submitted.glob(f"*/{assignment}")) if _is_collected(path)]
    if not found:
        raise UsageError(
            f"{submitted} has no STUDENT/{assignment}; run `nbgrader collect {assignment}` in "
            f"{course} first"
        )
    return found


def _is_collected(path: Path) -> bool:
    """Tell whether a path is what nbgrader writes: folders, never links."""
    parent = path.parent
    return path.is_dir() and not path.is_symlink() and not parent.is_symlink()


def names(folders: Sequence[Path]) -> list[str]:
    """Return a name for each student's submission; equal ones get a number, in the order given."""
    taken: set[str] = set()
    found = []
    for folder in folders:
        plain = name = sanitize.folder_name(folder.parent.name)
        number = 2
        while name.casefold() in taken:
            name, number = f"{plain}-{number}", number + 1
        taken.add(name.casefold())
        found.append(name)
    return found


def remember(out: Path, assignment: str, folders: Sequence[Path]) -> None:
    """Write beside the reports which student each submission belongs to.

    UsageError where `out` has reports of another assignment, or of students of equal names.
    """
    fresh = {
        name: Collected(student=folder.parent.name, timestamp=_timestamp(folder))
        for name, folder in zip(names(folders), folders, strict=True)
    }
    known = recall(out)
    if known is not None and known.assignment != assignment:
        raise UsageError(f"{out} has reports of {known.assignment}; give another --out")
    before = {} if known is None else known.submissions
    for name, collected in fresh.items():
        if name in before and before[name].student != collected.student:
            raise UsageError(
                f"{out} has a report called {name} of the student {before[name].student!r}, and "
                f"{collected.student!r} would get the same name; give another --out"
            )
    students = Students(assignment=assignment, submissions={**before, **fresh})
    files.write(out / STUDENTS, students.model_dump_json(indent=2) + "\n")


def recall(out: Path) -> Students | None:
    """Return what `remember` wrote, or None where reports did not come from nbgrader."""
    path = out / STUDENTS
    if not path.exists():
        return None
    try:
        return Students.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise UsageError(
            f"{path} is not what `grader grade --from-nbgrader` writes; grade again into {out}"
        ) from error


def _timestamp(folder: Path) -> str:
    path = folder / TIMESTAMP
    if path.is_symlink() or not path.is_file():
        return ""
    with path.open("rb") as file:
        return " ".join(sanitize.decode(file.read(_LONGEST)).split())
