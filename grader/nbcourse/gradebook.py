"""`gradebook.db`: scores and comments, through nbgrader's own API.

nbgrader makes the rows of a submission from the cells that exist at that moment and never again, so
cells come first, and rows that an older submission lacks are added. Only cells whose source is ours
are touched; a manual score, extra credit or penalty is a person's decision, stays, and is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from grader import sanitize
from grader.nbcourse import cells, extra, scores
from grader.nbcourse.scores import Entry
from grader.results import RunStatus

#: characters of a comment that is lost, as a message shows it
_LONGEST = 200


class Writer:
    """Writes the reports of one assignment into an open gradebook."""

    def __init__(self, book: Any, assignment: str, most: Mapping[str, float]) -> None:
        self._book = book
        self._assignment = assignment
        #: nbgrader's name of the notebook is that of the assignment
        self._at = (assignment, assignment)
        self._most = most
        self._names = cells.names(most)
        self._api = extra.load("nbgrader.api")

    def prepare(self) -> Iterator[str]:
        """Make the gradebook have our cells, all of them and no older ones."""
        book, name = self._book, self._assignment
        book.update_or_create_assignment(name)
        notebook = book.update_or_create_notebook(name, name)
        for question, cell in self._names.items():
            points = float(self._most[question])
            book.update_or_create_grade_cell(cell, *self._at, max_score=points, cell_type="code")
            book.update_or_create_solution_cell(cell + cells.NOTES, *self._at)
            self._source(cells.grade_cell(cell, points))
            self._source(cells.notes_cell(cell))
        book.db.refresh(notebook)
        yield from self._remove_old(notebook)
        yield from self._others()
        self._complete(notebook)

    def _source(self, cell: cells.Cell) -> None:
        marks = cell["metadata"]["nbgrader"]
        text = "".join(cell["source"])
        node = extra.load("nbformat").from_dict(cell | {"source": text})
        self._book.update_or_create_source_cell(
            marks["grade_id"],
            *self._at,
            cell_type="code",
            source=text,
            locked=marks["locked"],
            checksum=extra.load("nbgrader.utils").compute_checksum(node),
        )

    def _remove_old(self, notebook: Any) -> Iterator[str]:
        """Remove cells of ours whose questions are gone: their points would still be counted."""
        ours = {s.name for s in notebook.source_cells if (s.source or "").startswith(cells.HEADER)}
        gone = ours - set(self._names.values())
        both = gone | {name + cells.NOTES for name in gone}
        for cell in [c for c in notebook.grade_cells if c.name in gone]:
            yield from map(_lost_grade, filter(_is_decided, cell.grades))
            self._delete(cell, cell.grades)
            yield f"the cell {cell.name} is removed from the gradebook: no question has it any more"
        for cell in [c for c in notebook.solution_cells if c.name in both]:
            yield from (_lost_comment(row) for row in cell.comments if row.manual_comment)
            self._delete(cell, cell.comments)
        for source in [s for s in notebook.source_cells if s.name in both]:
            self._book.db.delete(source)
        self._book.db.commit()
        self._book.db.refresh(notebook)

    def _delete(self, cell: Any, rows: Sequence[Any]) -> None:
        for row in list(rows):
            self._book.db.delete(row)
        self._book.db.flush()
        self._book.db.delete(cell)

    def _others(self) -> Iterator[str]:
        """Yield the cells with points that the grader does not fill."""
        ours = set(self._names.values())
        for notebook in self._book.find_assignment(self._assignment).notebooks:
            for cell in [*notebook.grade_cells, *notebook.task_cells]:
                if notebook.name != self._assignment or cell.name not in ours:
                    yield (
                        f"the cell {cell.name} of {notebook.name} is not the grader's; its points "
                        "count in nbgrader's totals and not in scores.csv"
                    )

    def _complete(self, notebook: Any) -> None:
        """Add the rows that submissions lack which are older than a cell."""
        for submission in notebook.submissions:
            self._add_rows(self._api.Grade, notebook.grade_cells, submission.grades, submission)
            self._add_rows(
                self._api.Comment, notebook.solution_cells, submission.comments, submission
            )
        self._book.db.commit()

    def _add_rows(self, row: Any, wanted: Any, present: Any, submission: Any) -> None:
        found = {each.cell_id for each in present}
        for cell in wanted:
            if cell.id not in found:
                self._book.db.add(row(cell_id=cell.id, notebook=submission))

    def write(self, entry: Entry) -> Iterator[str]:
        """Write one student's scores and comments; yield what staff have to look at."""
        book, report, student = self._book, entry.report, entry.student
        book.update_or_create_student(student)
        when, complaint = _when(entry)
        with book.db.no_autoflush:  # SQLAlchemy 2 warns of how nbgrader builds a submission
            book.update_or_create_submission(self._assignment, student, timestamp=when)
        by_question = scores.earned(report)
        for number, (question, cell) in enumerate(self._names.items()):
            found = by_question.get(question)
            grade = book.find_grade(cell, *self._at, student)
            is_graded = report.status is RunStatus.GRADED
            known = found if is_graded else None
            grade.auto_score = None if known is None else float(known.score)
            grade.needs_manual_grade = known is None
            if is_graded and found is None:
                yield (
                    f"{student}: the report has no test of {question}, so it is older than that "
                    "question; no score for it: grade again"
                )
            note = book.find_comment(cell + cells.NOTES, *self._at, student)
            note.auto_comment = scores.comment(report, found, is_first=number == 0) or None
            yield from _decided(grade, student, cell)
        book.db.commit()
        yield from complaint
        if report.status is not RunStatus.GRADED:
            yield f"{student}: {report.status}, so no score; in the formgrader it is to be graded"
        penalty = book.find_submission(self._assignment, student).late_submission_penalty
        if penalty:
            yield f"{student}: a late penalty of {penalty:g} is kept"


def _when(entry: Entry) -> tuple[Any, list[str]]:
    """Return the time that a submission was handed in, in UTC, and what is wrong with it."""
    if not entry.timestamp:
        return None, []
    try:
        return extra.load("nbgrader.utils").parse_utc(entry.timestamp), []
    except (ValueError, OverflowError):
        return None, [f"{entry.student}: {entry.timestamp!r} in timestamp.txt is no time"]


def _is_decided(grade: Any) -> bool:
    """Tell whether a person has decided anything about a grade."""
    return grade.manual_score is not None or bool(grade.extra_credit)


def _lost_grade(grade: Any) -> str:
    kinds = {"manual score": grade.manual_score, "extra credit": grade.extra_credit}
    said = [f"the {kind} of {value:g}" for kind, value in kinds.items() if value]
    return f"{_whose(grade)}: {' and '.join(said) or 'the manual score of 0'} goes with the cell"


def _lost_comment(comment: Any) -> str:
    said = sanitize.text(comment.manual_comment, _LONGEST)
    return f"{_whose(comment)}: the manual comment {said!r} goes with the cell"


def _whose(row: Any) -> str:
    return f"{row.notebook.assignment.student_id}, {row.cell.name}"


def _decided(grade: Any, student: str, cell: str) -> Iterator[str]:
    if grade.manual_score is not None:
        yield f"{student}: the manual score {grade.manual_score:g} for {cell} is kept and counts"
    if grade.extra_credit:
        yield f"{student}: extra credit of {grade.extra_credit:g} for {cell} is kept"
