"""The notebook of an assignment: nbgrader's cell metadata, version 3, and no student's code.

Every question has two cells. One has its points and is locked; the score is recorded there. The
other is a solution cell, since nbgrader hangs comments on those only.

A grade cell computes 0.0: nbgrader's own autograder gives full points for a cell that says nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from grader.manifest import Assignment
from grader.manifest_rules import Question

#: the version of nbgrader's cell metadata
SCHEMA = 3
#: first words of every grade cell that is ours; the gradebook keeps the text of cells
HEADER = "# Scored by grader"
#: what is put after a grade cell's name to get the name of the cell with its comment
NOTES = "-notes"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}

Cell = dict[str, Any]


def names(questions: Iterable[str]) -> dict[str, str]:
    """Return a cell name, made of what nbgrader allows, for every question's id."""
    taken: set[str] = set()
    found: dict[str, str] = {}
    for question in questions:
        plain = name = re.sub(r"[^A-Za-z0-9_-]", "_", question)
        number = 2
        while {name, name + NOTES} & taken:
            name, number = f"{plain}-{number}", number + 1
        taken |= {name, name + NOTES}
        found[question] = name
    return found


def grade_source(points: float) -> str:
    """Return the code of a cell that carries points."""
    return (
        f"{HEADER}: at most {points:g} points, recorded here after grading.\n"
        "# Running this cell tells you nothing; run the tests that are named above.\n"
        "0.0"
    )


def notes_source(name: str) -> str:
    """Return the code of a cell with a comment: a function, so that it runs without an answer."""
    function = re.sub(r"\W", "_", name)
    return (
        f"def note_on_{function}():\n"
        '    """Optional: what staff should know about your answer."""\n'
        "    ### BEGIN SOLUTION\n"
        '    return ""\n'
        "    ### END SOLUTION"
    )


def grade_cell(name: str, points: float) -> Cell:
    """Return the locked cell that a score is recorded in."""
    return _cell("code", grade_source(points), name, grade=True, locked=True, points=points)


def scored_cell(name: str, points: float, score: float | None, text: str) -> Cell:
    """Return a grade cell with what was earned as its result; None: nobody knows yet."""
    outputs: list[dict[str, Any]] = [{"name": "stdout", "output_type": "stream", "text": text}]
    if score is not None:
        result = {"data": {"text/plain": f"{score:g}"}, "execution_count": 1, "metadata": {}}
        outputs.append({"output_type": "execute_result", **result})
    return grade_cell(name, points) | {"execution_count": 1, "outputs": outputs}


def notes_cell(name: str) -> Cell:
    """Return the solution cell that the comment hangs on."""
    return _cell("code", notes_source(name), name + NOTES, solution=True)


def text_cell(name: str, text: str) -> Cell:
    """Return a locked cell of Markdown."""
    return _cell("markdown", text, name, locked=True)


def notebook(cells: Sequence[Cell]) -> str:
    """Return the text of an `.ipynb` file, nbformat 4.5."""
    content = {
        "cells": list(cells),
        "metadata": {"kernelspec": KERNEL, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def source(assignment: Assignment) -> str:
    """Return the instructor's notebook of an assignment."""
    name_of = names(question.id for question in assignment.questions)
    cells = [text_cell(_free("about", name_of.values()), _introduction(assignment))]
    for question in assignment.questions:
        name = name_of[question.id]
        points = points_of(question)
        cells.append(
            text_cell(_free(f"about-{name}", name_of.values()), _text(assignment, question))
        )
        cells += [notes_cell(name), grade_cell(name, points)]
    return notebook(cells)


def points_of(question: Question) -> float:
    """Return the points of a question, public and hidden tests together."""
    return float(sum(question.public.values()) + sum(question.hidden.values()))


def _free(wanted: str, taken: Iterable[str]) -> str:
    used = {used for name in taken for used in (name, name + NOTES)}
    while wanted in used:
        wanted += "-text"
    return wanted


def _introduction(assignment: Assignment) -> str:
    accepted = ", ".join(f"`{pattern}`" for pattern in assignment.submission.accept)
    return (
        f"# {assignment.title}\n\n"
        f"The files beside this notebook are the assignment: `README.md` says what to do. You "
        f"write your answers into {accepted}; they are handed in together with this "
        "notebook, and are what is graded. The cells below show your scores afterwards."
    )


def _text(assignment: Assignment, question: Question) -> str:
    return (
        f"## {question.title}\n\n"
        f"{points_of(question):g} points. Try it: "
        f"`python -m pytest tests/{assignment.name}/{question.file}`"
    )


def _cell(
    kind: str,
    text: str,
    name: str,
    *,
    grade: bool = False,
    solution: bool = False,
    locked: bool = False,
    points: float | None = None,
) -> Cell:
    """Return a cell; nbgrader wants all its keys, and `points` only where it grades."""
    marks: dict[str, Any] = {
        "grade": grade,
        "grade_id": name,
        "locked": locked,
        "schema_version": SCHEMA,
        "solution": solution,
        "task": False,
    }
    if points is not None:
        marks["points"] = points
    cell: Cell = {
        "cell_type": kind,
        "id": name[:64],
        "metadata": {"nbgrader": marks},
        "source": text.splitlines(keepends=True),
    }
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})
