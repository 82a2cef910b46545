"""The autograder of a zip, from handing in to what Gradescope keeps, without a container."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import gradescope_kit as kit
import pytest
from click.testing import CliRunner

from grader import cli, record
from grader.export import gradescope
from grader.gradescope import autograder

RULES = """
[gradescope]
attempts = { count = 2, hours = 24 }
late = { per_day = 0.5 }
leaderboard = [{ name = "Points", value = "score" }]

[limits]"""

pytestmark = pytest.mark.usefixtures("bubblewrap")


@pytest.fixture
def platform(tiny: Path, tmp_path: Path) -> kit.Unpacked:
    """Return the tiny course's autograder, with rules for attempts and late days."""
    path = tiny / "assignments" / "tiny.toml"
    path.write_text(path.read_text().replace("\n[limits]", RULES, 1))
    archive = tmp_path / "tiny.zip"
    words = ["export", "tiny", str(archive), "--to", "gradescope", "--course", str(tiny)]
    done = CliRunner().invoke(cli.main, words)
    assert done.exit_code == 0, done.output
    return kit.Unpacked(archive, tmp_path / "autograder")


def test_scores_are_those_of_grading_here_and_attempts_and_late_days_count(
    platform, tiny, grader, tmp_path
):
    student = kit.Student(extension="2026-10-03T23:59:00-07:00")
    forgets, right = tiny / "submissions" / "forgets_to_sort", tiny / "submissions" / "right"
    first = platform.hand_in(forgets, student=student, created="2026-10-03T20:00:00-07:00")
    assert grader("grade", "tiny", forgets, "--out", tmp_path / "out", cwd=tiny).returncode == 0
    report = record.load(tmp_path / "out" / "forgets_to_sort")
    expected = gradescope.results(report)
    assert first.error == ""
    assert first.code == 0
    kit.check(first.results)
    assert first.tests() == [kit.essence(test) for test in expected["tests"]]
    # not late: the student has an extension
    assert first.score == first.total_shown == expected["score"]
    assert first.results["leaderboard"] == [{"name": "Points", "value": 1, "order": "desc"}]
    # what hidden tests say is for staff, who read what is printed
    assert "tests_hidden/test_intervals.py::" in first.stdout
    assert "autograder question has 100 points, and tiny has 3" in first.stdout
    # a day late
    second = platform.hand_in(right, student=student, created="2026-10-04T00:30:00-07:00")
    assert second.score == 1.5
    assert "1.5 instead of 3 points" in second.results["output"]
    third = platform.hand_in(forgets, student=student, created="2026-10-04T01:00:00-07:00")
    kit.check(third.results)
    assert third.score == 1.5
    assert third.tests() == second.tests()
    assert "Not graded: 2 submissions are graded in 24 hours" in third.results["output"]


def test_what_cannot_be_graded_says_why(platform, tmp_path):
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "essay.txt").write_text("nothing")
    student = kit.Student()
    outcome = platform.hand_in(tmp_path / "odd", student=student)
    assert outcome.error == ""
    kit.check(outcome.results)
    assert outcome.score == 0
    assert "no file of tiny in it" in outcome.results["output"]
    assert outcome.results["extra_data"]["attempts"] == []


def test_a_link_alone_is_not_followed(tmp_path):
    (tmp_path / "submission").mkdir()
    (tmp_path / "reference").mkdir()
    (tmp_path / "submission" / "hw1.zip").symlink_to(tmp_path / "reference")
    assert autograder.Place(root=tmp_path).submission() == tmp_path / "submission"


def test_an_archive_alone_is_what_was_handed_in(platform, tiny, tmp_path):
    (tmp_path / "handed").mkdir()
    shutil.make_archive(
        str(tmp_path / "handed" / "solution"), "gztar", tiny / "submissions" / "right"
    )
    assert platform.hand_in(tmp_path / "handed").score == 3


def test_a_run_that_would_be_stopped_stops_itself_and_is_no_zero(platform, tiny, tmp_path):
    hanging = Path(shutil.copytree(tiny / "submissions" / "right", tmp_path / "hanging"))
    for path in hanging.rglob("*.py"):
        path.write_text("import time\ntime.sleep(1000)\n")
    # what is left when the margin is subtracted is less than the first test may take
    outcome = platform.hand_in(hanging, seconds=24)
    assert outcome.error == "no_results"
    assert outcome.code == 3
    assert outcome.score is None
    assert "would not have ended before Gradescope's time limit" in outcome.stdout


def test_an_autograder_that_fails_is_no_zero(platform, tiny, tmp_path):
    right = tiny / "submissions" / "right"
    assert platform.hand_in(right).score == 3
    shutil.rmtree(tmp_path / "autograder" / "source" / "course" / "tests_hidden")
    outcome = platform.hand_in(right)
    # not even the results of the run before are left
    assert outcome.error == "no_results"
    assert outcome.code == 3
    assert "no score: assignments/tiny.toml" in outcome.stdout


# -- the stand-in ----------------------------------------------------------------------


def test_the_stand_in_cuts_long_texts_and_replaces_nul():
    results = {"score": 1, "output": "a" * 70_000 + "b" * 70_000, "tests": [{"output": "x\0y"}]}
    outcome = kit.collect(json.dumps(results).encode(), stdout=b"\xff" * 200_000, timed_out=False)
    assert outcome.results is not None
    output = outcome.results["output"]
    assert len(output) == len(outcome.stdout) == kit.MOST
    assert kit.CUT in output
    assert output.startswith("a")
    assert output.endswith("b")
    assert outcome.results["tests"][0]["output"] == "x\ufffdy"


@pytest.mark.parametrize(
    ("raw", "timed_out", "score", "error"),
    [
        (b"{", False, 0, "invalid_json"),
        (b'{"score": 5}', True, 0, "timeout"),
        (None, False, None, "no_results"),
        (b'{"score": 5}', False, 5, ""),
    ],
)
def test_the_stand_in_gives_zeros_where_gradescope_does(raw, timed_out, score, error):
    outcome = kit.collect(raw, stdout=b"", timed_out=timed_out)
    assert (outcome.score, outcome.error) == (score, error)


def test_students_see_no_total_while_a_test_is_kept_from_them():
    results = {"score": 5, "tests": [{"visibility": "visible"}, {"visibility": "after_due_date"}]}
    outcome = kit.collect(json.dumps(results).encode(), stdout=b"", timed_out=False)
    assert outcome.total_shown is None
