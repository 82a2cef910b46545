"""An assignment goes to nbgrader and back, through nbgrader itself and an exchange of its own."""

from __future__ import annotations

import contextlib
import copy
import csv
import dataclasses
import functools
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import Command

from grader import record
from grader.export import summary
from grader.results import RunStatus

if not os.environ.get("CI"):
    pytest.importorskip("nbgrader")
ROOT = Path(__file__).parents[1]
KIT = Path(__file__).with_name("nbgrader_kit.py")


@pytest.fixture
def nbgrader_does(tmp_path: Path) -> Command:
    """Return a function that runs a step of nbgrader, with no configuration of whoever tests."""

    def run(step: str, name: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {
            "HOME": str(tmp_path / "home"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
        return subprocess.run(
            [sys.executable, str(KIT), step, str(tmp_path), name],
            env=environment,
            capture_output=True,
            text=True,
            timeout=500,
        )

    (tmp_path / "home").mkdir()
    return run


def same_as_scores(grades: Path, out: Path) -> None:
    """Compare nbgrader's export with scores.csv: every submission, every number."""
    with grades.open(newline="", encoding="utf-8") as file:
        theirs = {row["student_id"]: row for row in csv.DictReader(file)}
    with (out / "scores.csv").open(newline="", encoding="utf-8") as file:
        ours = {row["submission"]: row for row in csv.DictReader(file)}
    assert sorted(theirs) == sorted(ours)
    for name, row in ours.items():
        # nbgrader has no empty score: what has none is 0 there, and marked as to be graded
        assert summary.points(float(theirs[name]["score"])) == float(row["score"] or 0), name
        assert summary.points(float(theirs[name]["raw_score"])) == float(row["score"] or 0), name
        assert summary.points(float(theirs[name]["max_score"])) == float(row["max_score"]), name
        assert theirs[name]["timestamp"], name


@contextlib.contextmanager
def formgrader(course: Path, scratch: Path) -> Iterator[Callable[[str], Any]]:
    """Run nbgrader's formgrader; yield a function that asks it for a path below /formgrader."""
    runtime = scratch / "runtime"
    environment = os.environ | {
        "HOME": str(scratch / "home"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "JUPYTER_RUNTIME_DIR": str(runtime),
    }
    extensions = '{"nbgrader.server_extensions.formgrader": True}'
    options = ["--allow-root", "--no-browser", "--port=0", "--IdentityProvider.token=secret"]
    options.append(f"--ServerApp.jpserver_extensions={extensions}")
    command = [sys.executable, "-m", "jupyter_server", *options]
    with (scratch / "server.log").open("w") as log:
        server = subprocess.Popen(command, cwd=course, env=environment, stdout=log, stderr=log)
    try:
        yield functools.partial(_asked, server, runtime, scratch / "server.log")
    finally:
        server.terminate()
        server.wait(60)


def _asked(server: subprocess.Popen[bytes], runtime: Path, log: Path, path: str) -> Any:
    """Return what the formgrader answers, read as JSON where it is."""
    deadline = time.monotonic() + 300
    while True:
        assert server.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        try:
            found = json.loads(next(runtime.glob("jpserver-*.json")).read_text())
            url = f"{found['url']}formgrader{path}?token=secret"
            with urllib.request.urlopen(url, timeout=60) as reply:
                body = reply.read().decode()
            return json.loads(body) if path.startswith("/api/") else body
        except (StopIteration, ValueError, ConnectionError, urllib.error.URLError) as error:
            if isinstance(error, urllib.error.HTTPError):
                raise
            time.sleep(0.2)


def scores_in(grades: Path) -> dict[str, tuple[float, float]]:
    """Return score and maximum by student, as nbgrader exports them."""
    with grades.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {row["student_id"]: (float(row["score"]), float(row["max_score"])) for row in rows}


def ok(result: subprocess.CompletedProcess[str], *codes: int) -> str:
    assert result.returncode in (codes or (0,)), result.stdout + result.stderr
    return result.stdout


@pytest.mark.usefixtures("bubblewrap")
def test_the_tiny_course_goes_to_nbgrader_and_back(
    tiny: Path, tmp_path: Path, grader: Command, nbgrader_does: Command
) -> None:
    for name in ("right", "forgets_to_sort"):
        shutil.copytree(tiny / "submissions" / name, tmp_path / "students" / name)
    hostile = tmp_path / "students" / "hostile" / "src"
    hostile.mkdir(parents=True)
    (hostile / "intervals.py").write_text(
        "def merge(intervals):\n    raise ValueError('<script>alert(1)</script>')\n"
    )
    course, out = tmp_path / "course", tmp_path / "out"
    ok(grader("export", "tiny", course, "--to", "nbgrader", "--course", tiny))
    ok(nbgrader_does("before", "tiny"))
    grade = ("grade", "tiny", "--from-nbgrader", course, "--out", out, "--course", tiny)
    ok(grader(*grade))
    report = ("report", out, course, "--to", "nbgrader")
    assert "3 submissions of tiny written" in ok(grader(*report))
    ok(nbgrader_does("after", "tiny"))
    same_as_scores(tmp_path / "grades.csv", out)
    assert len(list((tmp_path / "exchange" / "course" / "feedback").glob("*.html"))) == 3
    for page in course.glob("feedback/*/tiny/tiny.html"):
        assert "<script" not in page.read_text(encoding="utf-8")

    # tests change: points move, and a run breaks, which leaves that student's score as it was
    path = tiny / "assignments" / "tiny.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("matter = 2", "matter = 3.5").replace("one = 1", "one = 0.1"))
    ok(grader(*grade))
    ok(grader(*report))
    ok(nbgrader_does("after", "tiny"))
    same_as_scores(tmp_path / "grades.csv", out)
    before = (tmp_path / "grades.csv").read_text(encoding="utf-8")
    found = record.load(out / "right")
    assert found is not None
    broken = dataclasses.replace(found, status=RunStatus.BROKEN, score=None, tests=())
    record.write(broken, out / "right")
    said = ok(grader(*report))
    assert "right: the run is broken" in said
    ok(nbgrader_does("after", "tiny"))
    assert (tmp_path / "grades.csv").read_text(encoding="utf-8") == before


@pytest.mark.usefixtures("bubblewrap")
@pytest.mark.skipif(not os.environ.get("CI"), reason="a quarter of a minute: only in CI")
def test_a_notebook_is_answered_in_nbgrader(
    tmp_path: Path, grader: Command, nbgrader_does: Command
) -> None:
    from_examples = ROOT / "examples/tiny-notebook"
    course, out, name = tmp_path / "course", tmp_path / "out", "tiny-notebook"
    at = ("--course", from_examples)
    ok(grader("export", name, course, "--to", "nbgrader", *at))
    handed_out = json.loads((course / f"source/{name}/{name}.ipynb").read_text())
    for student in ("right", "forgets_to_sort"):
        answers = json.loads((from_examples / f"submissions/{student}.ipynb").read_text())
        by_start = {"".join(cell["source"])[:9]: cell["source"] for cell in answers["cells"]}
        notebook = copy.deepcopy(handed_out)
        for cell in notebook["cells"]:
            if "".join(cell["source"]).startswith("def merge"):
                cell["source"] = by_start["def merge"]
        (tmp_path / "students" / student).mkdir(parents=True)
        (tmp_path / "students" / student / f"{name}.ipynb").write_text(json.dumps(notebook))
    ok(nbgrader_does("before", name))
    ok(grader("grade", name, "--from-nbgrader", course, "--out", out, *at))
    ok(grader("report", out, course, "--to", "nbgrader"))
    ok(nbgrader_does("after", name))
    same_as_scores(tmp_path / "grades.csv", out)
    expected = {"forgets_to_sort": (1, 3), "right": (3, 3)}
    assert scores_in(tmp_path / "grades.csv") == expected
    with formgrader(course, tmp_path) as asked:
        rows = asked(f"/api/submissions/{name}")
        assert {row["student"]: (row["score"], row["max_score"]) for row in rows} == expected
        assert not any(row["needs_manual_grade"] for row in rows)
        notebooks = asked(f"/api/submitted_notebooks/{name}/{name}")
        assert {row["student"]: row["score"] for row in notebooks} == {
            "forgets_to_sort": 1,
            "right": 3,
        }
        for row in notebooks:
            page = asked(f"/submissions/{row['id']}/")
            earned = {"forgets_to_sort": "1 of 3 points", "right": "3 of 3 points"}
            assert earned[row["student"]] in page
            assert "test_overlapping_intervals_become_one: passed" in page


@pytest.mark.usefixtures("bubblewrap")
@pytest.mark.skipif(not os.environ.get("CI"), reason="30 submissions of homework 1: only in CI")
def test_thirty_submissions_of_homework_1(
    tmp_path: Path, grader: Command, nbgrader_does: Command
) -> None:
    course, out = tmp_path / "course", tmp_path / "out"
    copy = tmp_path / "needle"
    for part in ("assignments", "reference_solution", "tests_public", "tests_hidden", "examples"):
        shutil.copytree(ROOT / part, copy / part)
    samples = sorted(p for p in (ROOT / "examples/submissions/hw1").iterdir() if p.is_dir())
    for number in range(30):
        sample = samples[number % len(samples)]
        student = tmp_path / "students" / f"s{number:02}-{sample.name}"
        shutil.copytree(sample, student, symlinks=True)
    ok(grader("export", "hw1", course, "--to", "nbgrader", "--course", copy))
    ok(nbgrader_does("before", "hw1"))
    for round_ in (1, 2):
        if round_ == 2:  # the tests of the first question count more, one of them nothing
            path = copy / "assignments" / "hw1.toml"
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace("test_powers = 1", "test_powers = 2.5", 1))
        grade = ("grade", "hw1", "--from-nbgrader", course, "--out", out, "--course", copy)
        ok(grader(*grade, timeout=3000), 0, 1)
        assert "30 submissions" in ok(grader("report", out, course, "--to", "nbgrader"))
        ok(nbgrader_does("after", "hw1"))
        same_as_scores(tmp_path / "grades.csv", out)


#: what becomes of the tiny course when its one question is given up for two others
QUESTIONS = """
[[question]]
id = "merge again"
title = "Merge what overlaps, once more"
file = "test_intervals.py"
[question.public]
test_overlapping_intervals_become_one = 2

[[question]]
id = "order"
title = "Order"
file = "test_order.py"
[question.hidden]
test_order_does_not_matter = 1.25
"""
ORDER = '''
"""Order."""

from intervals import merge


def test_order_does_not_matter():
    """Intervals may come in any order."""
    assert merge([(5, 6), (1, 2)]) == [(1, 2), (5, 6)]
'''


@pytest.mark.usefixtures("bubblewrap")
@pytest.mark.skipif(not os.environ.get("CI"), reason="half a minute: only in CI")
def test_decisions_of_people_and_changed_questions(
    tiny: Path, tmp_path: Path, grader: Command, nbgrader_does: Command
) -> None:
    from nbgrader.api import Gradebook

    for name in ("right", "forgets_to_sort", "template"):
        source = tiny / ("template" if name == "template" else f"submissions/{name}")
        shutil.copytree(source / "src", tmp_path / "students" / name / "src")
    course, out = tmp_path / "course", tmp_path / "out"
    grade = ("grade", "tiny", "--from-nbgrader", course, "--out", out, "--course", tiny)
    report = ("report", out, course, "--to", "nbgrader")
    ok(grader("export", "tiny", course, "--to", "nbgrader", "--course", tiny))
    ok(nbgrader_does("before", "tiny"))
    ok(grader(*grade))
    ok(grader(*report))
    with Gradebook(f"sqlite:///{course}/gradebook.db", course_id="course") as book:
        book.find_grade("merge", "tiny", "tiny", "template").manual_score = 0.5
        book.find_grade("merge", "tiny", "tiny", "right").extra_credit = 0.75
        late = book.find_submission_notebook("tiny", "tiny", "forgets_to_sort")
        late.late_submission_penalty = 0.25
        book.find_comment("merge-notes", "tiny", "tiny", "right").manual_comment = "Well done."
        book.db.commit()
    before = {"forgets_to_sort": (0.75, 3.0), "right": (3.75, 3.0), "template": (0.5, 3.0)}
    for _ in range(2):
        said = ok(grader(*report))
        assert "template: the manual score 0.5 for merge is kept and counts" in said
        assert "right: extra credit of 0.75 for merge is kept" in said
        assert "forgets_to_sort: a late penalty of 0.25 is kept" in said
        ok(nbgrader_does("after", "tiny"))
        assert scores_in(tmp_path / "grades.csv") == before

    path = tiny / "assignments" / "tiny.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("[[question]]")] + QUESTIONS)
    (tiny / "tests_hidden/test_order.py").write_text(ORDER)
    (tiny / "tests_hidden/test_intervals.py").unlink()
    ok(grader(*grade))
    said = ok(grader(*report))
    assert "the cell merge is removed" in said
    assert "template, merge: the manual score of 0.5 goes with the cell" in said
    assert "right, merge: the extra credit of 0.75 goes with the cell" in said
    assert "right, merge-notes: the manual comment 'Well done.' goes with the cell" in said
    ok(nbgrader_does("after", "tiny"))
    after = {"forgets_to_sort": (1.75, 3.25), "right": (3.25, 3.25), "template": (0.0, 3.25)}
    assert scores_in(tmp_path / "grades.csv") == after
    with Gradebook(f"sqlite:///{course}/gradebook.db", course_id="course") as book:
        cells = {cell.name for cell in book.find_notebook("tiny", "tiny").grade_cells}
        assert cells == {"merge_again", "order"}
        book.find_submission_notebook("tiny", "tiny", "forgets_to_sort").late_submission_penalty = 0
        book.db.commit()
    ok(nbgrader_does("after", "tiny"))
    same_as_scores(tmp_path / "grades.csv", out)
