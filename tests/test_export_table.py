"""scores.csv holds what there is, in cells that no spreadsheet computes."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_kit import HIDDEN, make_broken, make_rejected, make_report, make_test

from grader.export import table
from grader.results import Report


def _rows(reports: list[Report], folder: Path) -> list[list[str]]:
    with table.write(reports, folder / "scores.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_one_row_per_submission_and_one_column_per_question(tmp_path: Path) -> None:
    other = make_report(make_test("test_x", question="extra"), submission="bob", seconds=0.12345)
    assert _rows([make_report(), other], tmp_path) == [
        [
            "submission",
            "status",
            "score",
            "max_score",
            "forward",
            "backward",
            "extra",
            "seconds",
            "message",
        ],
        ["alice", "graded", "1", "4.5", "1", "0", "", "12.5", ""],
        ["bob", "graded", "1", "1", "", "", "1", "0.123", ""],
    ]


def test_what_has_no_score_has_an_empty_cell(tmp_path: Path) -> None:
    broken = make_broken(tests=(make_test(), HIDDEN))
    rows = _rows([make_rejected(), broken], tmp_path)
    assert rows[1][1:6] == ["rejected", "", "4.5", "", ""]
    assert rows[2][1:6] == ["broken", "", "4.5", "", ""]
    assert rows[2][-1] == "The grader failed on this submission; staff are told."


def test_a_question_may_be_called_like_a_column(tmp_path: Path) -> None:
    report = make_report(make_test(question="score"), make_test(question="=1+1"))
    assert _rows([report], tmp_path)[0][4:6] == ["score (question)", "'=1+1"]


def test_no_reports_make_a_heading(tmp_path: Path) -> None:
    assert _rows([], tmp_path) == [
        ["submission", "status", "score", "max_score", "seconds", "message"]
    ]


@pytest.mark.parametrize(
    "formula",
    [
        '=HYPERLINK("http://x","y")',
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "＝1",  # noqa: RUF001
        "\x00=1",
        "\x1b[0m=1",
        "|cmd",
    ],
)
def test_no_cell_is_a_formula(formula: str, tmp_path: Path) -> None:
    report = make_report(
        make_test(question=formula), submission=formula, message=formula, score=0.0
    )
    heading, row = _rows([report], tmp_path)
    for cell in (heading[4], row[0], row[-1]):
        assert cell.startswith(("'", "\ufffd"))
        assert len(cell) > 1


@given(st.text(st.characters(exclude_categories=[]), max_size=30))
def test_any_text_is_one_cell_and_no_formula(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    rows = _rows([make_report(submission=text, message=text)], tmp_path_factory.getbasetemp())
    assert len(rows) == 2
    assert len(rows[1]) == len(rows[0])
    for cell in (rows[1][0], rows[1][-1]):
        assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))
    assert "\n" not in rows[1][-1]


def test_long_messages_are_cut(tmp_path: Path) -> None:
    message = _rows([make_rejected(message="x" * 10_000_000)], tmp_path)[1][-1]
    assert len(message) < 1100
