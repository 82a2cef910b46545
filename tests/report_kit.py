"""Makes reports for the tests of exporters."""

from __future__ import annotations

from typing import Any

from grader.results import Provenance, Report, RunStatus, Status, TestResult, Visibility

PROVENANCE = Provenance(
    submission_digest="5" * 64,
    assignment_digest="a" * 64,
    tests_digest="7" * 64,
    grader_version="0.1.0",
    grader_digest="9" * 64,
    sandbox="bubblewrap",
    isolated=True,
    image=None,
    device="cpu",
    seed=123456789,
    limits={"memory": float(2 << 30), "processes": 64.0, "test_seconds": 20.0},
    host={"machine": "x86_64", "python": "3.11.7"},
)


def make_test(name: str = "test_add", **changes: Any) -> TestResult:
    fields: dict[str, Any] = {
        "id": f"tests_public/hw1/test_forward.py::{name}",
        "question": "forward",
        "status": Status.PASSED,
        "score": 1.0,
        "max_score": 1.0,
        "visibility": Visibility.VISIBLE,
        "seconds": 0.0123,
        **changes,
    }
    if fields["status"] is not Status.PASSED and "score" not in changes:
        fields["score"] = 0.0
    return TestResult(**fields)


HIDDEN = make_test(
    "test_matmul_batches",
    id="tests_hidden/hw1/test_backward.py::test_matmul_batches",
    question="backward",
    status=Status.FAILED,
    max_score=2.5,
    visibility=Visibility.HIDDEN,
    message="Gradients of matmul are summed over broadcast batch axes.\nResult: wrong gradient.",
    staff_message="expected CANARY [[1.5]], got [[3.0]]",
)


def make_report(*tests: TestResult, **changes: Any) -> Report:
    found = tests or (make_test(), make_test("test_divide", status=Status.TIMEOUT), HIDDEN)
    fields: dict[str, Any] = {
        "submission": "alice",
        "assignment": "hw1",
        "status": RunStatus.GRADED,
        "score": sum(test.score for test in found),
        "max_score": sum(test.max_score for test in found),
        "tests": found,
        "provenance": PROVENANCE,
        "seconds": 12.5,
        **changes,
    }
    return Report(**fields)


def make_rejected(**changes: Any) -> Report:
    message = "Not graded: ../evil.py: a path through a parent folder (..)."
    return make_report(
        **{
            "status": RunStatus.REJECTED,
            "score": None,
            "tests": (),
            "max_score": 4.5,
            "message": message,
            **changes,
        }
    )


def make_broken(**changes: Any) -> Report:
    return make_rejected(
        **{
            "status": RunStatus.BROKEN,
            "message": "The grader failed on this submission; staff are told.",
            "flags": ("the machine ran out of memory",),
            **changes,
        }
    )
