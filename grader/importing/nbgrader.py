"""nbgrader's source notebooks: solution cells, test cells with points, hidden parts of them."""

from __future__ import annotations

import re
from pathlib import Path

from grader.errors import UsageError
from grader.importing import notebooks
from grader.importing.code import BEGIN, END, Module
from grader.importing.draft import Draft, Question, Test, slug, unique
from grader.importing.notebooks import Cell

_AUTOTEST = re.compile(r"###\s*(HASHED\s+)?AUTOTEST")


def read(path: Path) -> Draft:
    """Return the draft of the notebook at `path`, or of the only one in a folder."""
    file = find(path)
    name = slug(file.stem)
    draft = Draft(name=name, title=file.stem, readme=f"# {file.stem}")
    module, taken, texts = Module(draft), set[str](), []
    tests = []
    for cell in notebooks.read(file):
        marks = cell.metadata.get("nbgrader", {})
        if not isinstance(marks, dict):
            marks = {}
        if cell.kind == "markdown" and not marks.get("solution"):
            texts.append(_public(cell.source, draft, cell.place, "MARK SCHEME"))
        if marks.get("task") or (marks.get("grade") and marks.get("solution")):
            points = marks.get("points")
            draft.lose(cell.place, f"{marks.get('grade_id')}: graded by hand, {points} points")
        elif cell.kind == "code" and marks.get("grade"):
            tests.append((cell, marks))
        elif cell.kind == "code":
            text = _normal(cell.source)
            module.add(text, cell.place, is_solution=bool(marks.get("solution")) or BEGIN in text)
    for cell, marks in tests:
        _test(draft, module, cell, marks, taken)
    draft.readme = "\n\n".join([f"# {file.stem}", *texts])
    draft.reference[f"{name}.py"] = module.text()
    return draft


def find(path: Path) -> Path:
    """Return the notebook at a path; a folder has to hold exactly one."""
    if path.is_file():
        return path
    found = sorted(path.glob("*.ipynb"))
    if len(found) != 1:
        listing = ", ".join(each.name for each in found) or "none"
        raise UsageError(f"{path} should hold one notebook and holds {listing}; give its path")
    return found[0]


def _normal(source: str) -> str:
    """Return code with our spelling of nbgrader's markers, which it finds anywhere in a line."""
    lines = []
    for line in source.splitlines():
        indent = line[: len(line) - len(line.lstrip())]
        for words, marker in (("BEGIN SOLUTION", BEGIN), ("END SOLUTION", END)):
            if words in line:
                line = indent + marker
        lines.append(line)
    return "\n".join(lines)


def _public(source: str, draft: Draft, place: str, what: str) -> str:
    """Return a text without the parts between BEGIN and END of something."""
    kept, inside = [], False
    for line in source.splitlines():
        if f"BEGIN {what}" in line:
            inside = True
            if what != "HIDDEN TESTS":
                draft.lose(place, f"a {what.lower()} is not carried over")
        elif f"END {what}" in line:
            inside = False
        elif not inside:
            kept.append(line)
    return "\n".join(kept)


def _test(
    draft: Draft, module: Module, cell: Cell, marks: dict[str, object], taken: set[str]
) -> None:
    """Add the question of one test cell; its points go to the test that has the hidden part."""
    identity = unique(slug(str(marks.get("grade_id", "")), "question"), taken)
    points = _points(marks.get("points"))
    source = _without_autotests(cell, draft)
    question = Question(id=identity, title=identity.replace("_", " "))
    has_hidden = "BEGIN HIDDEN TESTS" in source
    markers = re.compile(r"(BEGIN|END) HIDDEN TESTS")
    whole = "\n".join(x for x in source.splitlines() if not markers.search(x))
    visible = _public(source, draft, cell.place, "HIDDEN TESTS")
    parts = [(visible, False, 0.0 if has_hidden else points)]
    if has_hidden:
        parts.append((whole, True, points))
    for body, hidden, worth in parts:
        name = f"test_{identity}"
        if any(line.strip() and not line.strip().startswith("#") for line in body.splitlines()):
            code = module.test(name, body, cell.place)
            if code is not None:
                test = Test(name=name, code=code, points=worth, hidden=hidden)
                question.tests.append(test)
    if question.tests:
        draft.questions.append(question)
    else:
        draft.lose(cell.place, f"{identity}: no test of it is left, {points:g} points")


def _without_autotests(cell: Cell, draft: Draft) -> str:
    kept = []
    for line in cell.source.splitlines():
        if _AUTOTEST.search(line):
            draft.lose(cell.place, f"needs autotests.yml and a kernel: {line.strip()}")
        else:
            kept.append(line)
    return "\n".join(kept)


def _points(value: object) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0:
        return float(value)
    return 0.0
