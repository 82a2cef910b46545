"""Statuses and sentences: what a student reads, and what a hidden test never says."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader import verdict
from grader.errors import InfrastructureError, MemoryExceeded, TimedOut
from grader.manifest import TestSpec
from grader.results import Status, Visibility
from grader.verdict import Outcome


def spec(visibility: Visibility = Visibility.VISIBLE, points: float = 2.0) -> TestSpec:
    return TestSpec(
        id="tests/test_a.py::test_a",
        question="a",
        points=points,
        visibility=visibility,
        path=Path("tests/test_a.py"),
        function="test_a",
        summary="Adding works for every shape.",
    )


def outcome(status: Status, **more: str) -> Outcome:
    return Outcome(status=status, seconds=0.5, **more)


def remote(error: BaseException) -> BaseException:
    error.remote_traceback = "Traceback: File ..."  # type: ignore[attr-defined]
    return error


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (AssertionError("no"), Status.FAILED),
        (remote(ValueError("shape")), Status.ERROR),
        (remote(OSError("their file")), Status.ERROR),
        (TimedOut("5 s for one call"), Status.TIMEOUT),
        (MemoryExceeded("2 GB"), Status.MEMORY),
        (AttributeError("'NoneType' has no attribute 'numpy'"), Status.ERROR),
        (OSError("no space left on device"), Status.BROKEN),
        (MemoryError(), Status.ERROR),  # zeros of a shape that student code made up
        (InfrastructureError("no sandbox"), Status.BROKEN),
    ],
)
def test_an_exception_says_whose_fault_it_is(error, status):
    assert verdict.classify(error)[0] is status


def test_a_machine_that_fails_while_a_students_exception_is_handled_is_at_fault():
    ours = InfrastructureError("the engine is gone")
    ours.__context__ = remote(ValueError("shape"))
    assert verdict.classify(ours)[0] is Status.BROKEN


def test_the_cause_of_an_exception_counts():
    ours = OSError("collecting failed")
    ours.__cause__ = remote(ImportError("no tqdm"))
    assert verdict.classify(ours)[0] is Status.ERROR


def test_all_cases_have_to_pass():
    outcomes = [outcome(Status.PASSED), outcome(Status.FAILED, case="3x4", text="wrong value")]
    result = verdict.result(spec(), outcomes)
    assert (result.status, result.score, result.max_score) == (Status.FAILED, 0.0, 2.0)
    assert "1 of 2 cases fail; the first is [3x4]." in result.message
    assert result.seconds == 1.0


def test_passing_earns_the_points_of_the_manifest():
    result = verdict.result(spec(points=3.5), [outcome(Status.PASSED)] * 2)
    assert (result.status, result.score, result.message) == (Status.PASSED, 3.5, "")


def test_nothing_heard_is_not_run_and_earns_nothing():
    result = verdict.result(spec(), [])
    assert (result.status, result.score, result.max_score) == (Status.NOT_RUN, 0.0, 2.0)


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.PASSED])
def test_no_status_but_passed_earns_points(status):
    assert verdict.result(spec(), [outcome(status)]).score == 0.0


def test_a_hidden_test_says_docstring_and_category_only():
    secret = outcome(
        Status.FAILED,
        category="wrong gradient",
        text="expected 3.25",
        prints="input 17",
        case="shape7",
        trace="assert_close(x, 3.25)",
    )
    result = verdict.result(spec(Visibility.HIDDEN), [outcome(Status.PASSED), secret])
    assert result.message == "Adding works for every shape.\nResult: wrong gradient."
    assert "expected 3.25" in result.staff_message
    assert "input 17" in result.staff_message


def test_a_visible_test_shows_values_and_prints():
    result = verdict.result(spec(), [outcome(Status.FAILED, text="got 1, expected 2", prints="hi")])
    assert "got 1, expected 2" in result.message
    assert "Your code printed:\nhi" in result.message


def test_not_implemented_has_a_category_of_its_own():
    assert verdict.classify(remote(NotImplementedError()))[1] == "not implemented yet"


def test_long_text_keeps_its_beginning_and_its_end():
    text = verdict.clip("a" * 5000 + "z" * 5000, 100)
    assert text.startswith("a" * 50)
    assert text.endswith("z" * 50)
    assert "9900 characters left out" in text
