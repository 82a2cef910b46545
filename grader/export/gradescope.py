"""`results.json` as Gradescope reads it.

- Hidden tests are `visible` there: with one test that is not, students see no total at all. What a
  hidden test says in a report is already only its docstring and a category.
- A broken run has no `results.json`, and an older one goes: every number in that file would be
  taken for a score. Gradescope then says that the autograder failed, which is true, and staff can
  run it again.
- A rejected submission has no tests and the score 0, since its message has to reach the student
  and Gradescope takes none without a score.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from grader import sanitize
from grader.export import files, summary
from grader.results import Report, RunStatus, Status, TestResult, Visibility

NAME = "results.json"
#: Gradescope cuts off what is longer
LIMIT = 100_000
#: room for the sentence that says how much was left out
_ROOM = 100


def results(report: Report) -> dict[str, Any]:
    """Return the content of `results.json`; ValueError for a broken report, which has no score."""
    if report.status is RunStatus.BROKEN:
        raise ValueError(f"the run of {report.submission} is broken and has no score to show")
    return {
        "score": summary.points(report.score or 0.0),
        "execution_time": round(report.seconds, 3),
        "output": _text("\n\n".join([*filter(None, [report.message]), *report.notices])),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": {
            "assignment": report.assignment,
            "status": str(report.status),
            "max_score": summary.points(report.max_score),
            "grader_version": report.provenance.grader_version,
            "submission_digest": report.provenance.submission_digest,
        },
        "tests": [
            _test(test, f"{major}.{minor}")
            for major, question in enumerate(summary.questions(report), start=1)
            for minor, test in enumerate(question.tests, start=1)
        ],
    }


def _test(test: TestResult, number: str) -> dict[str, Any]:
    passed = test.status is Status.PASSED
    entry: dict[str, Any] = {
        "number": number,
        "name": sanitize.name(f"{test.question}: {summary.title(test)}"),
        "status": "passed" if passed else "failed",
        "output": _text(test.message),
        "visibility": "visible",
        "tags": [sanitize.name(test.question), str(test.visibility), str(test.status)],
    }
    if test.visibility is Visibility.HIDDEN:
        entry["name"] += " (hidden test)"
    if test.max_score > 0:  # without points it is a row that only informs
        entry["score"] = summary.points(test.score)
        entry["max_score"] = summary.points(test.max_score)
    return entry


def _text(value: str) -> str:
    return sanitize.text(value, LIMIT - _ROOM)


def write(report: Report, folder: Path) -> Path | None:
    """Write `results.json` into a folder; for a broken report, make sure that there is none."""
    path = folder / NAME
    if report.status is RunStatus.BROKEN:
        path.unlink(missing_ok=True)
        return None
    return files.write(path, json.dumps(results(report), indent=2, allow_nan=False) + "\n")
