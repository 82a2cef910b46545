"""What the reports of one assignment mean for nbgrader: cells, students, points, comments."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from grader import sanitize
from grader.errors import UsageError
from grader.export import summary
from grader.nbcourse import cells
from grader.nbcourse.submitted import Students
from grader.results import Report, RunStatus, Status, TestResult

#: characters of a comment that anybody will read in the formgrader
COMMENT_LIMIT = 5_000


@dataclasses.dataclass(frozen=True, kw_only=True)
class Entry:
    """What one student gets."""

    report: Report
    student: str
    #: as nbgrader wrote it; empty: not known
    timestamp: str = ""


def assignment_of(reports: Sequence[Report]) -> str:
    """Return the name of the assignment that all reports are about."""
    names = sorted({report.assignment for report in reports})
    if len(names) != 1:
        raise UsageError(f"reports of several assignments ({', '.join(names)}) in one folder")
    return names[0]


def entries(reports: Sequence[Report], students: Students | None) -> list[Entry]:
    """Return what each student gets; a name that nbgrader did not collect is the student's id."""
    known = {} if students is None else students.submissions
    made = []
    for report in reports:
        found = known.get(report.submission)
        if found is None:
            made.append(Entry(report=report, student=report.submission))
        else:
            entry = Entry(report=report, student=found.student, timestamp=found.timestamp)
            made.append(entry)
    return made


def points(reports: Sequence[Report]) -> dict[str, float]:
    """Return question -> its points, which all graded reports have to agree on."""
    first: dict[str, tuple[float, str]] = {}
    graded = [report for report in reports if report.status is RunStatus.GRADED]
    for report in graded:
        for question in summary.questions(report):
            most, name = first.setdefault(question.id, (question.max_score, report.submission))
            if summary.points(most) != summary.points(question.max_score):
                raise UsageError(
                    f"{question.id!r} has {most:g} points in the report of {name} and "
                    f"{question.max_score:g} in that of {report.submission}; the tests were "
                    "changed between them, so grade all submissions again"
                )
    return {question: most for question, (most, _) in first.items()}


def earned(report: Report) -> dict[str, summary.Question]:
    """Return what a report says by question."""
    return {question.id: question for question in summary.questions(report)}


def comment(report: Report, question: summary.Question | None, *, is_first: bool) -> str:
    """Return what is said about one question; a whole submission's messages go with the first."""
    lines = [report.message, *report.notices] if is_first else []
    if question is not None:
        lines += [_headline(question), *map(_line, question.tests)]
    return sanitize.text("\n".join(filter(None, lines)), COMMENT_LIMIT)


def _headline(question: summary.Question) -> str:
    most = summary.points(question.max_score)
    return f"{summary.points(question.score)} of {most} points"


def _line(test: TestResult) -> str:
    said = f"{summary.title(test)}: {test.status}"
    if test.status is Status.PASSED or not test.message:
        return said
    return f"{said}: {' '.join(test.message.split())}"


def notebook(report: Report, most: Mapping[str, float]) -> str:
    """Return the notebook that the formgrader shows: our cells and our words, no student's."""
    by_question = earned(report)
    made: list[cells.Cell] = []
    for number, (question, name) in enumerate(cells.names(most).items()):
        found = by_question.get(question)
        text = comment(report, found, is_first=number == 0)
        made.append(cells.text_cell(f"{name}{cells.NOTES}-text", f"## {_escaped(question)}"))
        made.append(cells.notes_cell(name))
        score = None if found is None else summary.points(found.score)
        made.append(cells.scored_cell(name, most[question], score, text))
    return cells.notebook(made)


def _escaped(question: str) -> str:
    return "".join(c if c.isalnum() or c in " _-" else f"&#{ord(c)};" for c in question)
