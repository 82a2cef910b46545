"""What the terminal shows of a run."""

from __future__ import annotations

import dataclasses
import io

import pytest
from report_kit import make_report, make_test
from rich.console import Console

from grader import progress, verdict
from grader.results import Status, TestResult


def shown(*tests: TestResult) -> str:
    page = io.StringIO()
    Console(file=page, width=200).print(progress.table([make_report(*tests)]))
    return page.getvalue()


def test_a_test_without_points_that_was_skipped_is_not_counted() -> None:
    skipped = make_test("test_data", status=Status.SKIPPED, max_score=0.0)
    assert "1 / 1" in shown(make_test(), skipped)
    assert "1 / 2" in shown(make_test(), make_test("test_b", status=Status.SKIPPED))


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.PASSED}))
def test_every_way_to_lose_points_has_words(status: Status) -> None:
    lost = [make_test(f"test_{number}", status=status) for number in range(2)]
    once, twice = progress._WORDS[status]
    assert f"1 {once} " in shown(lost[0])
    assert f"2 {twice} " in shown(*lost)


def test_what_keeps_a_package_from_being_imported_is_said_once() -> None:
    cause = f"{verdict.UNLOADABLE}SyntaxError: invalid syntax (work.py, line 3)"
    lost = [
        dataclasses.replace(
            make_test(f"test_{number}", status=Status.ERROR), message=f"A docstring.\n{cause}"
        )
        for number in range(3)
    ]
    assert f"3 exceptions: {cause}" in shown(*lost)
    assert f"3 exceptions: {cause}" in shown(
        *lost, make_test("test_more", max_score=0.0, score=0.0)
    )
    assert "SyntaxError" not in shown(*lost, make_test("test_without_it"))
