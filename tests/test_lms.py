"""Gradebooks: who a submission is of, and files that Canvas, Moodle and Gradescope take."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from command_line import Command
from report_kit import make_broken, make_rejected, make_report

from grader import record
from grader.errors import UsageError
from grader.lms import gradebooks, rosters
from grader.results import Report

CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,hw1 (4711),hw2 (4712)\r\n"
    "    Points Possible,,,,,4.5,10\r\n"
    '"Lovelace, Ada",101,S1,ada,Monday,,9\r\n'
    '"Turing, Alan",102,S2,alan@example.edu,Monday,,\r\n'
    '"Hopper, Grace",103,S3,grace,Monday,,\r\n'
)
MOODLE = (
    "Identifier,Full name,Email address,Status,Grade,Maximum grade,Grade can be changed\n"
    "Participant 201,Ada Lovelace,ada@example.edu,Submitted,,4.50,Yes\n"
    "Participant 202,=Alan,alan@example.edu,Submitted,3.00,4.50,Yes\n"
)
GRADESCOPE = (
    "First Name,Last Name,SID,Email,Role\n"
    "Ada,Lovelace,301,ada@example.edu,Student\n"
    "Alan,Turing,302,alan@example.edu,Student\n"
)


def write(
    tmp_path: Path, text: str | bytes, reports: list[Report], target: str, column: str | None = None
) -> tuple[list[list[str]], list[str]]:
    """Return the rows of the file and what was said about it."""
    roster = tmp_path / "roster.csv"
    roster.write_bytes(text if isinstance(text, bytes) else text.encode())
    path, *said = gradebooks.write(reports, target, roster, tmp_path, column)
    with Path(path).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file)), said


def test_canvas_gets_its_own_columns_and_no_other_grade(tmp_path: Path) -> None:
    reports = [
        make_report(submission="ADA"),
        make_broken(submission="turingalan_LATE_102_999_hw1"),
        make_report(submission="stranger"),
    ]
    rows, said = write(tmp_path, CANVAS, reports, "canvas")
    assert rows == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "hw1 (4711)"],
        ["    Points Possible", "", "", "", "", "4.5"],
        ["Lovelace, Ada", "101", "S1", "ada", "Monday", "1"],
        ["Turing, Alan", "102", "S2", "alan@example.edu", "Monday", ""],
        ["Hopper, Grace", "103", "S3", "grace", "Monday", ""],
    ]
    assert said[0] == "1 of 3 students have a score"
    assert any("broken" in line and "not zero" in line for line in said)
    assert any(line.startswith("stranger: nobody") for line in said)
    assert any("Hopper, Grace" in line and "no submission" in line for line in said)


def test_moodle_gets_its_worksheet_back(tmp_path: Path) -> None:
    reports = [make_report(submission="Ada Lovelace_201_assignsubmission_file")]
    rows, said = write(tmp_path, MOODLE, reports, "moodle")
    assert rows[0] == MOODLE.splitlines()[0].split(",")
    assert rows[1][4:] == ["1", "4.50", "Yes"]
    assert rows[2][1] == "'=Alan"
    assert rows[2][4] == ""
    assert said[0] == "1 of 2 students have a score"


def test_gradescope_gets_questions(tmp_path: Path) -> None:
    reports = [make_report(submission="301"), make_rejected(submission="alan")]
    rows, _ = write(tmp_path, GRADESCOPE, reports, "gradescope-csv")
    assert rows[0][4:] == [
        "Total Score", "Max Points", "Status", "Submission ID", "1: forward", "2: backward",
    ]  # fmt: skip
    assert rows[1][4:] == ["1", "4.5", "Graded", "301", "1", "0"]
    assert rows[2][4:] == ["", "4.5", "Ungraded", "alan", "", ""]


def test_a_new_assignment_gets_a_new_column(tmp_path: Path) -> None:
    rows, _ = write(tmp_path, CANVAS, [make_report(submission="ada")], "canvas", "=Homework")
    assert rows[0][-1] == "'=Homework"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_what_spreadsheets_save_is_read(tmp_path: Path, encoding: str, delimiter: str) -> None:
    text = delimiter.join(["SID", "Email", "Name"]) + "\r\n\r\n"
    text += delimiter.join(["7", "", '"Zoë\nTwo lines"']) + "\r\n"
    path = tmp_path / "roster.csv"
    path.write_bytes(text.encode(encoding))
    (student,) = rosters.read(path, rosters.GRADESCOPE).students
    assert student.ids == ("7",)
    assert student.name == "Zoë\nTwo lines"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "empty"),
        ("SID,Email\n", "no student"),
        ("Name,Points\nx,1\n", "no column SID or Email"),
        ("SID,SID\n1,2\n", "twice"),
        ("SID,Name\n,Ada\n", "has no 'SID'"),
        ("SID,Email\na,x@e\n,y@e\nb,X@E\n", r"roster\.csv:4: Email 'X@E' is that of line 2"),
        ("SID,Name\n1,Ada,3\n", "3 cells"),
        ('SID,Name\n1,"Ada\n', "not CSV"),
        (b"SID,Name\n1,\xff\n", "byte 11"),
        (b"PK\x03\x04\x00\x00", "not a text file"),
    ],
)
def test_a_file_that_is_no_roster_is_refused(tmp_path: Path, text: str | bytes, word: str) -> None:
    with pytest.raises(UsageError, match=word):
        write(tmp_path, text, [make_report()], "gradescope-csv")


@pytest.mark.parametrize(
    ("names", "word"),
    [
        (["ada", "101"], "several submissions: 'ada', '101'"),
        (["x"], "may be of several: line 3, Alan; line 4, Grace"),
    ],
)
def test_what_could_be_two_students_is_refused(tmp_path: Path, names: list[str], word: str) -> None:
    text = "Name,SID,Email\nAda,101,ada@e\nAlan,102,x@example.org\nGrace,103,x@example.edu\n"
    reports = [make_report(submission=name) for name in names]
    with pytest.raises(UsageError, match=word):
        write(tmp_path, text, reports, "gradescope-csv")
    assert not (tmp_path / "gradescope.csv").exists()


@pytest.mark.parametrize("heading", ["Maximum grade", "Maximum Grade"])
def test_another_maximum_in_moodle_is_refused(tmp_path: Path, heading: str) -> None:
    text = MOODLE.replace("4.50", "100.00").replace("Maximum grade", heading)
    with pytest.raises(UsageError, match=r"maximum grade is 100\.00, and hw1 has 4\.5 points"):
        write(tmp_path, text, [make_report(submission="201")], "moodle")


def test_an_id_that_is_a_formula_is_refused(tmp_path: Path) -> None:
    text = GRADESCOPE.replace("302", "=302")
    with pytest.raises(UsageError, match="would be a formula"):
        write(tmp_path, text, [make_report(submission="301")], "gradescope-csv")


def test_the_command_line_writes_and_lists(tmp_path: Path, grader: Command) -> None:
    graded = tmp_path / "graded"
    record.write(make_report(submission="ada"), graded / "ada")
    roster = tmp_path / "canvas_export.csv"
    roster.write_text(CANVAS)
    made = grader("report", graded, "--to", "canvas", "--roster", roster)
    assert made.returncode == 0, made.stderr
    assert "1 of 3 students have a score" in made.stdout
    assert (graded / "canvas.csv").exists()
    without = grader("report", graded, "--to", "moodle")
    assert without.returncode == 2
    assert "--roster" in without.stderr
