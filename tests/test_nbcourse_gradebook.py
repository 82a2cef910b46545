"""What `grader report --to nbgrader` writes into a gradebook, without a course around it."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from report_kit import make_report, make_test

from grader.errors import UsageError
from grader.nbcourse import extra, gradebook, scores, writing
from grader.nbcourse.scores import Entry

pytestmark = [
    pytest.mark.skipif(not os.environ.get("CI"), reason="nbgrader takes 10 s to start: only in CI"),
    # of nbgrader's libraries, about themselves
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


def test_a_course_without_the_assignment_may_be_the_wrong_one(tmp_path: Path) -> None:
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    with pytest.raises(UsageError, match=r"has no assignment hw1, .*`grader export hw1"):
        list(writing.write([make_report()], tmp_path / "graded", tmp_path))


def test_a_report_older_than_a_question_is_no_zero(tmp_path: Path) -> None:
    first = make_test(id="tests_public/hw1/test_a.py::test_a", question="a")
    second = make_test(
        id="tests_public/hw1/test_b.py::test_b", question="b", max_score=2.0, score=0.0
    )
    older, newer = (
        make_report(first, submission="old"),
        make_report(first, second, submission="new"),
    )
    course = SimpleNamespace(course_id="course", db_url=f"sqlite:///{tmp_path}/gradebook.db")
    with extra.gradebook(course) as book:
        writer = gradebook.Writer(book, "hw1", scores.points([older, newer]))
        assert list(writer.prepare()) == []
        said = [*writer.write(Entry(report=newer, student="new"))]
        assert said == []
        said = [*writer.write(Entry(report=older, student="old"))]
        assert said == [
            "old: the report has no test of b, so it is older than that question; no score for it: "
            "grade again"
        ]
        found = {
            (student, cell): book.find_grade(cell, "hw1", "hw1", student)
            for student in ("old", "new")
            for cell in ("a", "b")
        }
        assert {place: grade.auto_score for place, grade in found.items()} == {
            ("old", "a"): 1.0,
            ("old", "b"): None,
            ("new", "a"): 1.0,
            ("new", "b"): 0.0,
        }
        assert [place for place, grade in found.items() if grade.needs_manual_grade] == [
            ("old", "b")
        ]
