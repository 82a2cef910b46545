"""Rosters of learning management systems: who is in the course, and what they are called there.

Canvas: the gradebook's export. Moodle: the grading worksheet, or the participants' list.
Gradescope: the roster or a file of scores. Each is read by the names of its columns.
"""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from grader import sanitize
from grader.errors import UsageError

#: a roster of a hundred thousand students has a few MB
_LARGEST = 64 << 20
_DELIMITERS = ",;\t"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Student:
    """One row of a roster."""

    #: line of the file, from 1
    line: int
    #: the row, by the names of the columns
    cells: dict[str, str]
    #: what identifies the student, in the order of trust: login, student number, mail address
    ids: tuple[str, ...]
    name: str

    @property
    def shown(self) -> str:
        """Return what messages call the student."""
        return f"line {self.line}, {sanitize.name(self.name or self.ids[0])}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Roster:
    """A whole file."""

    path: Path
    columns: tuple[str, ...]
    #: rows above the students that are no student: Canvas has one with the points possible
    extra: tuple[dict[str, str], ...]
    students: tuple[Student, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Format:
    """How a system names its columns."""

    title: str
    #: columns of a student's ids; at least one of them is there
    ids: tuple[str, ...]
    #: columns that make up the name
    names: tuple[str, ...]
    #: columns that have to be there for the file to be taken back
    required: tuple[str, ...]
    #: where such a file comes from
    origin: str


CANVAS = Format(
    title="Canvas",
    ids=("SIS Login ID", "SIS User ID", "ID"),
    names=("Student",),
    required=("Student", "ID", "Section"),
    origin="Grades > Export > Export Entire Gradebook",
)
MOODLE = Format(
    title="Moodle",
    ids=("Username", "ID number", "Email address", "Identifier"),
    names=("Full name", "First name", "Last name"),
    required=(),
    origin="the assignment > Download grading worksheet",
)
GRADESCOPE = Format(
    title="Gradescope",
    ids=("SID", "Email"),
    names=("Name", "First Name", "Last Name", "First name", "Last name"),
    required=(),
    origin="Roster > Download Roster, or Review Grades > Download Grades > CSV",
)


def read(path: Path, system: Format) -> Roster:
    """Read a roster; raise UsageError for a file that is not one of `system`, naming the line."""
    rows = list(_rows(path))
    if not rows:
        raise UsageError(f"{path}: the file is empty; {_whence(system)}")
    columns = [cell.strip() for cell in rows[0][1]]
    _check_columns(path, columns, system)
    extra: list[dict[str, str]] = []
    students: list[Student] = []
    for line, row in rows[1:]:
        if len(row) > len(columns):
            raise UsageError(
                f"{path}:{line}: {len(row)} cells in a table of {len(columns)} columns"
            )
        row = row + [""] * (len(columns) - len(row))
        cells = dict(zip(columns, row, strict=True))
        ids = tuple(id_ for column in system.ids if (id_ := cells.get(column, "").strip()) != "")
        name = " ".join(cells[column].strip() for column in system.names if cells.get(column))
        if system is CANVAS and not students and (not ids or _is_no_student(name)):
            extra.append(cells)
        elif not ids:
            known = " or ".join(repr(column) for column in system.ids if column in columns)
            raise UsageError(f"{path}:{line}: {sanitize.name(name)!r} has no {known}")
        else:
            students.append(Student(line=line, cells=cells, ids=ids, name=name))
    _check_ids(path, students, system)
    if not students:
        raise UsageError(f"{path}: no student below the heading; {_whence(system)}")
    return Roster(path=path, columns=tuple(columns), extra=tuple(extra), students=tuple(students))


def _is_no_student(name: str) -> bool:
    """Tell the rows that Canvas puts above the students: points possible, manual posting."""
    return name.strip().lower() in ("points possible", "")


def _check_ids(path: Path, students: Sequence[Student], system: Format) -> None:
    """Raise where two rows have one id: whoever takes the file back cannot tell them apart."""
    for column in system.ids:
        lines: dict[str, int] = {}
        for student in students:
            id_ = student.cells.get(column, "").strip()
            first = lines.setdefault(id_.casefold(), student.line)
            if id_ and first != student.line:
                raise UsageError(
                    f"{path}:{student.line}: {column} {sanitize.name(id_, 40)!r} is that of line "
                    f"{first}, too; remove one of the rows, or export the roster again"
                )


def _check_columns(path: Path, columns: Sequence[str], system: Format) -> None:
    twice = {column for column in columns if column and columns.count(column) > 1}
    if twice:
        raise UsageError(f"{path}:1: the column {sanitize.name(min(twice))!r} is there twice")
    missing = [column for column in system.required if column not in columns]
    if not set(system.ids) & set(columns):
        missing.append(" or ".join(system.ids))
    if missing:
        shown = ", ".join(sanitize.name(column, 40) for column in columns[:12])
        raise UsageError(
            f"{path}:1: no column {', '.join(missing)} as {system.title} names them, only "
            f"{shown}; {_whence(system)}"
        )


def _whence(system: Format) -> str:
    return f"a roster of {system.title} is {system.origin}"


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield line numbers and cells; empty lines are none."""
    text = _text(path)
    heading = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, row
    except csv.Error as error:
        raise UsageError(f"{path}:{reader.line_num}: not CSV: {error}") from error


def _text(path: Path) -> str:
    """Return the text of a file as spreadsheets write it: UTF-8 or UTF-16, with or without BOM."""
    try:
        if path.stat().st_size > _LARGEST:
            raise UsageError(f"{path}: more than {_LARGEST >> 20} MB, which is no roster")
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{path}: not {encoding.upper().removesuffix('-SIG')} text (byte {error.start}); save "
            "it as CSV UTF-8"
        ) from error
    if "\0" in text:
        raise UsageError(f"{path}: not a text file; save it as CSV UTF-8")
    return text
