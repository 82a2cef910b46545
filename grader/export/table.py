"""`scores.csv`: one row per submission, one column per question."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from grader import sanitize
from grader.export import files, summary
from grader.results import Report

_FIRST = ("submission", "status", "score", "max_score")
_LAST = ("seconds", "message")
_MESSAGE_LIMIT = 1000
#: what spreadsheets take for the beginning of a formula, wide forms included
_FORMULA = tuple("=+-@\t\r\n|＝＋－＠")  # noqa: RUF001


def write(reports: Sequence[Report], path: Path) -> Path:
    """Write the scores of all submissions; a submission without a score has an empty cell."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    questions = summary.question_ids(reports)
    writer.writerow([*_FIRST, *(_heading(question) for question in questions), *_LAST])
    writer.writerows(_row(report, questions) for report in reports)
    return files.write(path, buffer.getvalue())


def _heading(question: str) -> str:
    taken = question in (*_FIRST, *_LAST)
    return cell(f"{question} (question)" if taken else question)


def _row(report: Report, questions: Sequence[str]) -> Iterator[str | float]:
    yield cell(report.submission)
    yield str(report.status)
    yield "" if report.score is None else summary.points(report.score)
    yield summary.points(report.max_score)
    earned = {question.id: question.score for question in summary.questions(report)}
    for question in questions:
        has_score = report.score is not None and question in earned
        yield summary.points(earned[question]) if has_score else ""
    yield round(report.seconds, 3)
    yield cell(" ".join(sanitize.text(report.message, _MESSAGE_LIMIT).split()))


def cell(text: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    text = sanitize.text(text, _MESSAGE_LIMIT)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
