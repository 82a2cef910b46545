"""Cells as nbgrader has them: its metadata, version 3, and no student's code.

Every question has two cells. One has its points and is locked; the score is recorded there. The
other is a solution cell, since nbgrader hangs comments on those only.

A grade cell computes 0.0: nbgrader's own autograder gives full points for a cell that says nothing.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from grader.notebooks import course

#: the version of nbgrader's cell metadata
SCHEMA = 3
#: first words of every grade cell that is ours; the gradebook keeps the text of cells
HEADER = "# Scored by grader"
#: what is put after a grade cell's name to get the name of the cell with its comment
NOTES = "-notes"
#: nbformat: characters of a cell's id
_LONGEST_ID = 64
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
    """Return the text of an `.ipynb` file, nbformat 4.5; a cell whose id is taken gets another."""
    taken: set[str] = set()
    named: list[Cell] = []
    for cell in cells:
        name = next(n for n in _candidates(str(cell["id"])) if n not in taken)
        taken.add(name)
        named.append(cell | {"id": name})
    content = {
        "cells": named,
        "metadata": {"kernelspec": KERNEL, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _candidates(wanted: str) -> Iterator[str]:
    """Yield ids of the length that nbformat allows, the wanted one first."""
    yield wanted[:_LONGEST_ID]
    for number in itertools.count(2):
        end = f"-{number}"
        yield wanted[: _LONGEST_ID - len(end)] + end


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
        "id": name,
        # where the notebook itself is handed in, what is ours is no part of the answer
        "metadata": {"nbgrader": marks, "tags": [course.NOT_GRADED]},
        "source": text.splitlines(keepends=True),
    }
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})
