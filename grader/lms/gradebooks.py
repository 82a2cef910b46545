"""Files of scores that Canvas, Moodle and Gradescope's gradebook take."""

from __future__ import annotations

import csv
import dataclasses
import io
import math
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from grader import sanitize
from grader.errors import UsageError
from grader.export import files, summary
from grader.export.table import cell
from grader.lms import matching, rosters
from grader.lms.rosters import Roster, Student
from grader.results import Report

Row = list[str | float]
#: heading first
Table = list[Row]

_CANVAS_IDS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
_MOODLE_GRADE = "Grade"
#: in small letters: versions of Moodle differ
_MOODLE_MOST = "maximum grade"
_GRADESCOPE_WHO = ("First Name", "Last Name", "Name", "SID", "Email", "Sections")


@dataclasses.dataclass(frozen=True, kw_only=True)
class System:
    """A gradebook that scores are written for."""

    roster: rosters.Format
    #: name of the file that is written
    file: str
    table: Callable[[Roster, dict[int, Report], str], Table]


def write(
    reports: Sequence[Report], target: str, roster: Path, out: Path, column: str | None = None
) -> Iterator[str]:
    """Write the file of one system; yield a sentence for everybody who is not in it.

    `column` is what the assignment is called there. Raises UsageError where it is not clear whose
    a submission is, and writes nothing then.
    """
    system = SYSTEMS[target]
    names = sorted({report.assignment for report in reports})
    if len(names) != 1:
        raise UsageError(f"reports of several assignments, {', '.join(names)}: write them apart")
    if column is not None and (not column.strip() or not column.isprintable()):
        raise UsageError(f"--column {column!r} is no heading: it is empty or has a line break")
    found = rosters.read(roster, system.roster)
    matched = matching.match(reports, found.students)
    table = system.table(found, matched.reports, column or names[0])
    buffer = io.StringIO()
    csv.writer(buffer).writerows(table)
    yield str(files.write(out / system.file, buffer.getvalue()))
    yield from _left_out(found, matched)


def _left_out(roster: Roster, matched: matching.Matched) -> Iterator[str]:
    scored = [report for report in matched.reports.values() if report.score is not None]
    yield f"{len(scored)} of {len(roster.students)} students have a score"
    for report in matched.reports.values():
        if report.score is None:
            name = sanitize.name(report.submission)
            yield f"{name}: {report.status}, so its score is empty, not zero"
    for stranger in matched.strangers:
        name = sanitize.name(stranger.submission)
        yield f"{name}: nobody in {roster.path.name} has this id, so it is not in the file"
    for student in matched.missing:
        yield f"{roster.path.name}, {student.shown}: no submission, so the score is empty"


# -- the systems -----------------------------------------------------------------------


def _canvas(roster: Roster, reports: dict[int, Report], name: str) -> Table:
    """Only the columns that say who, and the one of the assignment: no other grade changes."""
    who = [column for column in _CANVAS_IDS if column in roster.columns]
    title = _canvas_column(roster, name)
    rows: Table = [[*who, cell(title)]]
    if reports:
        most = summary.points(max(report.max_score for report in reports.values()))
        rows.append(["    Points Possible", *[""] * (len(who) - 1), most])
    for student in roster.students:
        rows.append([*_who(roster, student, who), _score(reports.get(student.line))])
    return rows


def _canvas_column(roster: Roster, name: str) -> str:
    """Return the column that Canvas exported for the assignment, with its number, or a new one."""
    known = [
        column
        for column in roster.columns
        if column.casefold() == name.casefold()
        or re.sub(r" \([0-9]+\)$", "", column).casefold() == name.casefold()
    ]
    if len(known) > 1:
        shown = ", ".join(map(repr, known))
        raise UsageError(f"{roster.path}: several columns are called so: {shown}; give --column")
    return known[0] if known else name


def _moodle(roster: Roster, reports: dict[int, Report], name: str) -> Table:
    """The worksheet as it was, with grades; a list of participants gets a column for them."""
    grade = _MOODLE_GRADE if _MOODLE_GRADE in roster.columns else name
    columns = [*roster.columns, *([grade] if grade not in roster.columns else [])]
    rows: Table = [[cell(column) for column in columns]]
    for student in roster.students:
        report = reports.get(student.line)
        _check_most(roster, student, report)
        row: Row = [*_who(roster, student, [c for c in columns if c in roster.columns])]
        row += [""] * (len(columns) - len(row))
        row[columns.index(grade)] = _score(report)
        rows.append(row)
    return rows


def _check_most(roster: Roster, student: Student, report: Report | None) -> None:
    """Refuse a worksheet with another maximum: a score of 80 would mean something else."""
    column = next((c for c in roster.columns if c.casefold() == _MOODLE_MOST), "")
    text = student.cells.get(column, "").strip().replace(",", ".")
    if report is None or not text:
        return
    try:
        same = math.isclose(float(text), report.max_score, abs_tol=0.01)
    except ValueError:
        same = False
    if not same:
        raise UsageError(
            f"{roster.path}:{student.line}: the maximum grade is {sanitize.name(text, 20)}, and "
            f"{report.assignment} has {summary.points(report.max_score)} points; set that maximum "
            "in the settings of the assignment in Moodle, and download the worksheet again"
        )


def _gradescope(roster: Roster, reports: dict[int, Report], name: str) -> Table:
    """The columns of Gradescope's file of scores, one for each question at the end."""
    who = [column for column in _GRADESCOPE_WHO if column in roster.columns]
    questions = summary.question_ids(reports.values())
    heading = [*who, "Total Score", "Max Points", "Status", "Submission ID"]
    titles = [cell(f"{number}: {id_}") for number, id_ in enumerate(questions, start=1)]
    rows: Table = [[*heading, *titles]]
    for student in roster.students:
        report = reports.get(student.line)
        row: Row = [*_who(roster, student, who), _score(report)]
        row.append("" if report is None else summary.points(report.max_score))
        row.append("Missing" if report is None else _status(report))
        row.append("" if report is None else cell(report.submission))
        rows.append([*row, *_by_question(report, questions)])
    return rows


def _status(report: Report) -> str:
    return "Ungraded" if report.score is None else "Graded"


def _by_question(report: Report | None, questions: Sequence[str]) -> Row:
    if report is None or report.score is None:
        return [""] * len(questions)
    earned = {question.id: question.score for question in summary.questions(report)}
    return [summary.points(earned[id_]) if id_ in earned else "" for id_ in questions]


def _score(report: Report | None) -> str | float:
    """Return the score; what has none is empty: a broken run is never a zero."""
    return "" if report is None or report.score is None else summary.points(report.score)


def _who(roster: Roster, student: Student, columns: Sequence[str]) -> list[str]:
    """Return cells of the roster; an id that would be taken for a formula is refused."""
    cells = [cell(student.cells[column]) for column in columns]
    for column, shown in zip(columns, cells, strict=True):
        if shown.startswith("'") and student.cells[column].strip() in student.ids:
            raise UsageError(
                f"{roster.path}:{student.line}: {column} {sanitize.name(shown[1:], 40)!r} would be "
                "a formula in a spreadsheet, and quoting it would change the id"
            )
    return cells


SYSTEMS: dict[str, System] = {
    "canvas": System(roster=rosters.CANVAS, file="canvas.csv", table=_canvas),
    "gradescope-csv": System(roster=rosters.GRADESCOPE, file="gradescope.csv", table=_gradescope),
    "moodle": System(roster=rosters.MOODLE, file="moodle.csv", table=_moodle),
}
