"""The notebook that nbgrader hands out: the course notebook with the cells that carry points.

A question's cells follow the cell that runs its tests. What the course notebook does not run, or
all of it where there is none, comes at the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from grader.manifest import Assignment
from grader.manifest_rules import Question
from grader.nbcourse import cells
from grader.notebooks import reading
from grader.notebooks.cells import CODE, MARKDOWN
from grader.notebooks.cells import Cell as CourseCell

#: the call that runs a question's tests, and their file
_CHECK = re.compile(r"""^check\(\s*["'](?P<file>[^"'\n]+)["']""", re.MULTILINE)


def notebook(assignment: Assignment, course: bytes | None) -> str:
    """Return the text of `NAME.ipynb`; `course` is the course notebook as students receive it."""
    name_of = cells.names(question.id for question in assignment.questions)
    given = () if course is None else reading.read(course, f"{assignment.name}.ipynb").cells
    last = {file: cell.number for cell in given for file in _checked(cell)}
    made: list[cells.Cell] = []
    for cell in given:
        made.append(_taken_over(cell))
        for question in assignment.questions:
            if last.get(_tests(assignment, question)) == cell.number:
                made += _cells(assignment, question, name_of, is_named=False)
    for question in assignment.questions:
        if _tests(assignment, question) not in last:
            made += _cells(assignment, question, name_of, is_named=True)
    has_title = bool(given) and given[0].kind == MARKDOWN
    introduction = cells.text_cell(
        _free("about", name_of.values()), _introduction(assignment, has_title=has_title)
    )
    made.insert(int(has_title), introduction)
    return cells.notebook(made)


def points_of(question: Question) -> float:
    """Return the points of a question, public and hidden tests together."""
    return float(sum(question.public.values()) + sum(question.hidden.values()))


def _checked(cell: CourseCell) -> Iterator[str]:
    """Yield the files of tests that a cell runs."""
    if cell.kind == CODE:
        for match in _CHECK.finditer(cell.source):
            yield match["file"]


def _tests(assignment: Assignment, question: Question) -> str:
    return f"tests/{assignment.name}/{question.file}"


def _taken_over(cell: CourseCell) -> cells.Cell:
    """Return a cell of the course notebook, which nbgrader leaves as it is."""
    data: cells.Cell = {
        "cell_type": cell.kind,
        "id": cell.id,
        "metadata": {"tags": list(cell.tags)} if cell.tags else {},
        "source": cell.source.splitlines(keepends=True),
    }
    return data | ({"execution_count": None, "outputs": []} if cell.kind == CODE else {})


def _cells(
    assignment: Assignment, question: Question, name_of: dict[str, str], *, is_named: bool
) -> list[cells.Cell]:
    """Return the cells of a question: what it is worth, a student's note, the score."""
    name = name_of[question.id]
    points = points_of(question)
    text = f"{points:g} points for: {question.title}"
    if is_named:
        tests = _tests(assignment, question)
        text = f"## {question.title}\n\n{points:g} points. Try it: `python -m pytest {tests}`"
    about = cells.text_cell(_free(f"about-{name}", name_of.values()), text)
    return [about, cells.notes_cell(name), cells.grade_cell(name, points)]


def _free(wanted: str, taken: Iterable[str]) -> str:
    used = {used for name in taken for used in (name, name + cells.NOTES)}
    while wanted in used:
        wanted += "-text"
    return wanted


def _introduction(assignment: Assignment, *, has_title: bool) -> str:
    accepted = ", ".join(f"`{pattern}`" for pattern in assignment.submission.accept)
    title = "" if has_title else f"# {assignment.title}\n\n"
    if assignment.submission.notebook is not None:
        return (
            f"{title}You write your answers into the cells of this notebook, hand it in, and it is "
            "what is graded. The cells that name points show your scores afterwards."
        )
    return (
        f"{title}The files beside this notebook are the assignment: `README.md` says what to do. "
        f"You write your answers into {accepted}; they are handed in together with this "
        "notebook, and are what is graded. The cells that name points show your scores afterwards."
    )
