"""results.json says what Gradescope can read, and nothing that a student may not."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from report_kit import HIDDEN, make_broken, make_rejected, make_report, make_test

from grader.export import gradescope
from grader.results import Status

TOP = {
    "score": (int, float),
    "execution_time": (int, float),
    "output": str,
    "output_format": str,
    "test_output_format": str,
    "test_name_format": str,
    "visibility": str,
    "stdout_visibility": str,
    "extra_data": dict,
    "tests": list,
}
TEST = {
    "score": (int, float),
    "max_score": (int, float),
    "status": str,
    "name": str,
    "number": str,
    "output": str,
    "tags": list,
    "visibility": str,
}
VISIBILITIES = {"visible", "hidden", "after_due_date", "after_published"}


def _check_schema(results: dict[str, object]) -> None:
    """The rules of Gradescope's documentation."""
    assert results.keys() <= TOP.keys()
    for key, value in results.items():
        assert isinstance(value, TOP[key]), key
    assert "score" in results
    assert results["visibility"] in VISIBILITIES
    assert results["stdout_visibility"] in VISIBILITIES
    assert isinstance(results["tests"], list)
    for test in results["tests"]:
        assert test.keys() <= TEST.keys()
        for key, value in test.items():
            assert isinstance(value, TEST[key]), key
        assert test["status"] in {"passed", "failed"}
        assert test["visibility"] in VISIBILITIES
        assert all(isinstance(tag, str) for tag in test["tags"])
    numbers = [value for value in results.values() if isinstance(value, float)]
    assert all(math.isfinite(number) for number in numbers)


def test_a_report_follows_the_schema() -> None:
    results = gradescope.results(make_report(notices=("filled in: a.py",), message="Late."))
    _check_schema(results)
    assert results["score"] == 1
    assert results["execution_time"] == 12.5
    assert results["output"] == "Late.\n\nfilled in: a.py"
    assert [test["number"] for test in results["tests"]] == ["1.1", "1.2", "2.1"]
    assert [test["name"] for test in results["tests"]] == [
        "forward: test_add",
        "forward: test_divide",
        "backward: test_matmul_batches (hidden test)",
    ]
    assert [test["status"] for test in results["tests"]] == ["passed", "failed", "failed"]


@pytest.mark.parametrize("status", list(Status))
def test_only_passed_tests_pass(status: Status) -> None:
    test = make_test(status=status)
    (entry,) = gradescope.results(make_report(test))["tests"]
    assert (entry["status"] == "passed") == (status is Status.PASSED)
    assert entry["tags"] == ["forward", "visible", str(status)]


def test_hidden_tests_are_listed_so_that_students_see_a_total_and_say_no_more_than_reports() -> (
    None
):
    results = gradescope.results(make_report(HIDDEN, flags=("copied",)))
    (entry,) = results["tests"]
    assert entry["visibility"] == "visible"
    assert entry["output"] == HIDDEN.message
    text = json.dumps(results)
    assert "CANARY" not in text
    assert "copied" not in text
    assert "123456789" not in text  # the seed of hidden inputs


def test_a_test_without_points_only_informs() -> None:
    (entry,) = gradescope.results(make_report(make_test(score=0.0, max_score=0.0)))["tests"]
    assert "score" not in entry
    assert "max_score" not in entry


def test_points_have_no_noise() -> None:
    tests = [make_test(f"test_{n}", score=0.1, max_score=0.1) for n in range(3)]
    assert gradescope.results(make_report(*tests))["score"] == 0.3


def test_a_rejected_submission_says_why() -> None:
    results = gradescope.results(make_rejected())
    _check_schema(results)
    assert results["score"] == 0
    assert results["tests"] == []
    assert "../evil.py" in results["output"]


def test_a_broken_run_is_never_a_zero(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no score to show"):
        gradescope.results(make_broken())
    assert gradescope.write(make_report(), tmp_path) == tmp_path / "results.json"
    assert gradescope.write(make_broken(), tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_hostile_text_is_harmless_and_short(tmp_path: Path) -> None:
    hostile = "\x1b]0;x\x07\x00\ud800<script>" + "x" * 10_000_000 + "end"
    report = make_report(
        make_test("test_\u202ex", status=Status.FAILED, message=hostile), message=hostile
    )
    path = gradescope.write(report, tmp_path)
    assert path is not None
    results = json.loads(path.read_text(encoding="ascii"))
    _check_schema(results)
    for text in (results["output"], results["tests"][0]["output"]):
        assert len(text) <= 100_000
        assert text.startswith("\ufffd\ufffd<script>x")
        assert text.endswith("xend")
    assert results["tests"][0]["name"] == "forward: test_\\u202ex"
